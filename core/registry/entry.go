// Package registry gives everything that exists a permanent name (its URN), a
// kind, an owner of record and a lifecycle. Layers call Register or Enroll in
// the transaction that creates a thing; nothing exists without.
package registry

import (
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/storage/key"
)

// Ops are the operations of the registry.
var Ops = &op.Set{Noun: "registry", Doc: "The registry names everything that exists by a URN that is never freed."}

// The lifecycles of an entry.
const (
	// Draft entries may not be referred to yet.
	Draft  = "draft"
	Active = "active"
	// Deprecated entries may be referred to, with a warning.
	Deprecated = "deprecated"
	// Archived entries take no new reference and are left out of lists. Only a
	// rollback brings them back.
	Archived = "archived"
)

// Entry is one registered thing. URN and target never change, and the URN is
// never another entry's.
type Entry struct {
	ID           urn.ID     `cbor:"1,keyasint" json:"id" doc:"the entry"`
	URN          string     `cbor:"2,keyasint" json:"urn" doc:"weir:<kind>:<namespace>:<name>:<version>"`
	Kind         string     `cbor:"3,keyasint" json:"kind" doc:"what kind of thing it is"`
	Namespace    string     `cbor:"4,keyasint" json:"namespace" doc:"where the name is unique"`
	Name         string     `cbor:"5,keyasint" json:"name" doc:"the name within the namespace"`
	Version      uint64     `cbor:"12,keyasint" json:"version" doc:"the version in the URN"`
	Lifecycle    string     `cbor:"6,keyasint" json:"lifecycle" doc:"draft, active, deprecated or archived"`
	RegisteredAt state.Time `cbor:"7,keyasint" json:"registered_at" doc:"when it came into being"`
	RegisteredBy urn.ID     `cbor:"8,keyasint" json:"registered_by" doc:"who made it"`
	EntryVersion uint64     `cbor:"9,keyasint" json:"entry_version" doc:"raised by each change of the entry"`
	TargetEntity string     `cbor:"10,keyasint,omitempty" json:"target_entity,omitempty" doc:"the kind of record that the entry names, if it names one"`
	TargetID     urn.ID     `cbor:"11,keyasint,omitempty" json:"target_id,omitempty" doc:"the record that the entry names"`
	PreviousID   urn.ID     `cbor:"13,keyasint,omitempty" json:"previous_entry_id,omitempty" doc:"the entry of the version before, which this one supersedes"`
	Metadata     op.JSON    `cbor:"14,keyasint,omitempty" json:"metadata" doc:"facts of your own"`
	Tags         []string   `cbor:"15,keyasint,omitempty" json:"tags" doc:"words to find it by, sorted"`
	// Revision moves the entry to the end of the list of changes.
	Revision uint64 `cbor:"16,keyasint" json:"revision" doc:"the revision of its last change"`
}

// ETagVersion is the version that the reply's ETag names.
func (e Entry) ETagVersion() uint64 { return e.EntryVersion }

// urn is the name in parts.
func (e *Entry) urn() urn.URN {
	return urn.URN{Kind: e.Kind, Namespace: e.Namespace, Name: e.Name, Version: int(e.Version)}
}

func (e *Entry) shown() Entry {
	s := *e
	if len(s.Metadata) == 0 {
		s.Metadata = op.JSON("{}")
	}
	if s.Tags == nil {
		s.Tags = []string{}
	}
	return s
}

// The ways to an entry. What is archived leaves those by which people look for
// what is in use; what is simply active needs no way by its lifecycle.
var (
	byURN = &state.Index[Entry]{Space: key.RegistryURN, Keys: func(e *Entry, add func(key.Key)) {
		add(state.Key(key.RegistryURN, e.Kind, e.Namespace, e.Name, e.Version))
	}}
	byTarget = &state.Index[Entry]{Space: key.RegistryTarget, Keys: func(e *Entry, add func(key.Key)) {
		if e.TargetEntity != "" {
			add(state.Key(key.RegistryTarget, e.TargetEntity, string(e.TargetID), e.ID))
		}
	}}
	byKind = &state.Index[Entry]{Space: key.RegistryKind, Keys: func(e *Entry, add func(key.Key)) {
		if e.Lifecycle != Archived {
			add(state.Key(key.RegistryKind, e.Kind, e.ID))
		}
	}}
	byNamespace = &state.Index[Entry]{Space: key.RegistryNamespace, Keys: func(e *Entry, add func(key.Key)) {
		if e.Lifecycle != Archived {
			add(state.Key(key.RegistryNamespace, e.Namespace, e.ID))
		}
	}}
	byTag = &state.Index[Entry]{Space: key.RegistryTag, Keys: func(e *Entry, add func(key.Key)) {
		for _, tag := range e.Tags {
			if e.Lifecycle != Archived {
				add(state.Key(key.RegistryTag, tag, e.ID))
			}
		}
	}}
	byLifecycle = &state.Index[Entry]{Space: key.RegistryLifecycle, Keys: func(e *Entry, add func(key.Key)) {
		if e.Lifecycle != Active {
			add(state.Key(key.RegistryLifecycle, e.Lifecycle, e.ID))
		}
	}}
	byChange = &state.Index[Entry]{Space: key.RegistryChange, Keys: func(e *Entry, add func(key.Key)) {
		add(state.Key(key.RegistryChange, e.Revision, e.ID))
	}}
)

var entries = state.NewTable(state.Spec[Entry]{
	Space:   key.Registry,
	Key:     func(e *Entry) key.Key { return state.Key(key.Registry, e.ID) },
	Indexes: []*state.Index[Entry]{byURN, byTarget, byKind, byNamespace, byTag, byLifecycle, byChange},
})

// Find reads an entry.
func Find(v state.View, id urn.ID) (*Entry, bool) {
	if !urn.IsValid(id, urn.PrefixRegistry) {
		return nil, false
	}
	return entries.Get(v, state.Key(key.Registry, id))
}

// ByURN finds an entry by its URN.
func ByURN(v state.View, name urn.URN) (*Entry, bool) {
	return first(byURN.Scan(v, state.Range{Prefix: state.Key(key.RegistryURN, name.Kind, name.Namespace, name.Name, uint64(name.Version))}))
}

// Newest finds the entry with the highest version of a name.
func Newest(v state.View, kind, namespace, name string) (*Entry, bool) {
	return first(byURN.Scan(v, state.Range{Prefix: state.Key(key.RegistryURN, kind, namespace, name), Reverse: true}))
}

// ByTarget finds the newest entry of a thing.
func ByTarget(v state.View, entity string, target urn.ID) (*Entry, bool) {
	return first(byTarget.Scan(v, state.Range{Prefix: state.Key(key.RegistryTarget, entity, string(target)), Reverse: true}))
}

func first(rows *state.Rows[Entry]) (*Entry, bool) {
	defer rows.Close()
	if !rows.Next() {
		return nil, false
	}
	return rows.Row(), true
}

// insert registers an entry that says kind, namespace, name and version. A name
// that was ever used is refused, and so is a version that is not higher than
// those before it.
func insert(tx *op.Tx, e *Entry) *fault.Fault {
	if f := e.urn().Check(); f != nil {
		return f
	}
	if before, used := Newest(tx, e.Kind, e.Namespace, e.Name); used {
		if e.Version <= before.Version {
			return fault.New(fault.AlreadyRegistered, "%s was registered before; names are never used twice", before.URN).With("urn", before.URN)
		}
		e.PreviousID = before.ID
	}
	if e.Lifecycle == "" {
		e.Lifecycle = Active
	}
	e.ID, e.URN = tx.NewID(urn.PrefixRegistry), e.urn().String()
	e.RegisteredAt, e.RegisteredBy, e.EntryVersion, e.Revision = tx.Time(), tx.Caller.ID, 1, tx.Revision()
	entries.Insert(tx.Tx, e)
	return nil
}

// put writes a changed entry as its next version.
func (e *Entry) put(tx *op.Tx) {
	e.EntryVersion++
	e.Revision = tx.Revision()
	entries.Put(tx.Tx, e)
}

// change writes a changed entry and leaves the trace.
func (e *Entry) change(tx *op.Tx, action string, before Entry) {
	e.put(tx)
	tx.Record(op.Record{Action: action, Entity: EntityEntry, TargetID: e.ID, Before: before.shown(), After: e.shown()})
}

const exampleID urn.ID = "reg_01890a5d0c1e7000a000000000000001"

var example = Entry{
	ID: exampleID, URN: "weir:model:app:invoice:1", Kind: "model", Namespace: "app", Name: "invoice", Version: 1, Lifecycle: Active,
	RegisteredAt: 1767225600000000, RegisteredBy: "root", EntryVersion: 1, Metadata: op.JSON(`{"team":"billing"}`), Tags: []string{"money"}, Revision: 7,
}
