package audit

import (
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/storage/key"
)

// CheckpointInput may ask for a new checkpoint.
type CheckpointInput struct {
	// Fresh is the node's matter: it has the log signed, and then answers.
	Fresh bool `json:"fresh,omitempty" op:"query" doc:"sign a new checkpoint first, if anything came since the last one"`
}

// Checkpoint gives the newest signed checkpoint.
var Checkpoint = op.NewQuery(Ops, op.Spec[CheckpointInput, op.Raw]{
	Name:    "checkpoint",
	Summary: "Give the newest signed checkpoint.",
	Doc:     "A signed note with the three lines of C2SP tlog-checkpoint: origin, size and root. Keep it: no later state of the log can deny it.",
	Route:   "GET /v1/audit/checkpoint",
	Access:  op.Anyone[CheckpointInput]("read"),
	Faults:  []fault.Code{fault.NotFound},
	Example: CheckpointInput{},
	Result:  op.Raw{ContentType: noteType, Body: []byte(exampleNote)},
}, func(v *op.View, _ CheckpointInput) (op.Raw, error) {
	c, ok := newest(v, open(v).size)
	if !ok {
		return op.Raw{}, op.NotFound()
	}
	return op.Raw{ContentType: noteType, Body: c.Note}, nil
})

const noteType = "text/plain; charset=utf-8"

// KeysInput is empty: all keys are shown.
type KeysInput struct{}

// KeyList is the keys of the log, one for each incarnation.
type KeyList struct {
	Keys []Key `json:"keys" doc:"the keys of the log, oldest first"`
}

// Keys shows the keys that checkpoints are verified with.
var Keys = op.NewQuery(Ops, op.Spec[KeysInput, KeyList]{
	Name:    "keys",
	Summary: "Show the keys that sign checkpoints.",
	Route:   "GET /v1/audit/keys",
	Access:  op.Anyone[KeysInput]("read"),
	Result:  KeyList{Keys: []Key{exampleKey}},
}, func(v *op.View, _ KeysInput) (KeyList, error) {
	list := KeyList{Keys: []Key{}}
	keys.Scan(v, state.Range{Prefix: state.Key(key.AuditKey)}).Each(func(k *Key) bool {
		list.Keys = append(list.Keys, *k)
		return true
	})
	return list, nil
})
