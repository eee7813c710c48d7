package audit

import (
	"strconv"

	"github.com/weir-store/weir/core/audit/witness"
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/urn"
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
	return op.Raw{ContentType: noteType, Body: c.cosigned(v)}, nil
})

// cosigned is the signed note with the cosignatures that it has as of a view.
func (c *checkpoint) cosigned(v state.View) []byte {
	note := c.Note
	for _, s := range witness.Under(v, c.Size) {
		note = append(note[:len(note):len(note)], s.Line...)
	}
	return note
}

// SignedInput names a checkpoint.
type SignedInput struct {
	Size uint64 `json:"size" op:"path,min=1" doc:"how many entries it speaks of"`
}

// CheckpointOf gives the checkpoint of a size, if one was signed.
var CheckpointOf = op.NewQuery(Ops, op.Spec[SignedInput, op.Raw]{
	Name:    "checkpoint_of",
	Summary: "Give the signed checkpoint of a size.",
	Route:   "GET /v1/audit/checkpoints/{size}",
	Access:  op.Anyone[SignedInput]("read"),
	Faults:  []fault.Code{fault.NotFound},
	Example: SignedInput{Size: 41},
	Result:  op.Raw{ContentType: noteType, Body: []byte(exampleNote)},
}, func(v *op.View, in SignedInput) (op.Raw, error) {
	c, ok := checkpoints.Get(v, state.Key(key.AuditCheckpoint, in.Size))
	if !ok {
		return op.Raw{}, op.NotFound()
	}
	return op.Raw{ContentType: noteType, Body: c.cosigned(v)}, nil
})

// CheckpointsInput asks for a page.
type CheckpointsInput struct {
	Order string `json:"order,omitempty" op:"query,enum=size|-size" doc:"size, oldest first, when absent"`
	op.Paging
}

// Signed is a checkpoint that was signed and kept.
type Signed struct {
	Size         uint64        `json:"size" doc:"how many entries it speaks of"`
	Sequence     uint64        `json:"sequence" doc:"the entry that stored it"`
	Revision     uint64        `json:"revision" doc:"the revision that stored it"`
	StoredAt     state.Time    `json:"stored_at" doc:"when it was stored"`
	Note         string        `json:"note" doc:"the signed note, with the lines of witnesses"`
	Cosignatures []Cosignature `json:"cosignatures" doc:"the witnesses that cosigned it"`
}

// Cosignature says that a witness saw a checkpoint.
type Cosignature struct {
	Witness     urn.ID `json:"witness" doc:"the witness"`
	VerifierKey string `json:"verifier_key" doc:"the key that it signed with"`
	Time        uint64 `json:"time" doc:"when, in seconds since 1970, as it says"`
}

// Checkpoints lists all that were signed.
var Checkpoints = op.NewQuery(Ops, op.Spec[CheckpointsInput, op.Page[Signed]]{
	Name:    "checkpoints",
	Summary: "List the checkpoints that were signed.",
	Route:   "GET /v1/audit/checkpoints",
	Access:  op.Anyone[CheckpointsInput]("read"),
	Faults:  []fault.Code{fault.InvalidCursor},
	Example: CheckpointsInput{Order: "-size"},
	Result: op.NewPage([]Signed{{
		Size: 41, Sequence: 42, Revision: 97, StoredAt: 1767225600000000, Note: exampleNote, Cosignatures: []Cosignature{},
	}}, ""),
	Validate: func(in *CheckpointsInput) *fault.Fault {
		_, f := sizeCursor(in.Cursor)
		return f
	},
}, func(v *op.View, in CheckpointsInput) (op.Page[Signed], error) {
	after, f := sizeCursor(in.Cursor)
	if f != nil {
		return op.Page[Signed]{}, f
	}
	r := state.Range{Prefix: state.Key(key.AuditCheckpoint), Reverse: in.Order == "-size"}
	if after != 0 {
		r.After = state.Key(key.AuditCheckpoint, after)
	}
	rows := checkpoints.Scan(v, r)
	defer rows.Close()
	var items []Signed
	for rows.Next() {
		c := rows.Row()
		s := Signed{
			Size: c.Size, Sequence: c.Sequence, Revision: c.Revision, StoredAt: c.StoredAt, Note: string(c.cosigned(v)),
			Cosignatures: []Cosignature{},
		}
		for _, x := range witness.Under(v, c.Size) {
			s.Cosignatures = append(s.Cosignatures, Cosignature{Witness: x.Witness, VerifierKey: x.VerifierKey, Time: x.Time})
		}
		items = append(items, s)
		if len(items) == in.Size() {
			return op.NewPage(items, op.Cursor(strconv.FormatUint(c.Size, 10))), nil
		}
	}
	return op.NewPage(items, ""), nil
})

func sizeCursor(cursor string) (size uint64, f *fault.Fault) {
	if cursor == "" {
		return 0, nil
	}
	size, err := strconv.ParseUint(cursor, 10, 53)
	if err != nil || size == 0 {
		return 0, fault.New(fault.InvalidCursor, "the cursor is not one of this list; begin again without it")
	}
	return size, nil
}

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
