package rules

import (
	"strconv"
	"strings"

	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/storage/key"
)

// ListInput filters rules.
type ListInput struct {
	Type       string `json:"rule_type,omitempty" op:"query,enum=access|sharing|visibility|ownership|constraint|redaction|rate_limit|quota|feature_flag" doc:"only rules of this type"`
	Effect     string `json:"effect,omitempty" op:"query,enum=allow|deny" doc:"only rules with this effect"`
	ActiveOnly *bool  `json:"active_only,omitempty" op:"query" doc:"false shows archived rules too; true when absent"`
	op.Paging
}

// List shows the rules that the caller administers; to administrators of the
// cluster and to auditors all.
var List = op.NewQuery(Ops, op.Spec[ListInput, op.Page[Rule]]{
	Name:    "list",
	Summary: "List the rules that you administer, the greatest priority first.",
	Route:   "GET /v1/rules",
	Access:  op.Anyone[ListInput]("list"),
	Faults:  []fault.Code{fault.InvalidCursor},
	Example: ListInput{Effect: Deny},
	Result:  op.NewPage([]Rule{example}, ""),
	Validate: func(in *ListInput) *fault.Fault {
		_, f := after(in.Cursor)
		return f
	},
}, func(v *op.View, in ListInput) (op.Page[Rule], error) {
	last, f := after(in.Cursor)
	if f != nil {
		return op.Page[Rule]{}, f
	}
	found := byPriority.Scan(v, state.Range{Prefix: state.Key(key.RulePriority), After: last})
	show := func(r *row) (Rule, bool) {
		if !in.wants(r) || !r.seen(v) {
			return Rule{}, false
		}
		return r.shown(), true
	}
	return op.Fill(found, in.Paging, show, func(r *row) op.Cursor {
		return op.Cursor(strconv.FormatInt(r.Body.Priority, 10) + "/" + string(r.ID))
	}), nil
})

func (in *ListInput) wants(r *row) bool {
	return (in.Type == "" || r.Type == in.Type) && (in.Effect == "" || r.Body.Effect == in.Effect) &&
		(r.Lifecycle == Active || (in.ActiveOnly != nil && !*in.ActiveOnly))
}

// after is the key that a cursor of the list names: a priority and a rule.
func after(cursor string) (key.Key, *fault.Fault) {
	if cursor == "" {
		return nil, nil
	}
	text, id, _ := strings.Cut(cursor, "/")
	priority, err := strconv.ParseInt(text, 10, 64)
	if err != nil || priority > maxPriority || priority < -maxPriority || !urn.IsValid(urn.ID(id), urn.PrefixRule) {
		return nil, fault.New(fault.InvalidCursor, "the cursor is not one of this list")
	}
	return state.Key(key.RulePriority, rank(priority), urn.ID(id)), nil
}
