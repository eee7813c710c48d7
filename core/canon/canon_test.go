package canon

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"pgregory.net/rapid"
)

type vector struct{ name, in, want string }

// vectors reads testdata/vectors.txt.
func vectors(tb testing.TB) []vector {
	tb.Helper()
	b, err := os.ReadFile("testdata/vectors.txt")
	if err != nil {
		tb.Fatal(err)
	}
	var out []vector
	for block := range strings.SplitSeq(strings.TrimSpace(string(b)), "\n\n") {
		lines := strings.Split(block, "\n")
		if strings.HasPrefix(lines[0], "#") {
			continue
		}
		if len(lines) != 3 {
			tb.Fatalf("a vector has %d lines, want 3: %q", len(lines), block)
		}
		out = append(out, vector{lines[0], lines[1], lines[2]})
	}
	if len(out) == 0 {
		tb.Fatal("no vectors")
	}
	return out
}

func TestCanonical(t *testing.T) {
	tests := append(vectors(t),
		vector{"white space goes", " { \"a\" : [ 1 , true ,null\r\n] }\t\n", `{"a":[1,true,null]}`},
		vector{"a text alone", ` "x" `, `"x"`},
		vector{"a number alone", `-0.0`, `-0.0`},
		vector{"nothing in it", `[ { } , [ ] , "" ]`, `[{},[],""]`},
	)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, f := Canonical([]byte(tt.in))
			if f != nil || string(got) != tt.want {
				t.Fatalf("got  %s (%v)\nwant %s", got, f, tt.want)
			}
			again, f := Canonical(got)
			if f != nil || !bytes.Equal(again, got) {
				t.Errorf("canonical bytes became %s (%v)", again, f)
			}
		})
	}
}

func TestCanonicalKeepsCanonicalBytes(t *testing.T) {
	tests := []struct {
		name, in string
		want     bool
	}{
		{"object", `{"a":[1,-2.5e3,true,false,null],"b":{"":""}}`, true},
		{"each short escape", `"\"\\\b\f\n\r\t"`, true},
		{"long escapes", `"\u0000\u0007\u000b\u000e\u000f\u0010\u0019\u001a\u001f"`, true},
		{"an escape in a name is left to the parser", `{"\n":1}`, false},
		{"space inside", `[1, 2]`, false},
		{"space after", `[] `, false},
		{"names in another order", `{"b":1,"a":2}`, false},
		{"a name twice", `{"a":1,"a":2}`, false},
		{"upper-case hex", `"\u001F"`, false},
		{"a long escape of what has a short one", `"\u000a"`, false},
		{"an escape of what needs none", `"\u0020"`, false},
		{"an escaped slash", `"\/"`, false},
		{"an escaped letter", `"\u0061"`, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := canonical([]byte(tt.in)); got != tt.want {
				t.Errorf("canonical(%s) = %t, want %t", tt.in, got, tt.want)
			}
		})
	}
	for c := range rune(0x100) {
		long := fmt.Appendf(nil, `"\u%04x"`, c)
		if want := bytes.Equal(AppendString(nil, string(c)), long); canonical(long) != want {
			t.Errorf("canonical(%s) = %t, want %t", long, !want, want)
		}
	}
	in := []byte(`{"a":1}`)
	if out, f := Canonical(in); f != nil || &out[0] != &in[0] {
		t.Error("canonical bytes were copied")
	}
}

func TestCompareIsTheOrderOfUTF16(t *testing.T) {
	near := rapid.StringOf(rapid.SampledFrom([]rune("a\u0080\u07ff\u0800\ud7ff\ue000\uefff\uf000\uffff\U00010000\U0001F600\U0010FFFF")))
	name := rapid.OneOf(near, rapid.String())
	rapid.Check(t, func(t *rapid.T) {
		a, b := name.Draw(t, "a"), name.Draw(t, "b")
		want := slices.Compare(utf16.Encode([]rune(a)), utf16.Encode([]rune(b)))
		got := compare(a, b)
		if (got < 0) != (want < 0) || (got > 0) != (want > 0) {
			t.Errorf("compare(%q, %q) = %d, want the sign of %d", a, b, got, want)
		}
		if other := compare([]byte(a), []byte(b)); other != got {
			t.Errorf("bytes compare as %d, strings as %d", other, got)
		}
	})
}

func TestAppendStringIsAlwaysJSON(t *testing.T) {
	if got := string(AppendString(nil, "a\xffb\xed\xa0\x80")); got != "\"a\uFFFDb\uFFFD\"" {
		t.Errorf("what is not UTF-8 became %q", got)
	}
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.String().Draw(t, "s")
		v, f := Parse(AppendString(nil, s))
		if f != nil || v.Kind != String || v.Text != s {
			t.Errorf("%q came back as %q (%v)", s, v.Text, f)
		}
	})
}

func TestGetAndWith(t *testing.T) {
	v, f := Parse([]byte(`{"c":3,"\ud83d\ude00":4,"a":1,"\ufb33":5}`))
	if f != nil {
		t.Fatal(f)
	}
	before := string(v.Append(nil))
	for name, want := range map[string]string{"a": "1", "c": "3", "😀": "4", "\ufb33": "5"} {
		if got, ok := v.Get(name); !ok || got.Text != want {
			t.Errorf("Get(%q) = %q, %t; want %s", name, got.Text, ok, want)
		}
	}
	if _, ok := v.Get("b"); ok {
		t.Error("found a member that is not there")
	}
	if _, ok := (Value{Kind: String, Text: "a"}).Get("a"); ok {
		t.Error("found a member of a text")
	}
	got := string(v.With("b", Value{Kind: String, Text: "x"}).With("c", Value{}).Append(nil))
	if want := "{\"a\":1,\"b\":\"x\",\"c\":null,\"😀\":4,\"\ufb33\":5}"; got != want {
		t.Errorf("With gave %s, want %s", got, want)
	}
	if after := string(v.Append(nil)); after != before {
		t.Errorf("With changed what it was called on: %s", after)
	}
}

func TestPointer(t *testing.T) {
	for name, want := range map[string]string{"": "", "a/b": "a~1b", "m~n": "m~0n", "~1": "~01", "/~": "~1~0", strings.Repeat("s", 65): "?"} {
		if got := Pointer(name); got != want {
			t.Errorf("Pointer(%q) = %q, want %q", name, got, want)
		}
	}
}

// TestCommit compares with the figure of another HMAC implementation.
func TestCommit(t *testing.T) {
	var salt [32]byte
	for i := range salt {
		salt[i] = byte(i)
	}
	got := Commit(salt, []byte(`{"a":1}`))
	if want := "b4cebde30982443ec36c18fa99ad10a70e705bba779f57c37e84decb64ae50fb"; hex.EncodeToString(got[:]) != want {
		t.Errorf("Commit = %x, want %s", got, want)
	}
	salt[31]++
	if Commit(salt, []byte(`{"a":1}`)) == got {
		t.Error("the salt does not count")
	}
}
