package urn_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/urn"
)

const (
	uuid   = "01890a5d-0c1e-7000-a000-000000000001"
	digits = "01890a5d0c1e7000a000000000000001"
)

// want compares the code of a fault; empty is none.
func want(t *testing.T, f *fault.Fault, code fault.Code) {
	t.Helper()
	var got fault.Code
	if f != nil {
		got = f.Code
	}
	if got != code {
		t.Errorf("the fault is %v, want the code %q", f, code)
	}
}

func TestGolden(t *testing.T) {
	b, err := os.ReadFile("testdata/ids.txt")
	if err != nil {
		t.Fatal(err)
	}
	rows := 0
	for line := range strings.Lines(string(b)) {
		f := strings.Fields(line)
		if len(f) == 0 || f[0] == "#" {
			continue
		}
		rows++
		id, bad := urn.Encode(f[0], f[1])
		if bad != nil || string(id) != f[2] {
			t.Errorf("Encode(%s, %s) = %s, %v; want %s", f[0], f[1], id, bad, f[2])
		}
		prefix, text, bad := urn.Decode(urn.ID(f[2]))
		if bad != nil || prefix != f[0] || text != f[1] {
			t.Errorf("Decode(%s) = %s, %s, %v; want %s, %s", f[2], prefix, text, bad, f[0], f[1])
		}
	}
	if rows != 9 {
		t.Errorf("read %d rows, want 9", rows)
	}
}

func TestEncode(t *testing.T) {
	tests := []struct {
		name, prefix, uuid string
		want               urn.ID
		code               fault.Code
	}{
		{"canonical", "obj", uuid, "obj_" + digits, ""},
		{"upper case comes out lower", "obj", strings.ToUpper(uuid), "obj_" + digits, ""},
		{"unknown prefix", "xyz", uuid, "", fault.InvalidIDType},
		{"unknown prefix before a bad UUID", "xyz", "no", "", fault.InvalidIDType},
		{"no prefix", "", uuid, "", fault.InvalidIDType},
		{"no UUID", "obj", "", "", fault.InvalidID},
		{"no hyphens", "obj", digits, "", fault.InvalidID},
		{"hyphens elsewhere", "obj", "01890a5d0-c1e-7000-a000-000000000001", "", fault.InvalidID},
		{"a hyphen too many", "obj", "01890a5d-0c1e-7000-a000-0000-0000001", "", fault.InvalidID},
		{"no hex", "obj", "01890a5d-0c1e-7000-a000-00000000000g", "", fault.InvalidID},
		{"a letter that folds to no hex digit", "obj", "01890a5d-0c1e-7000-a000-00000000\u212a0", "", fault.InvalidID},
		{"braces", "obj", "{" + uuid + "}", "", fault.InvalidID},
		{"all zero", "obj", "00000000-0000-0000-0000-000000000000", "", fault.InvalidID},
		{"all f", "obj", "ffffffff-ffff-ffff-ffff-ffffffffffff", "", fault.InvalidID},
		{"version 9", "obj", "01890a5d-0c1e-9000-a000-000000000001", "", fault.InvalidID},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, f := urn.Encode(tt.prefix, tt.uuid)
			if got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
			want(t, f, tt.code)
		})
	}
}

func TestDecode(t *testing.T) {
	tests := []struct {
		name string
		id   urn.ID
		// strict is the code of Decode, any that of DecodeAny.
		strict, loose fault.Code
	}{
		{"typed", "obj_" + digits, "", ""},
		{"version 1", "obj_01890a5d0c1e1000a000000000000001", "", ""},
		{"version 8", "obj_01890a5d0c1e8000a000000000000001", "", ""},
		{"any variant", "obj_01890a5d0c1e70000000000000000001", "", ""},
		{"of an application", "doc_" + digits, fault.InvalidIDType, ""},
		{"two letters", "ab_" + digits, fault.InvalidIDType, ""},
		{"six letters", "abcdef_" + digits, fault.InvalidIDType, ""},
		{"one letter", "a_" + digits, fault.InvalidIDType, fault.InvalidIDType},
		{"seven letters", "abcdefg_" + digits, fault.InvalidIDType, fault.InvalidIDType},
		{"prefix in capitals", "OBJ_" + digits, fault.InvalidIDType, fault.InvalidIDType},
		{"prefix with a digit", "ob1_" + digits, fault.InvalidIDType, fault.InvalidIDType},
		{"no prefix", "_" + digits, fault.InvalidIDType, fault.InvalidIDType},
		{"empty", "", fault.InvalidID, fault.InvalidID},
		{"no separator", "obj" + digits, fault.InvalidID, fault.InvalidID},
		{"unknown prefix before a bad payload", "OBJ_x", fault.InvalidIDType, fault.InvalidIDType},
		{"two separators", urn.ID("obj__" + digits[1:]), fault.InvalidID, fault.InvalidID},
		{"no payload", "obj_", fault.InvalidID, fault.InvalidID},
		{"payload too short", urn.ID("obj_" + digits[1:]), fault.InvalidID, fault.InvalidID},
		{"payload too long", "obj_" + digits + "0", fault.InvalidID, fault.InvalidID},
		{"payload in capitals", urn.ID("obj_" + strings.ToUpper(digits)), fault.InvalidID, fault.InvalidID},
		{"hyphens", "obj_" + uuid, fault.InvalidID, fault.InvalidID},
		{"a space in front", " obj_" + digits, fault.InvalidIDType, fault.InvalidIDType},
		{"a line break behind", "obj_" + digits + "\n", fault.InvalidID, fault.InvalidID},
		{"version 0", "obj_01890a5d0c1e0000a000000000000001", fault.InvalidID, fault.InvalidID},
		{"version 9", "obj_01890a5d0c1e9000a000000000000001", fault.InvalidID, fault.InvalidID},
		{"all zero", urn.ID("obj_" + strings.Repeat("0", 32)), fault.InvalidID, fault.InvalidID},
		{"all f", urn.ID("obj_" + strings.Repeat("f", 32)), fault.InvalidID, fault.InvalidID},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			prefix, text, f := urn.Decode(tt.id)
			want(t, f, tt.strict)
			if f == nil {
				if again, f := urn.Encode(prefix, text); f != nil || again != tt.id {
					t.Errorf("encoded again it is %s (%v)", again, f)
				}
			}
			kind, f := urn.TypeOf(tt.id)
			want(t, f, tt.strict)
			if kind != prefix || urn.IsValid(tt.id) != (tt.strict == "") {
				t.Errorf("TypeOf = %q, IsValid = %t; Decode gave %q", kind, urn.IsValid(tt.id), prefix)
			}
			_, _, f = urn.DecodeAny(tt.id)
			want(t, f, tt.loose)
			if urn.IsValidShape(tt.id) != (tt.loose == "") {
				t.Errorf("IsValidShape = %t", urn.IsValidShape(tt.id))
			}
		})
	}
}

func TestMissingSeparatorIsNamed(t *testing.T) {
	if _, _, f := urn.Decode("xyz"); f == nil || !strings.Contains(f.Detail, "separator") {
		t.Errorf("the detail does not name the separator: %v", f)
	}
}

func TestIsValidExpected(t *testing.T) {
	tests := []struct {
		name     string
		id       urn.ID
		expected []string
		want     bool
	}{
		{"of any kind", "org_" + digits, nil, true},
		{"of the kind", "org_" + digits, []string{"org"}, true},
		{"of one of the kinds", "org_" + digits, []string{"scp", "org"}, true},
		{"of another kind", "org_" + digits, []string{"scp"}, false},
		{"no id", "org", []string{"org"}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := urn.IsValid(tt.id, tt.expected...); got != tt.want {
				t.Errorf("IsValid = %t, want %t", got, tt.want)
			}
		})
	}
}

func TestNormalize(t *testing.T) {
	tests := []struct {
		name, text string
		want       urn.ID
		code       fault.Code
	}{
		{"typed", "scp_" + digits, "scp_" + digits, ""},
		{"bare digits", digits, "scp_" + digits, ""},
		{"bare digits in capitals", strings.ToUpper(digits), "", fault.InvalidID},
		{"bare digits of no version", strings.Repeat("0", 32), "", fault.InvalidID},
		{"bare UUID", uuid, "", fault.InvalidID},
		{"of another kind", "org_" + digits, "", fault.InvalidIDType},
		{"of no kind", "xyz_" + digits, "", fault.InvalidIDType},
		{"empty", "", "", fault.InvalidID},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, f := urn.Normalize("scp", tt.text)
			if got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
			want(t, f, tt.code)
		})
	}
}

func TestMake(t *testing.T) {
	ones := [8]byte{0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF}
	tests := []struct {
		name    string
		millis  uint64
		ordinal uint16
		tail    [8]byte
		want    urn.ID
	}{
		{"the example of RFC 9562", 0x017F22E279B0, 0xCC3, [8]byte{0x18, 0xC4, 0xDC, 0x0C, 0x0C, 0x07, 0x39, 0x8F}, "obj_017f22e279b07cc398c4dc0c0c07398f"},
		{"zero", 0, 0, [8]byte{}, "obj_00000000000070008000000000000000"},
		{"all bits", 1<<48 - 1, 0xFFF, ones, "obj_ffffffffffff7fffbfffffffffffffff"},
		{"higher bits are left out", 1<<48 + 1, 0x1002, [8]byte{0xC0}, "obj_00000000000170028000000000000000"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := urn.Make("obj", tt.millis, tt.ordinal, tt.tail); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

func TestMadeIdsSortAsTheyWereMade(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		draw := func(name string) (uint64, uint16, urn.ID) {
			millis := rapid.Uint64Range(0, 1<<48-1).Draw(t, name)
			ordinal := rapid.Uint16Range(0, 0xFFF).Draw(t, name+" ordinal")
			tail := [8]byte(rapid.SliceOfN(rapid.Byte(), 8, 8).Draw(t, name+" tail"))
			return millis, ordinal, urn.Make("obj", millis, ordinal, tail)
		}
		am, ao, a := draw("a")
		bm, bo, b := draw("b")
		if am < bm || (am == bm && ao < bo) {
			if a >= b {
				t.Errorf("%s does not sort before %s", a, b)
			}
		}
		if !urn.IsValid(a, "obj") {
			t.Errorf("%s is not valid", a)
		}
		bytes, ok := a.Bytes()
		if again := urn.FromBytes("obj", bytes); !ok || again != a {
			t.Errorf("%s came back as %s", a, again)
		}
	})
}

func TestBytesOfWhatIsNotTyped(t *testing.T) {
	for _, id := range []urn.ID{"", "alice", "alice_smith", digits, urn.ID("obj_" + digits[1:]), urn.ID("obj_" + strings.ToUpper(digits))} {
		if b, ok := id.Bytes(); ok {
			t.Errorf("%q has the bytes %x", id, b)
		}
	}
}

func TestPrincipals(t *testing.T) {
	tests := []struct {
		name, text string
		code       fault.Code
		// kinds are the kinds of principal that may have the id.
		kinds string
	}{
		{"a word", "alice", "", "user service"},
		{"an address", "alice.smith@example.org", "", "user service"},
		{"all characters", "AZaz09._:@-", "", "user service"},
		{"128 characters", strings.Repeat("a", 128), "", "user service"},
		{"an underscore", "alice_smith", "", "user service"},
		{"an underscore in front", "_alice", "", "user service"},
		{"a prefix alone", "usr", "", "user service"},
		{"a prefix and another sign", "usr-1", "", "user service"},
		{"bare digits", digits, "", "user service"},
		{"a prefix that nobody registered", "doc_1", "", "user service"},
		{"typed, of a user", "usr_" + digits, "", "user"},
		{"typed, of a service", "svc_" + digits, "", "service"},
		{"typed, of another kind", "obj_" + digits, fault.InvalidIDType, ""},
		{"looks typed, does not decode", "usr_alice", fault.InvalidID, ""},
		{"looks typed, of another kind, does not decode", "job_runner", fault.InvalidID, ""},
		{"typed in capitals", "usr_" + strings.ToUpper(digits), fault.InvalidID, ""},
		{"empty", "", fault.InvalidID, ""},
		{"129 characters", strings.Repeat("a", 129), fault.InvalidID, ""},
		{"a space", "a b", fault.InvalidID, ""},
		{"a slash", "a/b", fault.InvalidID, ""},
		{"a line break", "alice\n", fault.InvalidID, ""},
		{"a letter beyond ASCII", "zoë", fault.InvalidID, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			id, f := urn.ParsePrincipal(tt.text)
			want(t, f, tt.code)
			if f != nil {
				return
			}
			if string(id) != tt.text {
				t.Errorf("it became %s", id)
			}
			for _, kind := range []string{"user", "service"} {
				f := urn.CheckPrincipalKind(id, kind)
				if (f == nil) != strings.Contains(tt.kinds, kind) {
					t.Errorf("as %s: %v", kind, f)
				}
				if f != nil && f.Code != fault.InvalidIDType {
					t.Errorf("as %s the code is %s", kind, f.Code)
				}
			}
		})
	}
}

func FuzzID(f *testing.F) {
	for _, seed := range []string{"obj_" + digits, digits, "alice@example.org", "usr_" + digits, "_", "doc_" + digits, "usr_x"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		id := urn.ID(text)
		if prefix, uuid, bad := urn.Decode(id); bad == nil {
			if again, bad := urn.Encode(prefix, uuid); bad != nil || again != id {
				t.Fatalf("%q came back as %q (%v)", id, again, bad)
			}
			b, ok := id.Bytes()
			if again := urn.FromBytes(prefix, b); !ok || again != id {
				t.Fatalf("%q came back from bytes as %q", id, again)
			}
			if !urn.IsValidShape(id) || !urn.IsValid(id, prefix) || urn.IsValid(id, "none") {
				t.Fatalf("%q decodes and is not valid", id)
			}
		}
		if got, bad := urn.Normalize("obj", text); bad == nil && (!urn.IsValid(got, "obj") || !strings.HasSuffix(string(got), text)) {
			t.Fatalf("%q became %q", text, got)
		}
		if got, bad := urn.ParsePrincipal(text); bad == nil {
			if string(got) != text || len(text) > 128 || fmt.Sprintf("%q", text) != `"`+text+`"` {
				t.Fatalf("%q is the id of a principal %q", text, got)
			}
		}
	})
}
