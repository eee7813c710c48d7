package naming_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/internal/testkit"
)

const (
	digits = "01890a5d0c1e7000a000000000000001"
	uuid   = "01890a5d-0c1e-7000-a000-000000000001"
)

// row is a call and what comes of it: the answer, or the code and the field of
// the refusal.
type row struct {
	name, op string
	input    op.JSON
	answer   string
	code     fault.Code
	at, word string
}

func in(members ...string) op.JSON {
	m := map[string]string{}
	for i := 0; i < len(members); i += 2 {
		m[members[i]] = members[i+1]
	}
	b, _ := json.Marshal(m) // of texts
	return b
}

func (r row) run(t *testing.T, as op.Runner) {
	reply, err := as.Run(t.Context(), &op.Call{Op: r.op, Input: r.input})
	if r.code == "" {
		if err != nil || string(reply.Output) != r.answer {
			t.Errorf("%v %v, want %s", reply, err, r.answer)
		}
		return
	}
	f, ok := fault.Of(err)
	if !ok || f.Code != r.code || len(f.Items) != 1 || f.Items[0].Pointer != r.at || f.Status() != 422 {
		t.Fatalf("%v, want %s at %s", err, r.code, r.at)
	}
	if !strings.Contains(f.Detail, r.word) {
		t.Errorf("%q does not speak of the %s", f.Detail, r.word)
	}
}

func TestEncode(t *testing.T) {
	alice := testkit.New(t).User("alice")
	good := func(name, kind, uuid, id string) row {
		return row{name: name, op: "id.encode", input: in("type", kind, "uuid", uuid), answer: `{"id":"` + id + `"}`}
	}
	bad := func(name, kind, uuid string, code fault.Code, at string) row {
		return row{name: name, op: "id.encode", input: in("type", kind, "uuid", uuid), code: code, at: at}
	}
	rows := []row{
		good("an organization", "org", uuid, "org_"+digits),
		good("upper case", "mem", strings.ToUpper(uuid), "mem_"+digits),
		good("a variant that nobody checks", "tup", "01890a5d-0c1e-7000-0000-000000000001", "tup_01890a5d0c1e70000000000000000001"),
		bad("a kind that is none", "key", uuid, fault.InvalidIDType, "/type"),
		bad("no kind", "", uuid, fault.InvalidIDType, "/type"),
		bad("a kind in capitals", "ORG", uuid, fault.InvalidIDType, "/type"),
		bad("neither kind nor UUID", "key", "x", fault.InvalidIDType, "/type"),
		bad("no UUID", "org", "", fault.InvalidID, "/uuid"),
		bad("bare digits", "org", digits, fault.InvalidID, "/uuid"),
		bad("in braces", "org", "{"+uuid+"}", fault.InvalidID, "/uuid"),
		bad("as a URN", "org", "urn:uuid:"+uuid, fault.InvalidID, "/uuid"),
		bad("a space behind", "org", uuid+" ", fault.InvalidID, "/uuid"),
		bad("a line break for a digit", "org", uuid[:35]+"\n", fault.InvalidID, "/uuid"),
		bad("hyphens elsewhere", "org", "01890a5d0-c1e-7000-a000-000000000001", fault.InvalidID, "/uuid"),
		bad("a hyphen too many", "org", "01890a5d-0c1e-7000-a000-00000000000-", fault.InvalidID, "/uuid"),
		bad("a letter beyond f", "org", uuid[:35]+"g", fault.InvalidID, "/uuid"),
		bad("all zero", "org", "00000000-0000-0000-0000-000000000000", fault.InvalidID, "/uuid"),
		bad("all f", "org", "ffffffff-ffff-ffff-ffff-ffffffffffff", fault.InvalidID, "/uuid"),
	}
	for v := range "0123456789abcdef" {
		version := string("0123456789abcdef"[v])
		text := uuid[:14] + version + uuid[15:]
		if v >= 1 && v <= 8 {
			rows = append(rows, good("version "+version, "usr", text, "usr_"+strings.ReplaceAll(text, "-", "")))
		} else {
			rows = append(rows, bad("version "+version, "usr", text, fault.InvalidID, "/uuid"))
		}
	}
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) { r.run(t, alice) })
	}
}

func TestDecode(t *testing.T) {
	alice := testkit.New(t).User("alice")
	good := func(id, kind string) row {
		return row{name: kind, op: "id.decode", input: in("id", id), answer: `{"type":"` + kind + `","uuid":"` + uuid + `"}`}
	}
	bad := func(name, id string, code fault.Code, word string) row {
		return row{name: name, op: "id.decode", input: in("id", id), code: code, at: "/id", word: word}
	}
	rows := []row{
		bad("no separator", digits, fault.InvalidID, "separator"),
		bad("no separator, and no kind", "key"+digits, fault.InvalidID, "separator"),
		bad("nothing", "", fault.InvalidID, "separator"),
		bad("a hyphen for the separator", "org-"+digits, fault.InvalidID, "separator"),
		bad("a kind that is none", "key_"+digits, fault.InvalidIDType, "kind"),
		bad("a kind that is none, and no digits", "key_", fault.InvalidIDType, "kind"),
		bad("no kind", "_"+digits, fault.InvalidIDType, "kind"),
		bad("a kind in capitals", "ORG_"+digits, fault.InvalidIDType, "kind"),
		bad("a space in front", " org_"+digits, fault.InvalidIDType, "kind"),
		bad("a line break in front", "\norg_"+digits, fault.InvalidIDType, "kind"),
		bad("the separator twice", "org__"+digits, fault.InvalidID, ""),
		bad("cut at the first separator", "org_org_"+digits, fault.InvalidID, ""),
		bad("no digits", "org_", fault.InvalidID, ""),
		bad("31 digits", "org_"+digits[1:], fault.InvalidID, ""),
		bad("33 digits", "org_"+digits+"0", fault.InvalidID, ""),
		bad("capitals", "org_"+strings.ToUpper(digits), fault.InvalidID, ""),
		bad("hyphens", "org_"+uuid, fault.InvalidID, ""),
		bad("a letter beyond f", "org_"+digits[:31]+"g", fault.InvalidID, ""),
		bad("a line break behind", "org_"+digits+"\n", fault.InvalidID, ""),
		bad("a line break for a digit", "org_"+digits[:31]+"\n", fault.InvalidID, ""),
		bad("a space behind", "org_"+digits+" ", fault.InvalidID, ""),
		bad("a NUL behind", "org_"+digits+"\x00", fault.InvalidID, ""),
		bad("digits of another script", "org_"+digits[:29]+"\u0661", fault.InvalidID, ""),
		bad("all zero", "org_"+strings.Repeat("0", 32), fault.InvalidID, "version"),
		bad("all f", "org_"+strings.Repeat("f", 32), fault.InvalidID, "version"),
		bad("version 0", "org_"+digits[:12]+"0"+digits[13:], fault.InvalidID, "version"),
		bad("version 9", "org_"+digits[:12]+"9"+digits[13:], fault.InvalidID, "version"),
	}
	for _, kind := range []string{"usr", "ses", "org", "mem", "cred", "mfa", "pat", "inv", "tup", "shr", "scp", "svc", "obj"} {
		rows = append(rows, good(kind+"_"+digits, kind))
	}
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) { r.run(t, alice) })
	}
}

// Every text has an answer.
func TestValidate(t *testing.T) {
	alice := testkit.New(t).User("alice")
	valid := func(name string, want bool, input op.JSON) row {
		answer := `{"valid":false}`
		if want {
			answer = `{"valid":true}`
		}
		return row{name: name, op: "id.validate", input: input, answer: answer}
	}
	for _, r := range []row{
		valid("an id", true, in("id", "org_"+digits)),
		valid("of the kind", true, in("id", "org_"+digits, "expected_type", "org")),
		valid("of any kind", true, op.JSON(`{"id":"org_`+digits+`","expected_type":null}`)),
		valid("of another kind", false, in("id", "org_"+digits, "expected_type", "mem")),
		valid("of a kind that is none", false, in("id", "key_"+digits, "expected_type", "key")),
		valid("of the kind of no name", false, in("id", "org_"+digits, "expected_type", "")),
		valid("nothing", false, in("id", "")),
		valid("bare digits", false, in("id", digits)),
		valid("bare digits of a kind", false, in("id", digits, "expected_type", "org")),
		valid("capitals", false, in("id", "org_"+strings.ToUpper(digits))),
		valid("all zero", false, in("id", "org_"+strings.Repeat("0", 32))),
		valid("a line break behind", false, in("id", "org_"+digits+"\n")),
		valid("much", false, in("id", strings.Repeat("org_", 10_000))),
		{name: "no text", op: "id.validate", input: op.JSON(`{"id":7}`), code: fault.ValidationFailed, at: "/id"},
		{name: "null", op: "id.validate", input: op.JSON(`{"id":null}`), code: fault.ValidationFailed, at: "/id"},
		{name: "no field", op: "id.validate", input: op.JSON(`{}`), code: fault.ValidationFailed, at: "/id"},
	} {
		t.Run(r.name, func(t *testing.T) { r.run(t, alice) })
	}
}
