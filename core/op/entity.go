package op

import (
	"fmt"
	"slices"

	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/urn"
)

// Undo says how a command is taken back, or why it cannot be.
type Undo struct {
	by, final string
}

// Reversible commands are taken back by a rollback of what they left in the
// trail: each entity that they touched has its content of before again. By
// names the way that people would take, best an operation.
func Reversible(by string) Undo { return Undo{by: by} }

// Final commands cannot be taken back; why is shown to people.
func Final(why string) Undo { return Undo{final: why} }

// By is the way that people would take; empty if there is none.
func (u Undo) By() string { return u.by }

// Why says why a command is final; empty if it is not.
func (u Undo) Why() string { return u.final }

// Reversible says whether a rollback takes the command back.
func (u Undo) Reversible() bool { return u.by != "" }

func (u Undo) String() string {
	if u.final != "" {
		return "none: " + u.final
	}
	return u.by
}

// Known is an entity as one view shows it.
type Known struct {
	// Type is the application's own type for objects, else the entity's name.
	Type string
	// ScopeID is the scope that the entity belongs to, if it does.
	ScopeID urn.ID
	// ObjectID is the object that the entity shares, if it shares one.
	ObjectID urn.ID
	// Version counts the changes of the entity; 0 if they are not counted.
	Version uint64
	// Ended says that it was deleted, archived or revoked.
	Ended bool
	// State is all that may be shown of the entity; it encodes to canonical
	// JSON.
	State any
	// Bound is what audit records bind by a digest as the entity's state, where
	// that is not State: rows that State shows a part of, commitments to content
	// instead of the content. Computed anew from what is stored, so that whoever
	// changed that is found out.
	Bound any
	// Content is the part of the state that a rollback brings back: no
	// counters, no times, no ids of rows that a rollback may make anew. Equal
	// contents encode to equal JSON.
	Content any
}

// Traced is the value that audit records have as the entity's state.
func (k *Known) Traced() any {
	if k.Bound != nil {
		return k.Bound
	}
	return k.State
}

// Right is one way to be entitled: a level on a target, or a cluster
// permission.
type Right struct {
	Target     Target
	Level      Level
	Permission Permission
}

// Entity is a kind of thing whose past can be shown and brought back. The layer
// that owns its rows declares it.
type Entity struct {
	// Name is the entity of the audit entries about such things.
	Name string
	// Prefixes are those of the things' ids; principal stands for any form that
	// names a principal. Without any, every text may be an id.
	Prefixes []string
	// Known reads a thing as of a view.
	Known func(v state.View, id urn.ID) (Known, bool)
	// Whole, where it is set, names the thing that a row is one state of, where
	// rows that have ended are never brought back and new ones follow them: its
	// first row. Rollbacks are of the whole, and Content is that of the whole.
	Whole func(v state.View, id urn.ID) urn.ID
	// Reveal, where it is set, leaves of a state what the caller of a query may
	// see who may see the thing.
	Reveal func(v *View, id urn.ID, state any) any
	// Rights says who may see the past of a thing, and who may take back its
	// changes. One of the ways is enough.
	Rights func(v state.View, id urn.ID) (see, revert []Right)
	// Revert gives a thing the content that it has in past; one that is not
	// there in past is ended in the way of its layer. It appends as every change
	// does, removes nothing, and leaves the audit record to the caller. Where
	// the content is already that of past it returns Moot; where the state
	// stands against it, a fault (rollback-conflict, precondition-failed).
	Revert func(tx *Tx, id urn.ID, past state.View) error
}

// ParseID reads the id of such a thing.
func (e *Entity) ParseID(text string) (urn.ID, *fault.Fault) { return parseID(text, e.Prefixes) }

// Moot is the error of Revert when there is nothing to bring back any more,
// with the reason.
type Moot string //nolint:errname // it is an outcome

func (m Moot) Error() string { return string(m) }

// NewEntity declares an entity in the set of its layer.
func NewEntity(set *Set, e Entity) *Entity {
	set.entities = append(set.entities, &e)
	return &e
}

// Entity finds an entity by the name that audit entries have for it.
func (c *Catalog) Entity(name string) (*Entity, bool) {
	for _, e := range c.entities {
		if e.Name == name {
			return e, true
		}
	}
	return nil, false
}

// EntityOf finds the entity that an id belongs to by its form. What has no form
// of its own may be the name of a principal.
func (c *Catalog) EntityOf(id string) (*Entity, bool) {
	var principal *Entity
	for _, e := range c.entities {
		if slices.Contains(e.Prefixes, "principal") {
			principal = e
		} else if len(e.Prefixes) > 0 && urn.IsValid(urn.ID(id), e.Prefixes...) {
			return e, true
		}
	}
	if principal != nil {
		if _, f := principal.ParseID(id); f == nil {
			return principal, true
		}
	}
	return nil, false
}

// Entities lists the entities whose past can be brought back, in the order of
// the layers.
func (c *Catalog) Entities() []*Entity { return append([]*Entity(nil), c.entities...) }

func (c *Catalog) addEntities(s *Set) {
	for _, e := range s.entities {
		if _, known := c.Entity(e.Name); known {
			panic(fmt.Sprintf("op: entity %s is declared twice", e.Name))
		}
		c.entities = append(c.entities, e)
	}
}
