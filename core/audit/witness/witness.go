// Package witness keeps who cosigns the checkpoints of the trail from outside,
// and what they said.
package witness

import (
	"strings"

	"github.com/weir-store/weir/core/audit/chain"
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/storage/key"
)

// Ops are the operations on witnesses.
var Ops = &op.Set{Noun: "witness", Doc: "Witnesses are outsiders who see that the trail only grows, and sign what they saw."}

// Entity is the entity of entries about witnesses.
const Entity = "witness"

// Witness is somebody outside who sees that the trail only grows, and says so.
type Witness struct {
	Name        urn.ID `cbor:"1,keyasint" json:"name" doc:"the cluster's own word for it"`
	URL         string `cbor:"2,keyasint" json:"url" doc:"its submission prefix: /add-checkpoint is below it"`
	VerifierKey string `cbor:"3,keyasint" json:"verifier_key" doc:"its public key for cosignature/v1"`
	// Internal lets the cluster call an address inside.
	Internal  bool       `cbor:"4,keyasint,omitempty" json:"allow_internal" doc:"whether its address may be a loopback or private one"`
	Removed   bool       `cbor:"5,keyasint,omitempty" json:"-"`
	ChangedAt state.Time `cbor:"6,keyasint" json:"changed_at" doc:"when it was added"`
	ChangedBy urn.ID     `cbor:"7,keyasint" json:"changed_by" doc:"who added it"`
}

var witnesses = state.NewTable(state.Spec[Witness]{
	Space: key.AuditWitness,
	Key:   func(w *Witness) key.Key { return witnessKey(w.Name) },
})

func witnessKey(name urn.ID) key.Key { return state.Key(key.AuditWitness, string(name)) }

// Cosignature is what a witness said under a checkpoint. It is no entry: it
// speaks of entries, and would ask for a checkpoint of its own.
type Cosignature struct {
	Size    uint64 `cbor:"1,keyasint"`
	Witness urn.ID `cbor:"2,keyasint"`
	// VerifierKey is that of the witness then.
	VerifierKey string     `cbor:"3,keyasint"`
	Line        string     `cbor:"4,keyasint"`
	Time        uint64     `cbor:"5,keyasint"`
	StoredAt    state.Time `cbor:"6,keyasint"`
}

var cosignatures = state.NewTable(state.Spec[Cosignature]{
	Space:  key.AuditCosignature,
	Key:    func(c *Cosignature) key.Key { return state.Key(key.AuditCosignature, c.Size, string(c.Witness)) },
	Refers: func(c *Cosignature, to func(key.Key)) { to(state.Key(key.AuditCheckpoint, c.Size)) },
	Trail:  true,
})

// Find reads a witness that checkpoints are sent to.
func Find(v state.View, name urn.ID) (*Witness, bool) {
	w, ok := witnesses.Get(v, witnessKey(name))
	return w, ok && !w.Removed
}

// Keep keeps a cosignature that was verified.
func (c *Cosignature) Keep(tx *op.Tx) { cosignatures.Insert(tx.Tx, c) }

// By reads the cosignature of one witness under a checkpoint.
func By(v state.View, name urn.ID, size uint64) (*Cosignature, bool) {
	return cosignatures.Get(v, state.Key(key.AuditCosignature, size, string(name)))
}

// Under gives what witnesses said under a checkpoint.
func Under(v state.View, size uint64) []*Cosignature {
	var found []*Cosignature
	cosignatures.Scan(v, state.Range{Prefix: state.Key(key.AuditCosignature, size)}).Each(func(c *Cosignature) bool {
		found = append(found, c)
		return true
	})
	return found
}

// maxWitnesses bounds the witnesses of a cluster; each is called for every
// checkpoint.
const maxWitnesses = 16

// Input names a witness.
type Input struct {
	Name urn.ID `json:"name" op:"path,max=64" doc:"the witness"`
}

// AddInput describes a witness.
type AddInput struct {
	Name          urn.ID `json:"name" op:"required,min=1,max=64" doc:"a word of your own for it: letters, digits, . _ -"`
	URL           string `json:"url" op:"required,min=1,max=512" doc:"its submission prefix, https://… or http://…"`
	VerifierKey   string `json:"verifier_key" op:"required,max=512" doc:"its public key for cosignature/v1, in the form of signed notes"`
	AllowInternal bool   `json:"allow_internal,omitempty" doc:"call it also where its address is a loopback or private one"`
}

// Add has somebody outside cosign the checkpoints of the trail.
var Add = op.NewCommand(Ops, op.Spec[AddInput, Witness]{
	Name:    "add",
	Summary: "Have a witness cosign the checkpoints of the trail.",
	Doc: "The witness speaks C2SP tlog-witness. The cluster sends it each new checkpoint with a proof that the trail only grew, " +
		"and shows its cosignature under the checkpoint. The same name again changes the witness.",
	Route:   "POST /v1/audit/witnesses",
	Status:  201,
	Access:  op.Holding[AddInput]("update", op.Administer),
	Faults:  []fault.Code{fault.ValidationFailed, fault.LimitExceeded},
	Example: AddInput{Name: "partner", URL: exampleWitness.URL, VerifierKey: exampleWitness.VerifierKey},
	Result:  exampleWitness,
	Undo:    op.Reversible("witness.remove"),
	Validate: func(in *AddInput) *fault.Fault {
		switch {
		case !chain.IsWord(string(in.Name)) || strings.ContainsAny(string(in.Name), ":@/"):
			return invalid("name", "letters, digits, . _ and - only")
		case !isPrefix(in.URL):
			return invalid("url", "must begin with https:// or http://, and have no user, query or fragment")
		}
		if _, err := chain.ParseWitness(in.VerifierKey); err != nil {
			return invalid("verifier_key", "must be name+hash+key with a key of type 4 (cosignature/v1)")
		}
		return nil
	},
}, func(tx *op.Tx, in AddInput) (Witness, error) {
	before, known := witnesses.Get(tx, witnessKey(in.Name))
	w := Witness{Name: in.Name, URL: strings.TrimRight(in.URL, "/"), VerifierKey: in.VerifierKey, Internal: in.AllowInternal}
	if known && before.content() == w.content() {
		return *before, nil
	}
	if (!known || before.Removed) && len(All(tx)) >= maxWitnesses {
		return Witness{}, fault.New(fault.LimitExceeded, "a cluster has at most %d witnesses; remove one", maxWitnesses)
	}
	w.save(tx, before)
	return w, nil
})

func invalid(field, detail string) *fault.Fault {
	return fault.New(fault.ValidationFailed, "%s: %s", field, detail).At(fault.Item{Pointer: "/" + field, Code: "invalid", Detail: detail})
}

// isPrefix says whether a text is a URL below which paths can be put.
func isPrefix(url string) bool {
	host, ok := strings.CutPrefix(url, "https://")
	if !ok {
		host, ok = strings.CutPrefix(url, "http://")
	}
	return ok && host != "" && host[0] != '/' && !strings.ContainsAny(url, "@?# \t\r\n\\")
}

// Remove ends it; what the witness has cosigned stays.
var Remove = op.NewCommand(Ops, op.Spec[Input, op.Nothing]{
	Name:    "remove",
	Summary: "Send a witness no more checkpoints.",
	Route:   "DELETE /v1/audit/witnesses/{name}",
	Access:  op.Holding[Input]("update", op.Administer),
	Faults:  []fault.Code{fault.NotFound},
	Example: Input{Name: "partner"},
	Undo:    op.Reversible("witness.add"),
}, func(tx *op.Tx, in Input) (op.Nothing, error) {
	before, ok := witnesses.Get(tx, witnessKey(in.Name))
	if !ok {
		return op.Nothing{}, op.NotFound()
	}
	if !before.Removed {
		w := *before
		w.Removed = true
		w.save(tx, before)
	}
	return op.Nothing{}, nil
})

// save writes a witness and leaves the trace.
func (w *Witness) save(tx *op.Tx, before *Witness) {
	w.ChangedAt, w.ChangedBy = tx.Time(), tx.Caller.ID
	r := op.Record{Action: "update", Entity: Entity, TargetID: w.Name, After: w}
	switch {
	case before == nil || before.Removed:
		r.Action = "create"
	case w.Removed:
		r.Action, r.Before, r.After = "revoke", before, nil
	default:
		r.Before = before
	}
	witnesses.Put(tx.Tx, w)
	tx.Record(r)
}

// witnessContent is what of a witness a rollback brings back.
type witnessContent struct {
	URL         string `json:"url"`
	VerifierKey string `json:"verifier_key"`
	Internal    bool   `json:"allow_internal"`
	Removed     bool   `json:"removed"`
}

func (w *Witness) content() witnessContent {
	return witnessContent{w.URL, w.VerifierKey, w.Internal, w.Removed}
}

var _ = op.NewEntity(Ops, op.Entity{
	Name: Entity,
	Known: func(v state.View, id urn.ID) (op.Known, bool) {
		w, ok := witnesses.Get(v, witnessKey(id))
		if !ok {
			return op.Known{}, false
		}
		return op.Known{Type: Entity, Ended: w.Removed, State: w, Content: w.content()}, true
	},
	Rights: func(state.View, urn.ID) (see, revert []op.Right) {
		return []op.Right{{Permission: op.ReadAudit}, {Permission: op.Administer}}, []op.Right{{Permission: op.Administer}}
	},
	Revert: func(tx *op.Tx, id urn.ID, past state.View) error {
		now, ok := witnesses.Get(tx, witnessKey(id))
		if !ok {
			return op.NotFound()
		}
		was, had := witnesses.Get(past, witnessKey(id))
		if !had {
			gone := *now
			gone.Removed = true
			was = &gone
		}
		if was.content() == now.content() {
			return op.Moot("the witness is as it was")
		}
		was.ChangedAt, was.ChangedBy = tx.Time(), tx.Caller.ID
		witnesses.Put(tx.Tx, was)
		return nil
	},
})

// All are the witnesses that checkpoints are sent to.
func All(v state.View) []*Witness {
	var list []*Witness
	witnesses.Scan(v, state.Range{Prefix: state.Key(key.AuditWitness)}).Each(func(w *Witness) bool {
		if !w.Removed {
			list = append(list, w)
		}
		return true
	})
	return list
}

// ListInput is empty: all are shown.
type ListInput struct{}

// ListOutput is the witnesses of the cluster.
type ListOutput struct {
	Witnesses []Witness `json:"witnesses" doc:"the witnesses, by name"`
}

// List shows who cosigns, so that anybody can verify cosignatures.
var List = op.NewQuery(Ops, op.Spec[ListInput, ListOutput]{
	Name:    "list",
	Summary: "Show the witnesses that cosign checkpoints.",
	Route:   "GET /v1/audit/witnesses",
	Access:  op.Holding[ListInput]("read", op.ReadAudit),
	Result:  ListOutput{Witnesses: []Witness{exampleWitness}},
}, func(v *op.View, _ ListInput) (ListOutput, error) {
	list := ListOutput{Witnesses: []Witness{}}
	for _, w := range All(v) {
		list.Witnesses = append(list.Witnesses, *w)
	}
	return list, nil
})

var exampleWitness = Witness{
	Name: "partner", URL: "https://witness.example", VerifierKey: "witness.example/w1+7e136b5c+BAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f",
	ChangedAt: 1767225600000000, ChangedBy: "alice",
}
