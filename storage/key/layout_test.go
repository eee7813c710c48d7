package key

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files")

// TestLayout compares the list of spaces and the bytes of every kind of part
// with a golden file. A line that changes there makes stored data unreadable:
// lines may be added, and nothing else.
func TestLayout(t *testing.T) {
	var out bytes.Buffer
	for _, s := range Spaces() {
		class := "historic"
		if s.Volatile {
			class = "volatile"
		}
		fmt.Fprintf(&out, "space %02x %s %s\n", s.ID, class, s.Name)
	}
	for _, row := range []struct {
		name string
		key  Key
	}{
		{`text ""`, New(Meta).String("")},
		{`text "scp_1"`, New(Meta).String("scp_1")},
		{`text "a\x00b"`, New(Meta).String("a\x00b")},
		{"number 1", New(Meta).Uint64(1)},
		{"number 2^64-1", New(Meta).Uint64(1<<64 - 1)},
		{"id 00..0f", New(Meta).Fixed16([16]byte{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15})},
		{`pair "a", 2`, New(Meta).String("a").Uint64(2)},
	} {
		fmt.Fprintf(&out, "part %s: %x\n", row.name, []byte(row.key))
	}
	const golden = "testdata/layout.golden"
	if *update {
		if err := os.WriteFile(golden, out.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(out.Bytes(), want) {
		t.Errorf("the layout is\n%s\nthe golden file says\n%s", out.Bytes(), want)
	}
}

func TestVolatile(t *testing.T) {
	for _, s := range Spaces() {
		if got := Volatile(New(s).Uint64(1)); got != s.Volatile {
			t.Errorf("%s: Volatile = %v, declared %v", s.Name, got, s.Volatile)
		}
	}
	if Volatile(nil) || Volatile(Key{0xFE}) {
		t.Error("a key without a space counts as volatile")
	}
}

func TestDeclareRefuses(t *testing.T) {
	for _, row := range []struct {
		name string
		id   byte
	}{
		{"a byte that is taken", Object.ID},
		{"the lowest byte", 0x00},
		{"the highest byte, above which a prefix has no end", 0xFF},
	} {
		t.Run(row.name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("declare accepted it")
				}
			}()
			declare(Space{ID: row.id, Name: "second"})
		})
	}
}
