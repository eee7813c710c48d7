package registry

import (
	"bytes"
	"slices"

	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/urn"
)

// EntryInput names an entry.
type EntryInput struct {
	ID urn.ID `json:"id" op:"path,id=reg" doc:"the entry"`
}

// own finds an entry that the caller may change: administrators of the cluster
// any, its registrant one that is not of a type of objects.
func own(tx *op.Tx, action string, id urn.ID) (*Entry, error) {
	e, ok := Find(tx, id)
	if !ok {
		return nil, op.NotFound()
	}
	if tx.Caller.Holds(op.Administer) || e.RegisteredBy == tx.Caller.ID && !e.namesType() {
		return e, nil
	}
	d := op.Decision{Visible: sees(tx.View(), e)}
	return nil, &op.Refused{Fault: d.Refusal(op.Write), Action: action, Target: op.Target{Entity: EntityEntry, ID: id}, Decision: d}
}

// UpdateInput names an entry and what shall change; what is absent stays.
type UpdateInput struct {
	ID           urn.ID    `json:"id" op:"path,id=reg" doc:"the entry"`
	Metadata     op.JSON   `json:"metadata,omitempty" op:"max=16KiB" doc:"members to set; null takes one away, what is not named stays"`
	Tags         *[]string `json:"tags,omitempty" op:"max=32" doc:"all words to find it by from now on; what is absent stays"`
	EntryVersion uint64    `json:"entry_version,omitempty" doc:"the entry_version that was read; not checked when absent"`
}

// Update changes what an entry says about its thing.
var Update = op.NewCommand(Ops, op.Spec[UpdateInput, Entry]{
	Name:      "update",
	Summary:   "Change the metadata or tags of an entry.",
	Route:     "PATCH /v1/registry/entries/{id}",
	Access:    op.Anyone[UpdateInput]("update"),
	Faults:    []fault.Code{fault.NotFound, fault.PermissionDenied, fault.VersionConflict, fault.ValidationFailed, fault.PayloadTooLarge},
	Example:   UpdateInput{ID: exampleID, Metadata: op.JSON(`{"team":"billing"}`)},
	Result:    example,
	Undo:      op.Reversible("registry.update with the values before"),
	Versioned: true,
	Validate: func(in *UpdateInput) *fault.Fault {
		if in.Tags == nil {
			return nil
		}
		return checkTags(*in.Tags)
	},
}, func(tx *op.Tx, in UpdateInput) (Entry, error) {
	e, err := own(tx, "update", in.ID)
	if err != nil {
		return Entry{}, err
	}
	if f := tx.CheckVersion(e.EntryVersion, in.EntryVersion); f != nil {
		return Entry{}, f
	}
	before := *e
	merged, f := op.Merge(e.Metadata, in.Metadata)
	if f != nil {
		return Entry{}, f
	}
	e.Metadata = merged
	if in.Tags != nil {
		e.Tags = sorted(*in.Tags)
	}
	if !bytes.Equal(e.Metadata, before.Metadata) || !slices.Equal(e.Tags, before.Tags) {
		e.change(tx, "update", before)
	}
	return e.shown(), nil
})

// transitions says which lifecycle may follow which.
var transitions = []struct{ from, to string }{
	{Draft, Active},
	{Draft, Archived},
	{Active, Deprecated},
	{Active, Archived},
	{Deprecated, Active},
	{Deprecated, Archived},
}

// TransitionInput names an entry and its next lifecycle.
type TransitionInput struct {
	ID        urn.ID `json:"id" op:"path,id=reg" doc:"the entry"`
	Lifecycle string `json:"lifecycle" op:"required,enum=active|deprecated|archived" doc:"what it shall be"`
}

// Transition moves an entry to another lifecycle.
var Transition = op.NewCommand(Ops, op.Spec[TransitionInput, Entry]{
	Name:      "transition",
	Summary:   "Move an entry from draft to active, to deprecated and back, or to archived.",
	Route:     "POST /v1/registry/entries/{id}/transition",
	Access:    op.Anyone[TransitionInput]("lifecycle_change"),
	Faults:    []fault.Code{fault.NotFound, fault.PermissionDenied, fault.InvalidTransition, fault.VersionConflict},
	Example:   TransitionInput{ID: exampleID, Lifecycle: Deprecated},
	Result:    moved(Deprecated),
	Undo:      op.Reversible("a rollback of the entry in the trail"),
	Versioned: true,
}, func(tx *op.Tx, in TransitionInput) (Entry, error) {
	return move(tx, "lifecycle_change", in.ID, in.Lifecycle)
})

// Archive ends the use of a name. The name stays taken.
var Archive = op.NewCommand(Ops, op.Spec[EntryInput, Entry]{
	Name:      "archive",
	Summary:   "Archive an entry: nothing new may refer to it, and its name is not free again.",
	Route:     "POST /v1/registry/entries/{id}/archive",
	Access:    op.Anyone[EntryInput]("unregister"),
	Faults:    []fault.Code{fault.NotFound, fault.PermissionDenied, fault.InvalidTransition, fault.VersionConflict},
	Example:   EntryInput{ID: exampleID},
	Result:    moved(Archived),
	Undo:      op.Reversible("a rollback of the entry in the trail"),
	Versioned: true,
}, func(tx *op.Tx, in EntryInput) (Entry, error) { return move(tx, "unregister", in.ID, Archived) })

func move(tx *op.Tx, action string, id urn.ID, to string) (Entry, error) {
	e, err := own(tx, action, id)
	if err != nil {
		return Entry{}, err
	}
	if f := tx.CheckVersion(e.EntryVersion, 0); f != nil {
		return Entry{}, f
	}
	if !slices.Contains(transitions, struct{ from, to string }{e.Lifecycle, to}) {
		return Entry{}, fault.New(fault.InvalidTransition, "an entry that is %s cannot become %s", e.Lifecycle, to).
			With("lifecycle", e.Lifecycle).With("to", to)
	}
	before := *e
	e.Lifecycle = to
	e.change(tx, action, before)
	return e.shown(), nil
}

func moved(to string) Entry {
	e := example
	e.Lifecycle, e.EntryVersion = to, 2
	return e
}
