package op_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/weir-store/weir/core/canon"
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/urn"
)

var ops = &op.Set{Noun: "probe"}

type nested struct {
	Depth int `json:"depth" op:"required,max=9"`
}

type probeInput struct {
	ID       urn.ID           `json:"id" op:"path,id=obj"`
	Who      urn.ID           `json:"who,omitempty" op:"id=principal"`
	Actor    urn.ID           `json:"actor,omitempty" op:"id=usr|svc|org"`
	Data     op.JSON          `json:"data,omitempty" op:"max=1KiB"`
	Count    uint64           `json:"count,omitempty" op:"max=10"`
	Limit    int              `json:"limit,omitempty" op:"query,min=1"`
	Level    op.Level         `json:"level,omitempty"`
	At       state.Time       `json:"at,omitzero"`
	Tags     []string         `json:"tags,omitempty" op:"max=2"`
	Nested   *nested          `json:"nested,omitempty"`
	Color    string           `json:"color,omitempty" op:"enum=red|green"`
	Flag     bool             `json:"flag,omitempty"`
	Title    op.Patch[string] `json:"title,omitzero" op:"min=1,max=3"`
	Password string           `json:"password,omitempty" op:"secret"`
	Digest   string           `json:"digest,omitempty" op:"prepared"`
}

var probe = op.NewCommand(ops, op.Spec[probeInput, probeInput]{
	Name: "probe", Route: "POST /v1/probes/{id}", Access: op.Anyone[probeInput]("update"),
	Prepare: func(_ op.Env, in *probeInput) (string, error) {
		in.Digest = strings.ToUpper(in.Password)
		if in.Color != "green" {
			in.Password = ""
		}
		return "", nil
	},
}, func(_ *op.Tx, in probeInput) (probeInput, error) { return in, nil })

const id = "obj_01890a5d0c1e7000a000000000000001"

func decode(t *testing.T, input string) (probeInput, *fault.Fault) {
	t.Helper()
	v, f := canon.Parse([]byte(input))
	if f != nil {
		t.Fatalf("the test's own input is malformed: %v", f)
	}
	in, f := probe.Decode(v)
	if f != nil {
		return probeInput{}, f
	}
	return in.(probeInput), nil
}

func TestDecodeRefusesPrecisely(t *testing.T) {
	for _, row := range []struct {
		name, input, pointer string
		code                 fault.Code
	}{
		{"no object", `[]`, "", fault.ValidationFailed},
		{"a required member is missing", `{}`, "/id", fault.ValidationFailed},
		{"an unknown member", `{"id":"` + id + `","other":1}`, "/other", fault.ValidationFailed},
		{"a member in another case", `{"ID":"` + id + `","id":"` + id + `"}`, "/ID", fault.ValidationFailed},
		{"a prepared member", `{"id":"` + id + `","digest":"x"}`, "/digest", fault.ValidationFailed},
		{"an id without separator", `{"id":"x"}`, "/id", fault.InvalidID},
		{"an id of another kind", `{"id":"scp_01890a5d0c1e7000a000000000000001"}`, "/id", fault.InvalidIDType},
		{"an id in upper case", `{"id":"obj_01890A5D0C1E7000A000000000000001"}`, "/id", fault.InvalidID},
		{"a principal that looks typed", `{"id":"` + id + `","who":"obj_01890a5d0c1e7000a000000000000001"}`, "/who", fault.InvalidIDType},
		{"an id of none of some kinds", `{"id":"` + id + `","actor":"` + id + `"}`, "/actor", fault.InvalidIDType},
		{"an id of a kind that is none", `{"id":"` + id + `","actor":"key` + id[3:] + `"}`, "/actor", fault.InvalidIDType},
		{"no id of some kinds", `{"id":"` + id + `","actor":"alice"}`, "/actor", fault.InvalidID},
		{"a string for a number", `{"id":"` + id + `","count":"1"}`, "/count", fault.ValidationFailed},
		{"a fraction for a whole number", `{"id":"` + id + `","count":1.0}`, "/count", fault.ValidationFailed},
		{"a negative count", `{"id":"` + id + `","count":-1}`, "/count", fault.ValidationFailed},
		{"a number too high", `{"id":"` + id + `","count":11}`, "/count", fault.ValidationFailed},
		{"a number too low", `{"id":"` + id + `","limit":0}`, "/limit", fault.ValidationFailed},
		{"a number beyond 64 bits", `{"id":"` + id + `","count":99999999999999999999}`, "/count", fault.ValidationFailed},
		{"an unknown level", `{"id":"` + id + `","level":"all"}`, "/level", fault.ValidationFailed},
		{"no time", `{"id":"` + id + `","at":"yesterday"}`, "/at", fault.ValidationFailed},
		{"data that is no object", `{"id":"` + id + `","data":[1]}`, "/data", fault.ValidationFailed},
		{"data too large", `{"id":"` + id + `","data":{"a":"` + strings.Repeat("x", 1024) + `"}}`, "/data", fault.PayloadTooLarge},
		{"too many items", `{"id":"` + id + `","tags":["a","b","c"]}`, "/tags", fault.ValidationFailed},
		{"an item of another type", `{"id":"` + id + `","tags":["a",2]}`, "/tags/1", fault.ValidationFailed},
		{"a member of a member", `{"id":"` + id + `","nested":{"depth":10}}`, "/nested/depth", fault.ValidationFailed},
		{"a word not in the list", `{"id":"` + id + `","color":"blue"}`, "/color", fault.ValidationFailed},
		{"a word for a flag", `{"id":"` + id + `","flag":"true"}`, "/flag", fault.ValidationFailed},
		{"a change to too short a text", `{"id":"` + id + `","title":""}`, "/title", fault.ValidationFailed},
		{"a change to too long a text", `{"id":"` + id + `","title":"long"}`, "/title", fault.ValidationFailed},
		{"a change to another type", `{"id":"` + id + `","title":1}`, "/title", fault.ValidationFailed},
		{"null where a value is needed", `{"id":null}`, "/id", fault.ValidationFailed},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, f := decode(t, row.input)
			if f == nil {
				t.Fatal("it was accepted")
			}
			if f.Code != row.code || len(f.Items) == 0 || f.Items[0].Pointer != row.pointer {
				t.Errorf("got %v %+v, want %s at %s", f, f.Items, row.code, row.pointer)
			}
		})
	}
}

// Null for a member that may be left out leaves it out, but where null has a
// meaning of its own.
func TestNullIsAbsence(t *testing.T) {
	want, f := decode(t, `{"id":"`+id+`"}`)
	if f != nil {
		t.Fatal(f)
	}
	got, f := decode(t, `{"id":"`+id+`","who":null,"count":null,"level":null,"at":null,"tags":null,"nested":null,"color":null,"flag":null,"password":null}`)
	if f != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v: %v", got, f)
	}
	if got, f := decode(t, `{"id":"`+id+`","title":null}`); f != nil || !got.Title.Given {
		t.Errorf("a change to nothing became %+v: %v", got, f)
	}
}

// An id may be of several kinds; bare digits are of the first, and a refusal
// names all.
func TestIdsOfSeveralKinds(t *testing.T) {
	digits := id[3:]
	for given, want := range map[string]urn.ID{
		digits[1:]: urn.ID("usr" + digits), "usr" + digits: urn.ID("usr" + digits),
		"svc" + digits: urn.ID("svc" + digits), "org" + digits: urn.ID("org" + digits),
	} {
		if in, f := decode(t, `{"id":"`+id+`","actor":"`+given+`"}`); f != nil || in.Actor != want {
			t.Errorf("%s became %s: %v", given, in.Actor, f)
		}
	}
	if _, f := decode(t, `{"id":"`+id+`","actor":"`+id+`"}`); f == nil || f.Items[0].Detail != "an id of the kind usr, svc or org is asked for" {
		t.Errorf("got %v", f)
	}
}

func TestDecodeListsEveryMistake(t *testing.T) {
	_, f := decode(t, `{"count":-1,"other":1,"color":"blue"}`)
	if f == nil || len(f.Items) != 4 {
		t.Fatalf("got %+v, want count, other, color and the missing id", f)
	}
}

func TestDecodeKeepsValuesExactly(t *testing.T) {
	in, f := decode(t, `{"id":"01890a5d0c1e7000a000000000000001","data":{"b":1152921504606846977,"a":1.10},"nested":{"depth":3},"at":"2026-01-01T00:00:00Z","level":"write","who":"bob@example.org"}`)
	if f != nil {
		t.Fatal(f)
	}
	if in.ID != id {
		t.Errorf("the bare digits became %s", in.ID)
	}
	if got := string(in.Data); got != `{"a":1.10,"b":1152921504606846977}` {
		t.Errorf("data became %s", got)
	}
	if in.Nested == nil || in.Nested.Depth != 3 || in.At.String() != "2026-01-01T00:00:00.000000Z" || in.Level != op.Write || in.Who != "bob@example.org" {
		t.Errorf("got %+v", in)
	}
}

type noWorld struct{}

func (noWorld) Random(n int) []byte { return make([]byte, n) }

func (noWorld) Identifier(string) (op.Identifier, error) { return op.Identifier{}, nil }

func TestSecretsDoNotReachTheLog(t *testing.T) {
	v, _ := canon.Parse([]byte(`{"id":"` + id + `","password":"hush"}`))
	in, f := probe.Decode(v)
	if f != nil {
		t.Fatal(f)
	}
	prepared, _, err := probe.Prepare(noWorld{}, in)
	if err != nil {
		t.Fatal(err)
	}
	logged, err := probe.Logged(v, prepared)
	if err != nil {
		t.Fatal(err)
	}
	if got := string(logged.Append(nil)); got != `{"digest":"HUSH","id":"`+id+`"}` {
		t.Errorf("the log would hold %s", got)
	}
	if _, f := probe.Load(logged); f != nil {
		t.Errorf("the log's own form is refused: %v", f)
	}
	leaky, _ := canon.Parse([]byte(`{"id":"` + id + `","password":"hush","color":"green"}`))
	in, _ = probe.Decode(leaky)
	if _, _, err := probe.Prepare(noWorld{}, in); err == nil {
		t.Error("a Prepare that leaves the secret was accepted")
	}
}

func TestReferencesStandForWholeIDsOnly(t *testing.T) {
	earlier := [][]byte{[]byte(`{"id":"` + id + `","version":7}`)}
	for _, row := range []struct {
		name, input, want string
		ok                bool
	}{
		{"a whole id", `{"id":{"$result":[0,"id"]}}`, `{"id":"` + id + `"}`, true},
		{"inside data it is data", `{"id":"` + id + `","data":{"x":{"$result":[0,"id"]}}}`, `{"data":{"x":{"$result":[0,"id"]}},"id":"` + id + `"}`, true},
		{"a later operation", `{"id":{"$result":[1,"id"]}}`, "", false},
		{"itself a negative one", `{"id":{"$result":[-1,"id"]}}`, "", false},
		{"a member that is no text", `{"id":{"$result":[0,"version"]}}`, "", false},
		{"a member that is not there", `{"id":{"$result":[0,"name"]}}`, "", false},
	} {
		t.Run(row.name, func(t *testing.T) {
			v, f := canon.Parse([]byte(row.input))
			if f != nil {
				t.Fatal(f)
			}
			got, f := op.Resolve(probe.Operation, v, earlier)
			if (f == nil) != row.ok {
				t.Fatalf("got %v", f)
			}
			if row.ok && string(got.Append(nil)) != row.want {
				t.Errorf("got %s", got.Append(nil))
			}
		})
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(`{"id":"` + id + `","data":{"a":[1,null,true]},"tags":["x"]}`)
	f.Add(`{"id":{"$result":[0,"id"]}}`)
	f.Fuzz(func(t *testing.T, input string) {
		v, bad := canon.Parse([]byte(input))
		if bad != nil {
			return
		}
		in, bad := probe.Decode(v)
		if bad != nil {
			return
		}
		raw, err := op.Marshal(in)
		if err != nil {
			t.Fatalf("what was decoded cannot be encoded: %v", err)
		}
		again, bad := canon.Parse(raw)
		if bad != nil {
			t.Fatalf("what was encoded cannot be parsed: %v", bad)
		}
		if _, bad := probe.Load(again); bad != nil {
			t.Fatalf("what was encoded cannot be read: %v\n%s", bad, raw)
		}
	})
}

func TestDecodeBoundsIDs(t *testing.T) {
	type input struct {
		ID urn.ID `json:"id" op:"max=8"`
	}
	for _, row := range []struct {
		name, id string
		want     bool
	}{
		{"within", "12345678", true},
		{"beyond", "123456789", false},
	} {
		t.Run(row.name, func(t *testing.T) {
			set := &op.Set{Noun: "thing"}
			o := op.NewQuery(set, op.Spec[input, op.Nothing]{Name: "get", Access: op.Anyone[input]("read")}, func(*op.View, input) (op.Nothing, error) { return op.Nothing{}, nil })
			v, f := canon.Parse([]byte(`{"id":"` + row.id + `"}`))
			if f != nil {
				t.Fatal(f)
			}
			if _, f := o.Decode(v); (f == nil) != row.want {
				t.Errorf("got %v", f)
			}
		})
	}
}
