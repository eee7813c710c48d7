package registry

import (
	"maps"
	"slices"

	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/storage/key"
)

// The bounds of one report: entries that it looks at, and names that it lists.
const (
	reportScan  = 20000
	reportNames = 100
)

// IntrospectInput asks for a report.
type IntrospectInput struct {
	Cursor string `json:"cursor,omitempty" op:"query" doc:"next_cursor of the report before, in a large registry"`
}

// Report says what the registry holds and where it disagrees with what exists.
type Report struct {
	Frozen      bool    `json:"frozen" doc:"whether new constructs and kinds are refused"`
	Entries     uint64  `json:"entries" doc:"how many entries the report covers"`
	ByKind      []Count `json:"by_kind" doc:"entries by kind"`
	ByNamespace []Count `json:"by_namespace" doc:"entries by namespace"`
	ByLifecycle []Count `json:"by_lifecycle" doc:"entries by lifecycle"`
	// Duplicates cannot come about by any operation; that there are none is
	// checked, not assumed.
	Duplicates []string  `json:"duplicates" doc:"URNs that do not lead to their one entry; at most 100"`
	Orphans    []string  `json:"orphans" doc:"URNs of entries that are not archived and whose thing is not there; at most 100"`
	Named      uint64    `json:"named" doc:"entries that name a thing stored here"`
	Covered    uint64    `json:"covered" doc:"those of them whose thing is there"`
	Coverage   uint64    `json:"coverage_percent" doc:"covered of named, in whole percent; 100 when there is nothing to cover"`
	NextCursor op.Cursor `json:"next_cursor" doc:"where to go on when the registry is larger than one report covers; add the counts up"`
}

// Signed gives the report with its cursor as the edge shows it.
func (r Report) Signed(sign func(op.Cursor) op.Cursor) any {
	if r.NextCursor != "" {
		r.NextCursor = sign(r.NextCursor)
	}
	return r
}

// Count is how many entries have something in common.
type Count struct {
	Name  string `json:"name" doc:"what they have in common"`
	Count uint64 `json:"count" doc:"how many they are"`
}

// Introspect compares the registry with what exists.
var Introspect = op.NewQuery(Ops, op.Spec[IntrospectInput, Report]{
	Name:    "introspect",
	Summary: "Count what is registered, and find names that lead nowhere.",
	Route:   "GET /v1/registry/introspection",
	Access:  op.Holding[IntrospectInput]("read", op.ReadAudit),
	Faults:  []fault.Code{fault.InvalidCursor},
	Result: Report{
		Entries: 1, ByKind: []Count{{"model", 1}}, ByNamespace: []Count{{"app", 1}}, ByLifecycle: []Count{{Active, 1}},
		Duplicates: []string{}, Orphans: []string{}, Coverage: 100,
	},
	Validate: func(in *IntrospectInput) *fault.Fault {
		if in.Cursor != "" && !urn.IsValid(urn.ID(in.Cursor), urn.PrefixRegistry) {
			return badCursor()
		}
		return nil
	},
}, func(v *op.View, in IntrospectInput) (Report, error) {
	r := Report{Frozen: frozen(v), Duplicates: []string{}, Orphans: []string{}, Coverage: 100}
	walk := (&QueryInput{Paging: op.Paging{Cursor: in.Cursor}}).after(key.Registry)
	kinds, namespaces, lifecycles := map[string]uint64{}, map[string]uint64{}, map[string]uint64{}
	entries.Scan(v, walk).Each(func(e *Entry) bool {
		if r.Entries == reportScan {
			return false
		}
		r.Entries++
		kinds[e.Kind]++
		namespaces[e.Namespace]++
		lifecycles[e.Lifecycle]++
		r.examine(v, e)
		r.NextCursor = op.Cursor(e.ID)
		return true
	})
	if r.Entries < reportScan {
		r.NextCursor = ""
	}
	r.ByKind, r.ByNamespace, r.ByLifecycle = counts(kinds), counts(namespaces), counts(lifecycles)
	if r.Named > 0 {
		r.Coverage = r.Covered * 100 / r.Named
	}
	return r, nil
})

func (r *Report) examine(v *op.View, e *Entry) {
	if one, ok := ByURN(v, e.urn()); (!ok || one.ID != e.ID) && len(r.Duplicates) < reportNames {
		r.Duplicates = append(r.Duplicates, e.URN)
	}
	kind, known := v.Catalog.Entity(e.TargetEntity)
	if !known {
		return
	}
	r.Named++
	if _, there := kind.Known(v, e.TargetID); there {
		r.Covered++
	} else if e.Lifecycle != Archived && len(r.Orphans) < reportNames {
		r.Orphans = append(r.Orphans, e.URN)
	}
}

func counts(m map[string]uint64) []Count {
	list := make([]Count, 0, len(m))
	for _, name := range slices.Sorted(maps.Keys(m)) {
		list = append(list, Count{name, m[name]})
	}
	return list
}
