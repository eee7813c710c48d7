package canon

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
)

func TestCanonicalForm(t *testing.T) {
	for _, row := range []struct{ name, in, want string }{
		{"white space goes", " { \"a\" : [ 1 , true ,null ] }\n", `{"a":[1,true,null]}`},
		{"names are sorted", `{"b":1,"a":2,"":3}`, `{"":3,"a":2,"b":1}`},
		{"names are sorted by UTF-16 code units", "{\"\ufb33\":1,\"\U0001F600\":2,\"\u20ac\":3,\"\\r\":4,\"1\":5,\"\u0080\":6,\"\u00f6\":7}",
			"{\"\\r\":4,\"1\":5,\"\u0080\":6,\"\u00f6\":7,\"\u20ac\":3,\"\U0001F600\":2,\"\ufb33\":1}"},
		{"numbers keep their lexeme", `[1152921504606846977,1.10,-0,1E+2,0.0]`, `[1152921504606846977,1.10,-0,1E+2,0.0]`},
		{"escapes are the shortest", `"\u0041\/\u000a\u001f\u20ac\ud83d\ude00\"\\"`, "\"A/\\n\\u001f€😀\\\"\\\\\""},
		{"a short name sorts first", `{"aa":1,"a":2}`, `{"a":2,"aa":1}`},
	} {
		t.Run(row.name, func(t *testing.T) {
			got, f := Canonical([]byte(row.in))
			if f != nil || string(got) != row.want {
				t.Errorf("got %s %v\nwant %s", got, f, row.want)
			}
		})
	}
}

func TestParseRefuses(t *testing.T) {
	for _, row := range []struct{ name, in, pointer string }{
		{"nothing", ``, ""},
		{"something after the value", `{} {}`, ""},
		{"a name twice", `{"a":1,"b":2,"a":3}`, "/a"},
		{"a name twice, side by side", `{"a":1,"a":3}`, "/a"},
		{"a name twice, by escape", `{"x":{"a":1,"\u0061":3}}`, "/x/a"},
		{"not a number", `[NaN]`, "/0"},
		{"infinity", `{"a":-Infinity}`, "/a"},
		{"a leading zero", `[01]`, ""},
		{"a bare point", `[1.]`, "/0"},
		{"a plus", `[+1]`, "/0"},
		{"a number of 65 characters", `[` + strings.Repeat("1", 65) + `]`, "/0"},
		{"a lone surrogate", `"\ud800"`, ""},
		{"surrogates in the wrong order", `"\ude00\ud83d"`, ""},
		{"bytes that are not UTF-8", "\"\xff\"", ""},
		{"bytes that are not UTF-8, after an escape", "\"\\n\xff\"", ""},
		{"a control character", "\"\n\"", ""},
		{"an unknown escape", `"\x"`, ""},
		{"an unfinished string", `"abc`, ""},
		{"an unfinished object", `{"a":1`, ""},
		{"a trailing comma", `[1,]`, "/1"},
		{"an unquoted name", `{a:1}`, ""},
		{"too deep", strings.Repeat("[", 70) + strings.Repeat("]", 70), strings.Repeat("/0", 65)},
		{"too many members", `[` + strings.Repeat("1,", MaxKeys) + `1]`, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, f := Parse([]byte(row.in))
			if f == nil {
				t.Fatal("it was accepted")
			}
			if len(f.Items) != 1 || f.Items[0].Pointer != row.pointer {
				t.Errorf("it points to %+v, want %q", f.Items, row.pointer)
			}
		})
	}
}

func TestWithPutsAMemberInItsPlace(t *testing.T) {
	v, f := Parse([]byte(`{"a":1,"c":3}`))
	if f != nil {
		t.Fatal(f)
	}
	got := v.With("b", Value{Kind: String, Text: "x"}).With("c", Value{}).Append(nil)
	if string(got) != `{"a":1,"b":"x","c":null}` || string(v.Append(nil)) != `{"a":1,"c":3}` {
		t.Errorf("got %s of %s", got, v.Append(nil))
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{`{"a":[1,2.50,"x\n",null,true]}`, `"\ud83d\ude00"`, `-0.1e+5`, `{"":{"":[]}}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		out, bad := Canonical(in)
		if bad != nil {
			return
		}
		if !json.Valid(in) {
			t.Fatalf("%q is accepted and is no JSON", in)
		}
		again, bad := Canonical(out)
		if bad != nil || !bytes.Equal(again, out) {
			t.Fatalf("%q became %q, then %q %v", in, out, again, bad)
		}
		var a, b any
		if json.Unmarshal(in, &a) == nil && json.Unmarshal(out, &b) == nil {
			x, _ := json.Marshal(a)
			y, _ := json.Marshal(b)
			if !bytes.Equal(x, y) {
				t.Fatalf("%q means something else than %q", out, in)
			}
		}
	})
}
