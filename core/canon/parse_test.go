package canon

import (
	"strings"
	"testing"

	"github.com/weir-store/weir/core/fault"
)

func TestParseRefuses(t *testing.T) {
	long := strings.Repeat("x", 600)
	name := strings.Repeat("n", 60)
	tests := []struct{ name, in, pointer string }{
		{"nothing", ``, ""},
		{"only space", " \n", ""},
		{"a byte order mark", "\ufeff{}", ""},
		{"something after the value", `{} {}`, ""},
		{"a name twice", `{"a":1,"b":2,"a":3}`, "/a"},
		{"a name twice, side by side", `{"a":1,"a":3}`, "/a"},
		{"a name twice, by escape", `{"x":{"a":1,"\u0061":3}}`, "/x/a"},
		{"not a number", `[NaN]`, "/0"},
		{"infinity", `{"a":-Infinity}`, "/a"},
		{"a zero in front", `[1,01]`, "/1"},
		{"a minus and a zero in front", `-01`, ""},
		{"a point in front", `[.5]`, "/0"},
		{"a bare point", `[1.]`, "/0"},
		{"a bare exponent", `[1e]`, "/0"},
		{"a bare sign of an exponent", `[1e+]`, "/0"},
		{"a bare minus", `[-]`, "/0"},
		{"a plus", `[+1]`, "/0"},
		{"hex digits", `[0x1]`, "/0"},
		{"a lone surrogate", `"\ud800"`, ""},
		{"a lone surrogate before a letter", `"\ud800a"`, ""},
		{"a lone surrogate before an escape", `"\ud800\n"`, ""},
		{"a lone second half", `"\udc00"`, ""},
		{"two first halves", `"\ud800\ud800"`, ""},
		{"surrogates in the wrong order", `"\ude00\ud83d"`, ""},
		{"a surrogate in bytes", "\"\xed\xa0\x80\"", ""},
		{"bytes that are not UTF-8", "[\"\xff\"]", ""},
		{"bytes that are not UTF-8, after an escape", "\"\\n\xff\"", ""},
		{"a longer form than needed", "\"\xc0\x80\"", ""},
		{"a control character", "[\"\n\"]", "/0"},
		{"a control character after an escape", "\"\\n\x00\"", ""},
		{"an unknown escape", `"\x"`, ""},
		{"half an escape", `"\u00`, ""},
		{"an escape of other digits", `"\u00g0"`, ""},
		{"an escape with a sign", `"\u+123"`, ""},
		{"a backslash at the end", `"\`, ""},
		{"an unfinished string", `"abc`, ""},
		{"an unfinished string after an escape", `"\nabc`, ""},
		{"an unfinished name", `{"abc`, ""},
		{"an unfinished object", `{"a":1`, "/a"},
		{"an unfinished array", `[1`, "/0"},
		{"an unfinished word", `[tru`, "/0"},
		{"a word in capitals", `[True]`, "/0"},
		{"no colon", `{"a" 1}`, "/a"},
		{"no value", `{"a":}`, "/a"},
		{"no comma", `[1 2]`, "/0"},
		{"no comma between members", `{"a":1 "b":2}`, "/a"},
		{"a comma at the end", `[1,]`, "/1"},
		{"a comma at the end of an object", `{"a":1,}`, ""},
		{"an unquoted name", `{a:1}`, ""},
		{"a number for a name", `{1:1}`, ""},
		{"brackets that do not match", `[}`, "/0"},
		{"a comment", `[1/*x*/]`, "/0"},
		{"names that a pointer escapes", `{"a/b":{"m~n":[0,x]}}`, "/a~1b/m~0n/1"},
		{"a pointer does not repeat what is too long for a name", `{"` + long + `":{"a":x}}`, "/?/a"},
		{"a pointer ends at a whole name", strings.Repeat(`{"`+name+`":`, 17) + "x", strings.Repeat("/"+name, 16)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { refused(t, tt.in, fault.MalformedRequest, tt.pointer) })
	}
}

func refused(t *testing.T, in string, code fault.Code, pointer string) {
	t.Helper()
	v, f := Parse([]byte(in))
	if f == nil {
		t.Fatalf("it was read as %s", v.Append(nil))
	}
	if f.Code != code || len(f.Items) != 1 || f.Items[0].Pointer != pointer {
		t.Errorf("got %v at %+v, want %s at %q", f, f.Items, code, pointer)
	}
}

func TestBounds(t *testing.T) {
	names := func(n int) string {
		return "{" + strings.TrimSuffix(strings.Repeat(`"n":{},`, n), ",") + "}"
	}
	distinct := func(n int) string { // n names, none twice in one object
		return "[" + strings.TrimSuffix(strings.Repeat(`{"a":1,"b":2},`, n/2), ",") + "]"
	}
	items := func(n int) string { return "[" + strings.TrimSuffix(strings.Repeat("1,", n), ",") + "]" }
	nested := func(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }
	deep := func(n int) string { return strings.Repeat(`{"a":`, n) + "1" + strings.Repeat("}", n) }
	tests := []struct{ name, fits, exceeds, pointer string }{
		{"arrays in arrays", nested(MaxDepth), nested(MaxDepth + 1), strings.Repeat("/0", MaxDepth)},
		{"objects in objects", deep(MaxDepth), deep(MaxDepth + 1), strings.Repeat("/a", MaxDepth)},
		{"names of all objects", distinct(MaxKeys), distinct(MaxKeys + 2), "/5000/a"},
		{"names of one object", names(1), names(MaxKeys + 1), "/n"},
		{"items of arrays", items(MaxItems), items(MaxItems + 1), "/131072"},
		{"characters of a number", strings.Repeat("1", MaxNumber), strings.Repeat("1", MaxNumber+1), ""},
		{"characters of a fraction", "0." + strings.Repeat("1", MaxNumber-2), "[0." + strings.Repeat("1", MaxNumber-1) + "]", "/0"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, f := Parse([]byte(tt.fits)); f != nil {
				t.Errorf("what fits was refused: %v", f)
			}
			if !canonical([]byte(tt.fits)) {
				t.Error("what fits is not canonical")
			}
			refused(t, tt.exceeds, fault.LimitExceeded, tt.pointer)
			if canonical([]byte(tt.exceeds)) {
				t.Error("what exceeds is canonical")
			}
		})
	}
}

func TestFaultsDoNotQuote(t *testing.T) {
	for _, in := range []string{`{"a":"hunter2`, `[hunter2]`, `{"a":hunter2}`, `"hunter2\x"`, `1hunter2`} {
		_, f := Parse([]byte(in))
		if f == nil {
			t.Fatalf("%s was read", in)
		}
		if strings.Contains(f.Detail, "hunter") || strings.Contains(f.Items[0].Detail, "hunter") {
			t.Errorf("the fault of %s quotes it: %v", in, f)
		}
	}
}

var sample = []byte(`{"active":true,"address":{"city":"Zürich","street":"Weg 1","zip":"8000"},"age":42,"balance":1024.50,"id":"obj_01890a5d0c1e7000a000000000000001","name":"Somebody Else","notes":"line one\nline two","tags":["a","b","c"],"updated_at":"2026-01-01T00:00:00Z"}`)

func BenchmarkParse(b *testing.B) {
	b.SetBytes(int64(len(sample)))
	b.ReportAllocs()
	for b.Loop() {
		if _, f := Parse(sample); f != nil {
			b.Fatal(f)
		}
	}
}

func BenchmarkCanonical(b *testing.B) {
	loose := append([]byte(" "), sample...)
	for name, in := range map[string][]byte{"already": sample, "rewritten": loose} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(in)))
			b.ReportAllocs()
			for b.Loop() {
				if _, f := Canonical(in); f != nil {
					b.Fatal(f)
				}
			}
		})
	}
}
