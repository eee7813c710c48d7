package op_test

import (
	"strings"
	"testing"

	"github.com/weir-store/weir/core/canon"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/urn"
)

// letter holds sealed texts in each place that an output can have them in.
type letter struct {
	To     *op.Sealed        `json:"to"`
	Copies op.Page[copied]   `json:"copies"`
	Note   string            `json:"note"`
	Facts  map[string]string `json:"facts,omitempty"`
	Inner  *copied           `json:"inner,omitempty"`
}

type copied struct {
	To *op.Sealed `json:"to"`
}

type letterInput struct {
	Name string        `json:"name" op:"required,secret"`
	Kept op.Identifier `json:"kept,omitzero" op:"prepared"`
}

var letters = &op.Set{Noun: "letter"}

var write = op.NewCommand(letters, op.Spec[letterInput, letter]{
	Name: "write", Access: op.Open[letterInput]("create"), Screen: func(*op.View, letterInput) error { return nil },
	Prepare: func(env op.Env, in *letterInput) (_ string, err error) {
		in.Kept, err = env.Identifier(in.Name)
		in.Name = ""
		return "", err
	},
}, func(*op.Tx, letterInput) (letter, error) { return letter{}, nil })

func TestSealedTextsAreOpened(t *testing.T) {
	sealed := func(text string) *op.Sealed { s := op.Sealed("sealed " + text); return &s }
	raw, err := op.Marshal(letter{
		To: sealed("alice"), Note: "sealed note", Inner: &copied{sealed("bob")}, Facts: map[string]string{"a": "sealed a"},
		Copies: op.NewPage([]copied{{sealed("carol")}, {}, {sealed("x")}}, ""),
	})
	if err != nil {
		t.Fatal(err)
	}
	got, err := write.Unseal(raw, func(s op.Sealed) (string, bool) {
		text, ok := strings.CutPrefix(string(s), "sealed ")
		return text, ok && text != "x"
	})
	want := `{"to":"alice","copies":{"items":[{"to":"carol"},{"to":null},{"to":null}],"next_cursor":null,"has_more":false},` +
		`"note":"sealed note","facts":{"a":"sealed a"},"inner":{"to":"bob"}}`
	if err != nil || string(got) != want {
		t.Errorf("got  %s (%v)\nwant %s", got, err, want)
	}
}

// What has nothing sealed is given back as it is.
func TestNothingSealed(t *testing.T) {
	raw := op.JSON(`{"b": 1, "a":2}`)
	if got, err := probe.Unseal(raw, nil); err != nil || string(got) != string(raw) {
		t.Errorf("%s %v", got, err)
	}
}

// The digests of an identifier reach the log, the text does not.
func TestIdentifiersInTheLog(t *testing.T) {
	v, _ := canon.Parse([]byte(`{"name":"alice@example.com"}`))
	in, f := write.Decode(v)
	if f != nil {
		t.Fatal(f)
	}
	prepared, _, err := write.Prepare(stamped{}, in)
	if err != nil {
		t.Fatal(err)
	}
	logged, err := write.Logged(v, prepared)
	if err != nil {
		t.Fatal(err)
	}
	if text := string(logged.Append(nil)); strings.Contains(text, "alice") || !strings.Contains(text, strings.Repeat("07", 32)) {
		t.Errorf("the log has %s", text)
	}
	again, f := write.Load(logged)
	if f != nil || again != prepared {
		t.Errorf("read back as %+v (%v), want %+v", again, f, prepared)
	}
	for _, bad := range []string{`"07"`, `"` + strings.Repeat("zz", 32) + `"`, `1`} {
		v, _ := canon.Parse([]byte(`{"kept":{"exact":` + bad + `}}`))
		if _, f := write.Load(v); f == nil {
			t.Errorf("a digest was read from %s", bad)
		}
	}
}

type stamped struct{ noWorld }

func (stamped) Identifier(string) (op.Identifier, error) {
	id := op.Identifier{Sealed: "1.AAAA"}
	for i := range id.Exact {
		id.Exact[i], id.Login[i] = 7, 8
	}
	return id, nil
}

// An open command is for nobody in particular, or for a caller like any other.
func TestOpenCommands(t *testing.T) {
	rows := []struct {
		name   string
		caller op.Caller
		denied bool
		want   bool
	}{
		{"nobody", op.Caller{}, true, true},
		{"a caller", op.Caller{ID: "alice"}, false, true},
		{"a caller whom a rule keeps from it", op.Caller{ID: "alice"}, true, false},
		{"a key that is not made for it", op.Caller{ID: "alice", Scopes: []op.KeyScope{"probe.*"}}, false, false},
		{"a key that is", op.Caller{ID: "alice", Scopes: []op.KeyScope{"letter.*"}}, false, true},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			v := op.View{Sight: strict{denied: row.denied}, Caller: row.caller}
			if got := write.Authorize(v, letterInput{}).Allowed; got != row.want {
				t.Errorf("allowed: %v", got)
			}
		})
	}
}

// strict may deny everything by a rule.
type strict struct {
	op.Sight
	denied bool
}

func (s strict) Forbids(state.View, op.Request) (rule urn.ID, denied bool) { return "rul_1", s.denied }
