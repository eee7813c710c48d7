package audit

import (
	"github.com/weir-store/weir/core/audit/chain"
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/system"
	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/storage/key"
)

// Due is the checkpoint that should be signed next: the root of all entries of
// a view of the newest state. It is not due before the cluster is founded, and
// where nothing but the entry of the last checkpoint has come since.
func Due(v state.View) (c *chain.Checkpoint, due bool) {
	size := head(v).Sequence
	settings, founded := system.Load(v)
	if !founded || size == 0 {
		return nil, false
	}
	if before, ok := newest(v, size); ok && size <= max(before.Size, before.Sequence) {
		return nil, false
	}
	return &chain.Checkpoint{Origin: origin(settings), Size: size, Root: Root(v, size)}, true
}

func origin(s *system.Settings) string { return chain.Origin(s.ClusterID, s.Incarnation) }

// newest finds the checkpoint with the largest size up to a bound.
func newest(v state.View, size uint64) (*checkpoint, bool) {
	rows := checkpoints.Scan(v, state.Range{
		Prefix: state.Key(key.AuditCheckpoint), After: state.Key(key.AuditCheckpoint, size+1), Reverse: true,
	})
	defer rows.Close()
	if !rows.Next() {
		return nil, false
	}
	return rows.Row(), true
}

// current finds the key of the cluster's present log.
func current(v state.View) (*Key, bool) {
	settings, founded := system.Load(v)
	if !founded {
		return nil, false
	}
	return keys.Get(v, state.Key(key.AuditKey, origin(settings)))
}

// Registered says whether the key of the cluster's present log is known.
func Registered(v state.View) bool {
	_, ok := current(v)
	return ok
}

// RegisterKeyInput is the public key of the log.
type RegisterKeyInput struct {
	VerifierKey string `json:"verifier_key" op:"required,max=512" doc:"the public key, in the form of signed notes"`
}

// RegisterKey makes known the key that will sign for this incarnation of the
// cluster. There is one, for ever; the same key again changes nothing.
var RegisterKey = op.NewCommand(Ops, op.Spec[RegisterKeyInput, Key]{
	Name:    "register_key",
	Summary: "Register the key that signs checkpoints.",
	Access:  op.Internal[RegisterKeyInput]("register"),
	Faults:  []fault.Code{fault.AlreadyExists, fault.ValidationFailed, fault.PreconditionFailed},
	Example: RegisterKeyInput{VerifierKey: exampleKey.VerifierKey},
	Result:  exampleKey,
	Undo:    op.Final("a verifier knows one key for each log"),
}, func(tx *op.Tx, in RegisterKeyInput) (Key, error) {
	settings, founded := system.Load(tx)
	if !founded {
		return Key{}, fault.New(fault.PreconditionFailed, "the cluster is not founded yet")
	}
	if known, ok := current(tx); ok {
		if known.VerifierKey != in.VerifierKey {
			return Key{}, fault.New(fault.AlreadyExists, "the log has another key already; a log has one key")
		}
		return *known, nil
	}
	name, err := chain.NameOf(in.VerifierKey)
	if err != nil || name != origin(settings) {
		return Key{}, fault.New(fault.ValidationFailed, "not a verifier key of the name %s", origin(settings)).Wrap(err)
	}
	k := Key{Origin: name, VerifierKey: in.VerifierKey, RegisteredAt: tx.Time(), Sequence: tx.Head().Sequence + 1}
	keys.Insert(tx.Tx, &k)
	r := op.Record{Action: "register", Entity: EntityAudit, TargetID: urn.ID(name), After: &k}
	if before, ok := newest(tx, tx.Head().Sequence); ok {
		r.Metadata = []fault.Member{{Name: "last_checkpoint", Value: before.Size}}
	}
	tx.Record(r)
	return k, nil
})

// CheckpointStoreInput is a signed checkpoint.
type CheckpointStoreInput struct {
	Note string `json:"note" op:"required,max=4096" doc:"the signed note"`
}

// CheckpointStored says what was stored.
type CheckpointStored struct {
	Size     uint64 `json:"size" doc:"how many entries it speaks of"`
	Sequence uint64 `json:"sequence" doc:"the entry that stored it"`
}

// CheckpointStore keeps a signed checkpoint. Every node refuses one that does
// not state its own root, or is not signed by the registered key: a leader
// cannot make the others vouch for a history that they do not have.
var CheckpointStore = op.NewCommand(Ops, op.Spec[CheckpointStoreInput, CheckpointStored]{
	Name:    "checkpoint_store",
	Summary: "Keep a signed checkpoint.",
	Access:  op.Internal[CheckpointStoreInput]("audit_checkpoint"),
	Faults:  []fault.Code{fault.TraceIntegrity, fault.PreconditionFailed},
	Example: CheckpointStoreInput{Note: exampleNote},
	Result:  CheckpointStored{Size: 41, Sequence: 42},
	Undo:    op.Final("what was signed is out"),
}, func(tx *op.Tx, in CheckpointStoreInput) (CheckpointStored, error) {
	h := tx.Head()
	k, ok := current(tx)
	if !ok {
		return CheckpointStored{}, fault.New(fault.PreconditionFailed, "no key is registered for this log yet")
	}
	c, err := chain.Open([]byte(in.Note), k.VerifierKey)
	if err != nil {
		return CheckpointStored{}, fault.New(fault.TraceIntegrity, "the note is not a checkpoint that the key of this log signed").Wrap(err)
	}
	if c.Size == 0 || c.Size > h.Sequence || c.Root != Root(tx, c.Size) {
		return CheckpointStored{}, fault.New(fault.TraceIntegrity, "the checkpoint does not state the root of this trail")
	}
	if before, ok := newest(tx, h.Sequence); ok && c.Size <= max(before.Size, before.Sequence) {
		return CheckpointStored{}, fault.New(fault.PreconditionFailed, "nothing came since the last checkpoint")
	}
	stored := &checkpoint{Size: c.Size, Note: []byte(in.Note), Sequence: h.Sequence + 1, Revision: tx.Revision(), StoredAt: tx.Time()}
	checkpoints.Insert(tx.Tx, stored)
	tx.Record(op.Record{
		Action: "audit_checkpoint", Entity: EntityAudit, TargetID: urn.ID(c.Origin), After: stored,
		Metadata: []fault.Member{
			{Name: "size", Value: c.Size},
			{Name: "root", Value: chain.HexBytes(c.Root[:])},
			{Name: "size_revision", Value: load(tx, c.Size).Revision},
		},
	})
	return CheckpointStored{Size: c.Size, Sequence: stored.Sequence}, nil
})
