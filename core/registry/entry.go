// Package registry gives everything that exists a permanent name (its URN), a
// kind and an owner of record. Layers call Register in the transaction that
// creates a thing; nothing exists without.
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

// Entry is one registered thing. URN, kind, namespace and name never change.
type Entry struct {
	ID           urn.ID     `cbor:"1,keyasint" json:"id" doc:"the entry"`
	URN          string     `cbor:"2,keyasint" json:"urn" doc:"weir:<kind>:<namespace>:<name>:<version>"`
	Kind         string     `cbor:"3,keyasint" json:"kind" doc:"what kind of thing it is"`
	Namespace    string     `cbor:"4,keyasint" json:"namespace" doc:"where the name is unique"`
	Name         string     `cbor:"5,keyasint" json:"name" doc:"the name within the namespace"`
	Lifecycle    string     `cbor:"6,keyasint" json:"lifecycle" doc:"active, deprecated or archived"`
	RegisteredAt state.Time `cbor:"7,keyasint" json:"registered_at" doc:"when it came into being"`
	RegisteredBy urn.ID     `cbor:"8,keyasint" json:"registered_by" doc:"who made it"`
	EntryVersion uint64     `cbor:"9,keyasint" json:"entry_version" doc:"raised by each change of the entry"`
	TargetEntity string     `cbor:"10,keyasint" json:"target_entity" doc:"the kind of record that the entry names"`
	TargetID     urn.ID     `cbor:"11,keyasint" json:"target_id" doc:"the record that the entry names"`
}

var byURN = &state.Index[Entry]{
	Space: key.RegistryURN,
	Keys: func(e *Entry, add func(key.Key)) {
		add(state.Key(key.RegistryURN, e.URN))
	},
}

var byTarget = &state.Index[Entry]{
	Space: key.RegistryTarget,
	Keys: func(e *Entry, add func(key.Key)) {
		add(state.Key(key.RegistryTarget, e.TargetEntity, string(e.TargetID), e.ID))
	},
}

var entries = state.NewTable(state.Spec[Entry]{
	Space:   key.Registry,
	Key:     func(e *Entry) key.Key { return state.Key(key.Registry, e.ID) },
	Indexes: []*state.Index[Entry]{byURN, byTarget},
})

// Register names a thing that comes into being in this transaction. A URN that
// was ever used is refused.
func Register(tx *op.Tx, name urn.URN, entity string, target urn.ID) (*Entry, *fault.Fault) {
	text := name.String()
	if _, taken := ByURN(tx, text); taken {
		return nil, fault.New(fault.AlreadyExists, "%s was registered before; names are never used twice", text)
	}
	e := &Entry{
		ID: tx.NewID(urn.PrefixRegistry), URN: text, Kind: name.Kind, Namespace: name.Namespace, Name: name.Name,
		Lifecycle: Active, RegisteredAt: tx.Time(), RegisteredBy: tx.Caller.ID, EntryVersion: 1,
		TargetEntity: entity, TargetID: target,
	}
	entries.Insert(tx.Tx, e)
	return e, nil
}

// Active is the lifecycle of an entry in use.
const Active = "active"

// ByURN finds an entry by its URN.
func ByURN(v state.View, text string) (*Entry, bool) {
	rows := byURN.Scan(v, state.Range{Prefix: state.Key(key.RegistryURN, text)})
	defer rows.Close()
	if !rows.Next() {
		return nil, false
	}
	return rows.Row(), true
}

// ByTarget finds the newest entry of a thing.
func ByTarget(v state.View, entity string, target urn.ID) (*Entry, bool) {
	rows := byTarget.Scan(v, state.Range{Prefix: state.Key(key.RegistryTarget, entity, string(target)), Reverse: true})
	defer rows.Close()
	if !rows.Next() {
		return nil, false
	}
	return rows.Row(), true
}
