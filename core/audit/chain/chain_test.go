package chain

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
	"pgregory.net/rapid"
)

func TestEntryRoundTrip(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		text := rapid.StringMatching(`[ -~äß€😀"\\\n]{0,20}`)
		want := &Entry{
			Sequence: rapid.Uint64Range(1, 1<<53-1).Draw(r, "sequence"), Revision: rapid.Uint64Range(1, 1<<53-1).Draw(r, "revision"),
			Previous: text.Draw(r, "previous"),
		}
		for _, m := range want.texts() {
			*m.text = text.Draw(r, m.name)
		}
		number := rapid.Int64Range(-1<<52, 1<<52).Draw(r, "number")
		b, err := want.Encode([]Fact{{Name: "n", Number: number, IsNumber: true}, {Name: "a", Text: "x"}})
		if err != nil {
			r.Fatal(err)
		}
		want.Metadata = fmt.Appendf(nil, `{"a":"x","n":%d}`, number)
		got, err := Parse(b)
		if err != nil {
			r.Fatal(err)
		}
		if d := cmp.Diff(want, got); d != "" {
			r.Fatal(d)
		}
		sequence, previous, ok := links(b)
		if !ok || sequence != want.Sequence {
			r.Fatalf("links are %d %q %v", sequence, previous, ok)
		}
	})
}

func TestEncodeRefuses(t *testing.T) {
	for _, row := range []struct {
		name  string
		entry Entry
		facts []Fact
	}{
		{"a sequence of 54 bits", Entry{Sequence: 1 << 53}, nil},
		{"a revision of 64 bits", Entry{Revision: math.MaxUint64}, nil},
		{"a fact of 54 bits", Entry{}, []Fact{{Name: "n", Number: 1 << 53, IsNumber: true}}},
		{"a fact twice", Entry{}, []Fact{{Name: "n"}, {Name: "n"}}},
		{"a text that is not UTF-8", Entry{TargetType: "\xff"}, nil},
		{"too many bytes", Entry{TargetType: strings.Repeat("x", MaxEntry)}, nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			if b, err := row.entry.Encode(row.facts); err == nil {
				t.Errorf("got %s", b)
			}
		})
	}
}

func TestParseRefuses(t *testing.T) {
	whole, err := (&Entry{Sequence: 1, Action: "x"}).Encode(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct{ name, old, text string }{
		{"another layout", Layout, "weir-entry-2"},
		{"no JSON", "{", ""},
		{"white space", `,"previous"`, `, "previous"`},
		{"a member that is not known", `"action"`, `"abc"`},
		{"a number as a text", `"sequence":1`, `"sequence":"1"`},
		{"a text as a number", `"action":"x"`, `"action":1`},
		{"a number below 0", `"sequence":1`, `"sequence":-1`},
		{"no integer", `"sequence":1`, `"sequence":1.0`},
	} {
		t.Run(row.name, func(t *testing.T) {
			if _, err := Parse(bytes.Replace(whole, []byte(row.old), []byte(row.text), 1)); err == nil {
				t.Error("it was accepted")
			}
		})
	}
}

func TestPeaksAreThoseOfTlog(t *testing.T) {
	var peaks [][32]byte
	var stored []tlog.Hash
	read := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		out := make([]tlog.Hash, len(indexes))
		for i, x := range indexes {
			out[i] = stored[x]
		}
		return out, nil
	})
	for size := range int64(300) {
		want, err := tlog.TreeHash(size, read)
		if err != nil {
			t.Fatal(err)
		}
		if tlog.Hash(Root(peaks)) != want {
			t.Fatalf("the root of %d leaves differs", size)
		}
		data := []byte{byte(size), byte(size >> 8)}
		hashes, err := tlog.StoredHashes(size, data, read)
		if err != nil {
			t.Fatal(err)
		}
		stored = append(stored, hashes...)
		peaks = Grow(peaks, uint64(size), Leaf(data))
	}
}

func TestOpen(t *testing.T) {
	k, err := NewKey("weir/a/1", sha256.Sum256([]byte("k")))
	if err != nil {
		t.Fatal(err)
	}
	sign := func(text string) []byte {
		b, err := note.Sign(&note.Note{Text: text}, signer{k})
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	good := &Checkpoint{Origin: "weir/a/1", Size: 7, Root: sha256.Sum256(nil)}
	signed, err := k.Sign(good)
	if err != nil {
		t.Fatal(err)
	}
	got, err := Open(signed, k.VerifierKey())
	if err != nil || *got != *good {
		t.Errorf("got %+v %v", got, err)
	}
	if _, err := Open(signed, "x"); err == nil {
		t.Error("a verifier key that is none was accepted")
	}
	lines := strings.SplitAfter(good.Text(), "\n")
	for _, row := range []struct {
		name string
		note []byte
	}{
		{"no note", []byte("x")},
		{"another size", bytes.Replace(signed, []byte("\n7\n"), []byte("\n8\n"), 1)},
		{"an extension line", sign(good.Text() + "more\n")},
		{"another origin", sign("weir/b/1\n" + lines[1] + lines[2])},
		{"a size with a zero in front", sign(lines[0] + "07\n" + lines[2])},
		{"a size below 0", sign(lines[0] + "-7\n" + lines[2])},
		{"no root", sign(lines[0] + lines[1] + "\n")},
		{"a short root", sign(lines[0] + lines[1] + "AAAA\n")},
		{"two lines", sign(lines[0] + lines[1])},
	} {
		t.Run(row.name, func(t *testing.T) {
			if c, err := Open(row.note, k.VerifierKey()); err == nil {
				t.Errorf("got %+v", c)
			}
		})
	}
	if _, err := NewKey("a name with spaces", [32]byte{}); err == nil {
		t.Error("a name with spaces was accepted")
	}
}

func FuzzParse(f *testing.F) {
	b, err := (&Entry{Sequence: 1, Action: "x", TargetType: `"previous":"`}).Encode([]Fact{{Name: "a", Text: "b"}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Fuzz(func(t *testing.T, in []byte) {
		e, err := Parse(in)
		if err != nil {
			return
		}
		if sequence, previous, ok := links(in); ok && (sequence != e.Sequence || string(previous) != e.Previous) {
			t.Errorf("links of %q are %d %q", in, sequence, previous)
		}
	})
}

func FuzzExport(f *testing.F) {
	f.Add(export(f, 3))
	f.Add([]byte(`{"weir_export":1,"from":1,"to":0}` + "\n" + `{"weir_export_end":""}`))
	f.Fuzz(func(t *testing.T, in []byte) {
		r, err := Export{}.Verify(bytes.NewReader(in))
		if err != nil || r.Valid != (r.BrokenAt == 0 && r.Reason == "" && r.Checked > 0) {
			t.Errorf("got %+v %v", r, err)
		}
	})
}

// export is an export of n entries of usual length.
func export(tb testing.TB, n uint64) []byte {
	tb.Helper()
	b := fmt.Appendf(nil, `{"weir_export":1,"origin":"","from":1,"to":%d,"previous":"","peaks":[]}`+"\n", n)
	var last [32]byte
	for i := uint64(1); i <= n; i++ {
		e := Entry{
			Sequence: i, Revision: 2 * i, ID: "aud_01890a5d0c1e7000a000000000000006", Timestamp: "2026-01-01T00:00:00.000000Z",
			Action: "create", Operation: "object.create", Outcome: OK, ActorID: "alice", CredentialID: "pat_01890a5d0c1e7000a000000000000002",
			RequestID: "0123456789abcdef", Entity: "object", TargetType: "note", TargetID: "obj_01890a5d0c1e7000a000000000000003",
			AfterDigest: strings.Repeat("5e", 32), Salt: strings.Repeat("0a", 16), Previous: Hex(last),
		}
		entry, err := e.Encode([]Fact{{Name: "after_version", Number: 1, IsNumber: true}, {Name: "commitment", Text: strings.Repeat("7c", 32)}})
		if err != nil {
			tb.Fatal(err)
		}
		b, last = append(append(b, entry...), '\n'), Hash(entry)
	}
	return fmt.Appendf(b, `{"weir_export_end":%q}`+"\n", Hex(last))
}

func BenchmarkVerify(b *testing.B) {
	const n = 20_000
	in := export(b, n)
	b.SetBytes(int64(len(in)))
	b.ReportAllocs()
	for b.Loop() {
		r, err := Export{}.Verify(bytes.NewReader(in))
		if err != nil || !r.Valid || r.Checked != n {
			b.Fatalf("%+v %v", r, err)
		}
	}
	b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "entries/s")
}
