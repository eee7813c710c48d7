package key

import (
	"bytes"
	"cmp"
	"errors"
	"testing"
)

// tuple is what a key of every kind of part holds.
type tuple struct {
	text   string
	number uint64
	id     [16]byte
	more   string
}

func (x tuple) key() Key {
	return New(Object).String(x.text).Uint64(x.number).Fixed16(x.id).String(x.more)
}

func (x tuple) compare(y tuple) int {
	return cmp.Or(
		cmp.Compare(x.text, y.text), cmp.Compare(x.number, y.number),
		bytes.Compare(x.id[:], y.id[:]), cmp.Compare(x.more, y.more),
	)
}

func fixed(b []byte) (id [16]byte) {
	copy(id[:], b)
	return id
}

func FuzzRoundTrip(f *testing.F) {
	f.Add("", uint64(0), []byte{}, "")
	f.Add("a\x00b", uint64(1), []byte{0xFF}, "\x00")
	f.Add("\x00\x01", ^uint64(0), bytes.Repeat([]byte{0xFF}, 16), "\x00\xFF")
	f.Fuzz(func(t *testing.T, text string, number uint64, id []byte, more string) {
		want := tuple{text, number, fixed(id), more}
		space, d := Decode(want.key())
		got := tuple{d.String(), d.Uint64(), d.Fixed16(), d.String()}
		if err := d.End(); err != nil {
			t.Fatalf("decoding %x: %v", want.key(), err)
		}
		if space != Object.ID || got != want {
			t.Errorf("space %#x, tuple %+v; want %#x, %+v", space, got, Object.ID, want)
		}
	})
}

func FuzzOrder(f *testing.F) {
	f.Add("a", "a\x00", uint64(1), uint64(0), []byte{1}, []byte{2}, "", "x")
	f.Add("a\x00", "a\x00\xFF", uint64(256), uint64(255), []byte{}, []byte{}, "\x00", "\x00\x00")
	f.Add("same", "same", uint64(7), uint64(7), []byte{3}, []byte{3}, "\x01", "\x00\x01")
	f.Fuzz(func(t *testing.T, t1, t2 string, n1, n2 uint64, id1, id2 []byte, m1, m2 string) {
		x, y := tuple{t1, n1, fixed(id1), m1}, tuple{t2, n2, fixed(id2), m2}
		if got, want := bytes.Compare(x.key(), y.key()), x.compare(y); got != want {
			t.Errorf("keys of %+v and %+v compare as %d, tuples as %d", x, y, got, want)
		}
	})
}

// FuzzPrefix holds the range of a prefix against its meaning.
func FuzzPrefix(f *testing.F) {
	f.Add([]byte{0x30}, []byte{0x30, 0})
	f.Add([]byte{0x30, 0xFF}, []byte{0x31})
	f.Add([]byte{0xFF, 0xFF}, []byte{0xFF, 0xFF, 0xFF})
	f.Add([]byte{}, []byte{1})
	f.Fuzz(func(t *testing.T, prefix, k []byte) {
		start, end := Prefix(prefix)
		inside := bytes.Compare(k, start) >= 0 && (end == nil || bytes.Compare(k, end) < 0)
		if want := bytes.HasPrefix(k, prefix); inside != want {
			t.Errorf("key %x in [%x, %x): %v; begins with %x: %v", k, start, end, inside, prefix, want)
		}
	})
}

// FuzzDecode reads bytes that nobody wrote: what is accepted must be the one
// encoding of what was read.
func FuzzDecode(f *testing.F) {
	f.Add([]byte(tuple{text: "a\x00b", number: 9}.key()))
	f.Add([]byte{0x30, 'a', 0x00, 0x02})
	f.Fuzz(func(t *testing.T, k []byte) {
		_, d := Decode(k)
		x := tuple{d.String(), d.Uint64(), d.Fixed16(), d.String()}
		if err := d.End(); err != nil {
			if !errors.Is(err, ErrMalformed) {
				t.Errorf("decoding %x: %v", k, err)
			}
			return
		}
		if again := x.key(); !bytes.Equal(again[1:], k[1:]) {
			t.Errorf("%x decodes to %+v, which is %x", k, x, again)
		}
	})
}

func TestDecodeRefuses(t *testing.T) {
	text := func(d *Decoder) { _ = d.String() }
	number := func(d *Decoder) { d.Uint64() }
	id := func(d *Decoder) { d.Fixed16() }
	for _, row := range []struct {
		name  string
		key   Key
		parts []func(*Decoder)
	}{
		{"no bytes at all", nil, nil},
		{"text without an end", append(New(Object), "abc"...), []func(*Decoder){text}},
		{"text that stops after its escape", append(New(Object), 'a', 0), []func(*Decoder){text}},
		{"text with an unknown escape", append(New(Object), 'a', 0, 2, 0, 1), []func(*Decoder){text}},
		{"number cut short", New(Object).Uint64(1)[:8], []func(*Decoder){number}},
		{"id cut short", New(Object).Fixed16([16]byte{})[:16], []func(*Decoder){id}},
		{"bytes behind the last part", New(Object).Uint64(1).Uint64(2), []func(*Decoder){number}},
		{"a good part after a bad one", append(New(Object), 0, 2, 0, 1), []func(*Decoder){text, text}},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, d := Decode(row.key)
			for _, part := range row.parts {
				part(d)
			}
			if err := d.End(); !errors.Is(err, ErrMalformed) {
				t.Errorf("End() = %v, want ErrMalformed", err)
			}
		})
	}
}

var sink Key

func BenchmarkKey(b *testing.B) {
	b.ReportAllocs()
	id := [16]byte{1, 2, 3}
	for b.Loop() {
		sink = New(ObjectVersion).Fixed16(id).Uint64(7)
	}
}
