package rules

import (
	"strconv"

	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/storage/key"
)

// VersionsInput names a rule.
type VersionsInput struct {
	ID urn.ID `json:"id" op:"path,id=rul" doc:"the rule"`
	op.Paging
}

// Version is what a rule said from one change to the next.
type Version struct {
	ID         urn.ID     `json:"id" doc:"the version"`
	RuleID     urn.ID     `json:"rule_id" doc:"the rule"`
	Number     uint64     `json:"version" doc:"the number, from 1"`
	Effect     string     `json:"effect" doc:"allow or deny"`
	Priority   int64      `json:"priority" doc:"the order in lists and reports"`
	Conditions op.JSON    `json:"conditions" doc:"what a request must be like"`
	CreatedAt  state.Time `json:"created_at" doc:"when it began to count"`
	CreatedBy  urn.ID     `json:"created_by" doc:"who made it"`
	Reason     string     `json:"change_reason" doc:"why, as that one said"`
}

// Versions lists what a rule said, oldest first.
var Versions = op.NewQuery(Ops, op.Spec[VersionsInput, op.Page[Version]]{
	Name:    "versions",
	Summary: "List the versions of a rule.",
	Route:   "GET /v1/rules/{id}/versions",
	Access:  op.Anyone[VersionsInput]("read"),
	Faults:  []fault.Code{fault.InvalidCursor},
	Example: VersionsInput{ID: exampleID},
	Result: op.NewPage([]Version{{
		ID: "ver_01890a5d0c1e7000a00000000000000a", RuleID: exampleID, Number: 1, Effect: Deny, Conditions: example.Conditions,
		CreatedAt: exampleTime, CreatedBy: "root", Reason: "created",
	}}, ""),
	Validate: func(in *VersionsInput) *fault.Fault {
		if _, err := strconv.ParseUint(in.Cursor, 10, 64); in.Cursor != "" && err != nil {
			return fault.New(fault.InvalidCursor, "the cursor is not one of this list")
		}
		return nil
	},
}, func(v *op.View, in VersionsInput) (op.Page[Version], error) {
	r, err := legible(v, in.ID)
	if err != nil {
		return op.Page[Version]{}, err
	}
	within := state.Range{Prefix: state.Key(key.RuleVersion, r.ID)}
	if n, err := strconv.ParseUint(in.Cursor, 10, 64); err == nil {
		within.After = state.Key(key.RuleVersion, r.ID, n)
	}
	found := versions.Scan(v, within)
	defer found.Close()
	var items []Version
	for found.Next() {
		x := found.Row()
		items = append(items, Version{
			ID: x.ID, RuleID: x.RuleID, Number: x.Number, Effect: x.Body.Effect, Priority: x.Body.Priority,
			Conditions: x.Body.conditions(), CreatedAt: x.CreatedAt, CreatedBy: x.CreatedBy, Reason: x.Reason,
		})
		if len(items) == in.Size() {
			return op.NewPage(items, op.Cursor(strconv.FormatUint(x.Number, 10))), nil
		}
	}
	return op.NewPage(items, ""), nil
})
