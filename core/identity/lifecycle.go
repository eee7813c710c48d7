package identity

import (
	"slices"

	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/urn"
)

// LifecycleInput names a principal.
type LifecycleInput struct {
	ID urn.ID `json:"id" op:"path,id=principal" doc:"the principal"`
}

// Suspend takes from a principal all that it may do, until it is resumed: its
// keys open nothing, its memberships and relationships do not count, and it can
// be given no new ones. Nothing but its own row is written.
var Suspend = op.NewCommand(Ops, op.Spec[LifecycleInput, Principal]{
	Name:      "suspend",
	Summary:   "Suspend a principal: from now on it can do nothing, until it is resumed.",
	Doc:       "Its keys stop working at once on every node. Its objects, memberships and relationships stay as they are, count for nothing while it is suspended, and count again when it is resumed. The last active cluster administrator cannot be suspended. The only owner of a scope can: the scope then has nobody who can manage it until the principal is resumed.",
	Route:     "POST /v1/principals/{id}/suspend",
	Access:    op.Holding[LifecycleInput]("lifecycle_change", op.Administer),
	Faults:    []fault.Code{fault.InvalidTransition, fault.PreconditionFailed, fault.VersionConflict},
	Example:   LifecycleInput{ID: "alice"},
	Result:    in(Suspended),
	Undo:      op.Reversible("principal.resume"),
	Versioned: true,
}, func(tx *op.Tx, in LifecycleInput) (Principal, error) { return move(tx, in.ID, Suspended, Active) })

// Resume gives a suspended principal back what it had, but for what was taken
// from it in the meantime.
var Resume = op.NewCommand(Ops, op.Spec[LifecycleInput, Principal]{
	Name:      "resume",
	Summary:   "Let a suspended principal act again.",
	Route:     "POST /v1/principals/{id}/resume",
	Access:    op.Holding[LifecycleInput]("lifecycle_change", op.Administer),
	Faults:    []fault.Code{fault.InvalidTransition, fault.VersionConflict},
	Example:   LifecycleInput{ID: "alice"},
	Result:    in(Active),
	Undo:      op.Reversible("principal.suspend"),
	Versioned: true,
}, func(tx *op.Tx, in LifecycleInput) (Principal, error) { return move(tx, in.ID, Active, Suspended) })

// ArchiveInput names a principal, and who takes over what needs an owner.
type ArchiveInput struct {
	ID         urn.ID      `json:"id" op:"path,id=principal" doc:"the principal"`
	TransferTo urn.ID      `json:"transfer_to,omitempty" op:"id=principal" doc:"who becomes an owner of each scope and organization that would be left without one"`
	Successors []Successor `json:"successors,omitempty" op:"max=100" doc:"who does instead, for single organizations; at most 100"`
}

// Successor is who takes over one organization.
type Successor struct {
	OrgID urn.ID `json:"org_id" op:"required,id=org" doc:"the organization"`
	UsrID urn.ID `json:"usr_id" op:"required,id=usr" doc:"its next owner"`
}

// Archive ends a principal for good. What would be left without an owner is a
// matter of the layers that know owners: see their guards.
var Archive = op.NewCommand(Ops, op.Spec[ArchiveInput, Principal]{
	Name:    "archive",
	Schema:  2,
	Summary: "End a principal: it can never act again.",
	Doc:     "Only a rollback brings an archived principal back. The last active cluster administrator cannot be archived. Who is the only active owner of a scope or organization that is not archived can be archived only with transfer_to, or successors for its organizations: they become owners in the same step. Memberships of organizations end for good, those of scopes come back with the principal. Objects of an archived principal stay where they are and stay shared.",
	Route:   "POST /v1/principals/{id}/archive",
	Access:  op.Holding[ArchiveInput]("lifecycle_change", op.Administer),
	Faults:  []fault.Code{fault.InvalidTransition, fault.PreconditionFailed, fault.PrincipalInactive, fault.SoleOwner, fault.MembershipNotActive, fault.NotFound, fault.VersionConflict},
	Example: ArchiveInput{ID: "alice", TransferTo: "bob"},
	Result:  in(Archived),
	Undo:    op.Reversible("a rollback of the entry in the trail"),
	Validate: func(in *ArchiveInput) *fault.Fault {
		const detail = "must be another principal"
		if in.TransferTo == in.ID {
			return fault.New(fault.ValidationFailed, "transfer_to %s", detail).At(fault.Item{Pointer: "/transfer_to", Code: "self", Detail: detail})
		}
		for i, s := range in.Successors {
			if s.UsrID == in.ID {
				f := fault.New(fault.ValidationFailed, "usr_id %s", detail).At(fault.Item{Pointer: "/usr_id", Code: "self", Detail: detail})
				_ = op.AtItem(f, "successors", i) // adds to the fault itself
				return f
			}
		}
		return nil
	},
	Versioned: true,
}, func(tx *op.Tx, in ArchiveInput) (Principal, error) {
	return move(tx, in.ID, Archived, Active, Suspended)
})

// move takes a principal from one of some lifecycles to another.
func move(tx *op.Tx, id urn.ID, to string, from ...string) (Principal, error) {
	p, ok := Find(tx, id)
	if !ok {
		return Principal{}, op.NotFound()
	}
	if f := tx.CheckVersion(p.Version, 0); f != nil {
		return Principal{}, f
	}
	if !slices.Contains(from, p.Lifecycle) {
		return Principal{}, fault.New(fault.InvalidTransition, "the principal is %s", p.Lifecycle).With("lifecycle", p.Lifecycle)
	}
	before := *p
	p.become(to, tx.Time())
	if f := before.replaceable(tx, p); f != nil {
		return Principal{}, f
	}
	p.change(tx, "lifecycle_change", before, fault.Member{Name: "lifecycle", Value: to})
	return *p, nil
}

// become gives a principal another lifecycle.
func (p *Principal) become(lifecycle string, at state.Time) {
	if lifecycle == Archived && p.Lifecycle != Archived {
		p.Archivals = append(slices.Clone(p.Archivals), at)
	}
	p.Lifecycle = lifecycle
}

// change writes a changed principal and leaves the trace.
func (p *Principal) change(tx *op.Tx, action string, before Principal, more ...fault.Member) {
	p.write(tx)
	tx.Record(op.Record{Action: action, Entity: op.EntityPrincipal, TargetID: p.ID, Before: &before, After: p, Metadata: more})
}

func (p *Principal) write(tx *op.Tx) {
	p.Version++
	principals.Put(tx.Tx, p)
}

// in is the example in another lifecycle.
func in(lifecycle string) Principal {
	p := Example
	p.Lifecycle, p.Version = lifecycle, 2
	return p
}
