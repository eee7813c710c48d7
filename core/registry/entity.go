package registry

import (
	"strings"

	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/urn"
)

// The entities of the registry that the audit trail names.
const (
	EntityEntry = "registry_entry"
	EntityKind  = "registry_kind"
	// EntityRegistry is the registry as a whole; its id is the same word.
	EntityRegistry = "registry"
)

// What of this layer has a past that can be shown and brought back. A kind has
// none: it is defined once and never changed.
var (
	_ = op.NewEntity(Ops, op.Entity{Name: EntityEntry, Prefixes: []string{urn.PrefixRegistry}, Known: knownEntry, Rights: entryRights, Revert: revertEntry})
	_ = op.NewEntity(Ops, op.Entity{Name: EntityRegistry, Known: knownStatus, Rights: statusRights, Revert: revertStatus})
)

// entryContent is what of an entry a rollback brings back.
type entryContent struct {
	Lifecycle string `json:"lifecycle"`
	Metadata  string `json:"metadata"`
	Tags      string `json:"tags"`
}

func (e *Entry) content() entryContent {
	s := e.shown()
	// Tags have no control characters.
	return entryContent{Lifecycle: s.Lifecycle, Metadata: string(s.Metadata), Tags: strings.Join(s.Tags, "\n")}
}

func knownEntry(v state.View, id urn.ID) (op.Known, bool) {
	e, ok := Find(v, id)
	if !ok {
		return op.Known{}, false
	}
	return op.Known{Type: EntityEntry, Version: e.EntryVersion, Ended: e.Lifecycle == Archived, State: e.shown(), Content: e.content()}, true
}

func entryRights(v state.View, id urn.ID) (see, revert []op.Right) {
	e, ok := Find(v, id)
	if !ok {
		return nil, nil
	}
	registrant := op.Right{Target: op.Principal(e.RegisteredBy), Level: op.Own}
	revert = []op.Right{{Permission: op.Administer}}
	see = []op.Right{{Permission: op.ReadAudit}, {Permission: op.Administer}, registrant}
	if !e.namesType() {
		revert = append(revert, registrant)
	}
	if e.TargetEntity != "" {
		see = append(see, op.Right{Target: op.Target{Entity: e.TargetEntity, ID: e.TargetID}, Level: op.Read})
	}
	return see, revert
}

func revertEntry(tx *op.Tx, id urn.ID, past state.View) error {
	e, ok := Find(tx, id)
	if !ok {
		return op.NotFound()
	}
	was, had := Find(past, id)
	switch {
	case !had && e.Lifecycle == Archived, had && e.content() == was.content():
		return op.Moot("the entry is as it was")
	case !had:
		e.Lifecycle = Archived
	default:
		e.Lifecycle, e.Metadata, e.Tags = was.Lifecycle, was.Metadata, was.Tags
	}
	e.put(tx)
	return nil
}

func knownStatus(v state.View, id urn.ID) (op.Known, bool) {
	s := status(v)
	content := struct {
		Frozen bool `json:"frozen"`
	}{s.Frozen}
	return op.Known{Type: EntityRegistry, Version: s.Version, State: s, Content: content}, id == EntityRegistry
}

func statusRights(state.View, urn.ID) (see, revert []op.Right) {
	admin := op.Right{Permission: op.Administer}
	return []op.Right{admin, {Permission: op.ReadAudit}}, []op.Right{admin}
}

func revertStatus(tx *op.Tx, _ urn.ID, past state.View) error {
	is, was := status(tx), status(past)
	if is.Frozen == was.Frozen {
		return op.Moot("the registry is as it was")
	}
	is.to(tx, was.Frozen)
	return nil
}
