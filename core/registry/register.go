package registry

import (
	"slices"
	"strings"
	"unicode"

	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/urn"
)

// RegisterInput is a new name.
type RegisterInput struct {
	Kind         string   `json:"kind" op:"required,min=1,max=64" doc:"what kind of thing it is: a built-in kind, or one of your own"`
	Namespace    string   `json:"namespace" op:"required,min=1,max=128" doc:"where the name is unique: A-Z a-z 0-9 _ . -"`
	Name         string   `json:"name" op:"required,min=1,max=256" doc:"the name; it may have colons"`
	Version      uint64   `json:"version,omitempty" op:"max=2147483647" doc:"1 when absent; a name that is known needs a higher one than it has"`
	Lifecycle    string   `json:"lifecycle,omitempty" op:"enum=draft|active|deprecated|archived" doc:"active when absent; a draft may not be referred to yet"`
	Metadata     op.JSON  `json:"metadata,omitempty" op:"max=16KiB" doc:"facts of your own, a JSON object"`
	Tags         []string `json:"tags,omitempty" op:"max=32" doc:"words to find it by, each of 1 to 64 characters"`
	TargetEntity string   `json:"target_entity,omitempty" op:"max=64" doc:"the kind of record that the name is for; give target_id too"`
	TargetID     urn.ID   `json:"target_id,omitempty" op:"max=128" doc:"the record that the name is for"`
}

// RegisterEntry gives a name to something.
var RegisterEntry = op.NewCommand(Ops, op.Spec[RegisterInput, Entry]{
	Name:    "register",
	Summary: "Register a name for a thing; it is never free again.",
	Route:   "POST /v1/registry/entries",
	Status:  201,
	Access:  op.Holding[RegisterInput]("register", op.Administer),
	Faults:  []fault.Code{fault.AlreadyRegistered, fault.RegistryFrozen, fault.NotFound, fault.ValidationFailed},
	Example: RegisterInput{Kind: "model", Namespace: "app", Name: "invoice", Version: 1, Metadata: op.JSON(`{"team":"billing"}`), Tags: []string{"money"}},
	Result:  example,
	Undo:    op.Reversible("registry.archive"),
	Validate: func(in *RegisterInput) *fault.Fault {
		in.Version = max(in.Version, 1)
		if (in.TargetEntity == "") != (in.TargetID == "") {
			return oneTarget()
		}
		if f := checkTags(in.Tags); f != nil {
			return f
		}
		return urn.URN{Kind: in.Kind, Namespace: in.Namespace, Name: in.Name, Version: int(in.Version)}.Check()
	},
}, func(tx *op.Tx, in RegisterInput) (Entry, error) {
	k, known := kindOf(tx, in.Kind)
	switch {
	case !known:
		return Entry{}, fault.New(fault.NotFound, "there is no kind %s; define it first", in.Kind)
	case k.Construct && frozen(tx):
		return Entry{}, refuseFrozen()
	case in.TargetEntity != "" && !exists(tx, in.TargetEntity, in.TargetID):
		return Entry{}, fault.New(fault.NotFound, "there is nothing that target_entity and target_id name")
	}
	e := &Entry{
		Kind: in.Kind, Namespace: in.Namespace, Name: in.Name, Version: in.Version, Lifecycle: in.Lifecycle,
		TargetEntity: in.TargetEntity, TargetID: in.TargetID, Metadata: in.Metadata, Tags: sorted(in.Tags),
	}
	if f := insert(tx, e); f != nil {
		return Entry{}, f
	}
	tx.Record(op.Record{Action: "register", Entity: EntityEntry, TargetID: e.ID, After: e.shown()})
	return e.shown(), nil
})

// exists asks the layer that owns such things.
func exists(tx *op.Tx, entity string, id urn.ID) bool {
	kind, known := tx.Catalog.Entity(entity)
	if !known {
		return false
	}
	_, there := kind.Known(tx, id)
	return there
}

func oneTarget() *fault.Fault {
	detail := "target_entity and target_id are given together"
	return fault.New(fault.ValidationFailed, "%s", detail).At(fault.Item{Pointer: "/target_id", Code: "incomplete", Detail: detail})
}

// maxTag bounds a tag, in characters.
const maxTag = 64

func checkTags(tags []string) *fault.Fault {
	for _, t := range tags {
		if n := len([]rune(t)); n == 0 || n > maxTag || strings.ContainsFunc(t, unicode.IsControl) {
			detail := "a tag has 1 to 64 characters, none of them a control character"
			return fault.New(fault.ValidationFailed, "%s", detail).At(fault.Item{Pointer: "/tags", Code: "bad-tag", Detail: detail})
		}
	}
	return nil
}

func sorted(tags []string) []string {
	return slices.Compact(slices.Sorted(slices.Values(tags)))
}
