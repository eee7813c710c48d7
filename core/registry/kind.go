package registry

import (
	"slices"

	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/storage/key"
)

// builtIn are the kinds that there always are. Constructs are what people build
// their applications from; a freeze of the registry holds them and nothing
// else, for everything else comes into being by other operations.
var builtIn = []Kind{
	{Name: "model", Construct: true},
	{Name: "field", Construct: true},
	{Name: "relationship", Construct: true},
	{Name: "instance"},
	{Name: "function", Construct: true},
	{Name: "class", Construct: true},
	{Name: "method", Construct: true},
	{Name: "signal", Construct: true},
	{Name: "task", Construct: true},
	{Name: "view", Construct: true},
	{Name: "serializer", Construct: true},
	{Name: "middleware", Construct: true},
	{Name: "principal"},
	{Name: "scope"},
	{Name: "rule"},
	{Name: "environment"},
	{Name: "pipeline"},
	{Name: "stage"},
	{Name: "flow_channel"},
	{Name: "deployment"},
	{Name: "secret"},
	{Name: "secret_ref"},
	{Name: "integration"},
	{Name: "plugin"},
	{Name: "plugin_hook"},
	{Name: "connector"},
	{Name: "marketplace_listing"},
	{Name: "event_subscription"},
	{Name: "webhook_endpoint"},
	{Name: "notification_rule"},
	{Name: "schedule"},
	{Name: "scheduled_action"},
	{Name: "template"},
	{Name: "app_config"},
	{Name: "manifest"},
	{Name: "custom", Construct: true},
}

// Kind is a kind of things that can be registered.
type Kind struct {
	Name        string     `cbor:"1,keyasint" json:"name" doc:"the kind, as it stands in URNs"`
	Description string     `cbor:"2,keyasint,omitempty" json:"description" doc:"what things of the kind are"`
	Custom      bool       `cbor:"3,keyasint" json:"custom" doc:"whether it was defined here; false for the kinds that there always are"`
	DefinedAt   state.Time `cbor:"4,keyasint" json:"defined_at,omitzero" doc:"when it was defined"`
	DefinedBy   urn.ID     `cbor:"5,keyasint" json:"defined_by,omitempty" doc:"who defined it"`
	// Construct says that a frozen registry takes no more entries of the kind.
	Construct bool `cbor:"-" json:"construct" doc:"whether a frozen registry refuses new entries of it"`
}

var kinds = state.NewTable(state.Spec[Kind]{
	Space: key.RegistryCustom,
	Key:   func(k *Kind) key.Key { return state.Key(key.RegistryCustom, k.Name) },
})

// kindOf finds a kind by its name.
func kindOf(v state.View, name string) (Kind, bool) {
	if i := slices.IndexFunc(builtIn, func(k Kind) bool { return k.Name == name }); i >= 0 {
		return builtIn[i], true
	}
	k, ok := kinds.Get(v, state.Key(key.RegistryCustom, name))
	if !ok {
		return Kind{}, false
	}
	return k.shown(), true
}

func (k *Kind) shown() Kind {
	s := *k
	s.Construct = true
	return s
}

// DefineKindInput describes a kind of your own.
type DefineKindInput struct {
	Name        string `json:"name" op:"required,min=1,max=64" doc:"the kind: A-Z a-z 0-9 _ . -"`
	Description string `json:"description,omitempty" op:"max=4096" doc:"what things of the kind are"`
}

// DefineKind makes a kind of its own known. A name that is known already gives
// the kind that it names, unchanged.
var DefineKind = op.NewCommand(Ops, op.Spec[DefineKindInput, Kind]{
	Name:    "define_kind",
	Summary: "Define a kind of your own; one that exists is given back as it is.",
	Route:   "POST /v1/registry/kinds",
	Status:  201,
	Access:  op.Holding[DefineKindInput]("register", op.Administer),
	Faults:  []fault.Code{fault.RegistryFrozen, fault.ValidationFailed},
	Example: DefineKindInput{Name: "dashboard", Description: "What people look at"},
	Result:  exampleKind,
	Undo:    op.Final("a kind that was used in a name stays known"),
	Validate: func(in *DefineKindInput) *fault.Fault {
		return urn.URN{Kind: in.Name, Namespace: "x", Name: "x", Version: 1}.Check()
	},
}, func(tx *op.Tx, in DefineKindInput) (Kind, error) {
	if k, known := kindOf(tx, in.Name); known {
		return k, nil
	}
	if frozen(tx) {
		return Kind{}, refuseFrozen()
	}
	k := &Kind{Name: in.Name, Description: in.Description, Custom: true, DefinedAt: tx.Time(), DefinedBy: tx.Caller.ID}
	kinds.Insert(tx.Tx, k)
	tx.Record(op.Record{Action: "register", Entity: EntityKind, TargetID: urn.ID(k.Name), After: k.shown()})
	return k.shown(), nil
})

// KindsInput asks for the kinds.
type KindsInput struct{ op.Paging }

// Kinds lists the kinds that things can be of: those that there always are,
// then those that were defined, by name.
var Kinds = op.NewQuery(Ops, op.Spec[KindsInput, op.Page[Kind]]{
	Name:    "kinds",
	Summary: "List the kinds of things that can be registered.",
	Route:   "GET /v1/registry/kinds",
	Access:  op.Anyone[KindsInput]("list"),
	Faults:  []fault.Code{fault.InvalidCursor},
	Result:  op.NewPage([]Kind{exampleKind}, ""),
}, func(v *op.View, in KindsInput) (op.Page[Kind], error) {
	var items []Kind
	after := in.Cursor
	i := slices.IndexFunc(builtIn, func(k Kind) bool { return k.Name == after })
	if after == "" || i >= 0 {
		items, after = slices.Clone(builtIn[i+1:]), ""
	}
	r := state.Range{Prefix: state.Key(key.RegistryCustom)}
	if after != "" {
		r.After = state.Key(key.RegistryCustom, after)
	}
	size := in.Size()
	kinds.Scan(v, r).Each(func(k *Kind) bool {
		if len(items) <= size {
			items = append(items, k.shown())
		}
		return len(items) <= size
	})
	if len(items) <= size {
		return op.NewPage(items, ""), nil
	}
	return op.NewPage(items[:size], op.Cursor(items[size-1].Name)), nil
})

var exampleKind = Kind{Name: "dashboard", Description: "What people look at", Custom: true, DefinedAt: 1767225600000000, DefinedBy: "root", Construct: true}
