package objects

import (
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/registry"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/storage/key"
)

// EntityType is the entity of the audit entries about types of objects.
const EntityType = "object_type"

// Type is an application's own type of objects. It is there from its first
// object on, or from when it was first configured, and stays.
type Type struct {
	Name           string     `cbor:"1,keyasint" json:"name" doc:"the type, as objects name it"`
	Description    string     `cbor:"2,keyasint,omitempty" json:"description" doc:"what such objects are, for people"`
	RequireVersion bool       `cbor:"3,keyasint,omitempty" json:"require_version" doc:"whether an update, delete or restore must say which version it was made from"`
	EntryID        urn.ID     `cbor:"4,keyasint" json:"registry_entry_id" doc:"the entry in the registry"`
	CreatedAt      state.Time `cbor:"5,keyasint" json:"created_at" doc:"when the type was first used or configured"`
	CreatedBy      urn.ID     `cbor:"6,keyasint" json:"created_by" doc:"who did"`
	Version        uint64     `cbor:"7,keyasint" json:"version" doc:"raised by each configuration"`
}

var types = state.NewTable(state.Spec[Type]{
	Space: key.ObjectType,
	Key:   func(t *Type) key.Key { return state.Key(key.ObjectType, t.Name) },
})

// FindType reads a type by its name.
func FindType(v state.View, name string) (*Type, bool) {
	return types.Get(v, state.Key(key.ObjectType, name))
}

// enroll finds a type, and makes it when it is named for the first time.
func enroll(tx *op.Tx, name string) (*Type, *fault.Fault) {
	if t, known := FindType(tx, name); known {
		return t, nil
	}
	e, f := registry.Enroll(tx, registry.TypeURN(name), EntityType, urn.ID(name))
	if f != nil {
		return nil, f
	}
	t := &Type{Name: name, EntryID: e.ID, CreatedAt: tx.Time(), CreatedBy: tx.Caller.ID}
	types.Insert(tx.Tx, t)
	return t, nil
}

// maxTypes is of how many types the objects of a principal may be that names
// another: a list of what it owns costs a seek to each.
const maxTypes = 1000

// naming counts the types that one command names first.
type naming struct {
	counted bool
	types   int
}

// refer says whether a new object may be of a type: the registry can end one. A
// deprecated one gives a warning.
func (n *naming) refer(tx *op.Tx, name string) (warning string, f *fault.Fault) {
	t, known := FindType(tx, name)
	if !known {
		if f := n.first(tx); f != nil {
			return "", f
		}
		if t, f = enroll(tx, name); f != nil {
			return "", f
		}
	}
	return registry.Refer(tx, t.EntryID)
}

// first says whether the caller may name one more type that there is not yet.
// What the caller has is looked up once: it costs a seek to each type.
func (n *naming) first(tx *op.Tx) *fault.Fault {
	if !n.counted {
		n.counted, n.types = true, len(typesOf(tx, tx.Caller.ID))
	}
	if n.types >= maxTypes {
		return fault.New(fault.LimitExceeded, "you have objects of %d types, and this would be a new one; use one that there is", maxTypes).
			With("max_types", int64(maxTypes))
	}
	n.types++
	return nil
}

// stated says whether a change names the version that it was made from, where
// the type of the object demands that.
func (h *Header) stated(tx *op.Tx, body uint64) *fault.Fault {
	if body != 0 || tx.Conditional() {
		return nil
	}
	if t, ok := FindType(tx, h.Type); !ok || !t.RequireVersion {
		return nil
	}
	return fault.New(fault.PreconditionRequired,
		"objects of this type are changed only by who says which version was read: send its ETag as If-Match, or the number as version").
		With("type", h.Type).With("current", h.Version)
}

// PastOfTypes is types as things whose past can be shown and brought back.
var PastOfTypes = op.NewEntity(TypeOps, op.Entity{
	Name: EntityType,
	Known: func(v state.View, id urn.ID) (op.Known, bool) {
		t, ok := FindType(v, string(id))
		if !ok {
			return op.Known{}, false
		}
		return op.Known{Type: EntityType, Version: t.Version, State: t, Content: t.settings()}, true
	},
	Rights: func(state.View, urn.ID) (see, revert []op.Right) {
		admin := []op.Right{{Permission: op.Administer}}
		return admin, admin
	},
	Revert: func(tx *op.Tx, id urn.ID, past state.View) error {
		t, ok := FindType(tx, string(id))
		if !ok {
			return op.NotFound()
		}
		was, known := FindType(past, string(id))
		if !known {
			was = &Type{}
		}
		if !t.set(tx, was.settings()) {
			return op.Moot("the type is configured like this already")
		}
		return nil
	},
})

// settings are the part of a type that is configured.
type settings struct {
	Description    string `json:"description"`
	RequireVersion bool   `json:"require_version"`
}

func (t *Type) settings() settings { return settings{t.Description, t.RequireVersion} }

// set configures the type and says whether that changed anything.
func (t *Type) set(tx *op.Tx, s settings) bool {
	if t.settings() == s {
		return false
	}
	t.Description, t.RequireVersion = s.Description, s.RequireVersion
	t.Version++
	types.Put(tx.Tx, t)
	return true
}
