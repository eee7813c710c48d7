package fsm_test

import (
	"strings"
	"testing"

	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/objects"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/storage/key"
)

// versions is the table of versions without the care that its layer takes.
var versions = state.NewTable(state.Spec[objects.Version]{
	Space: key.ObjectVersion,
	Key:   func(x *objects.Version) key.Key { return state.Key(key.ObjectVersion, x.ObjectID, x.Number) },
})

// defect is an operation that breaks one of the invariants, and says so in the
// trail: what it did is what the guards have to see.
type defect struct {
	How  string `json:"how" doc:"which"`
	Text string `json:"text" doc:"a text of the caller's"`
}

var _ = op.NewCommand(probing, op.Spec[defect, op.Nothing]{
	Name: "break", Summary: "Break something.", Access: op.Anyone[defect]("create"), Undo: op.Final("it is a probe"),
}, func(tx *op.Tx, in defect) (op.Nothing, error) {
	const id = "obj_01890a5d0c1e7000a000000000000003"
	tx.Record(op.Record{Action: "create", Entity: "probe", TargetID: "probe"})
	probes.Put(tx.Tx, &probe{Name: "kept", Text: in.Text})
	switch in.How {
	case "delete":
		probes.Delete(tx.Tx, state.Key(key.Setting, "probe0"))
	case "gap":
		versions.Insert(tx.Tx, &objects.Version{ObjectID: id, Number: 3})
	case "first":
		versions.Insert(tx.Tx, &objects.Version{ObjectID: id, Number: 1})
	}
	return op.Nothing{}, nil
})

// TestGuards plants a defect for each invariant that the guards keep, 5, 8 and
// 10 (4 is a row of TestPipeline): the command is refused and changes nothing.
func TestGuards(t *testing.T) {
	l := found(t)
	l.apply(byRoot("probe.write", `{"rows":1,"silent":false,"size":1}`))
	l.apply(byRoot("probe.break", `{"how":"first","text":""}`))
	for _, x := range []struct {
		name, input string
		code        fault.Code
	}{
		{"a row is deleted", `{"how":"delete","text":""}`, fault.Internal},
		{"a version is left out", `{"how":"gap","text":""}`, fault.Internal},
		{"a version is written again", `{"how":"first","text":""}`, fault.Internal},
		{"a secret is stored", `{"how":"","text":"weir_01890a5d0c1e7000a000000000000002_` + strings.Repeat("x", 43) + `"}`, fault.ValidationFailed},
		{"nothing is wrong", `{"how":"","text":""}`, ""},
	} {
		t.Run(x.name, func(t *testing.T) {
			before := l.Head()
			_, refused := l.apply(byRoot("probe.break", x.input))
			var code fault.Code
			if refused[0] != nil {
				code = refused[0].Code
			}
			if code != x.code {
				t.Fatalf("ended with %v, want %q", refused[0], x.code)
			}
			if changed := l.Head().Sequence != before.Sequence; changed != (x.code == "") {
				t.Errorf("the trail grew: %t", changed)
			}
		})
	}
}
