package registry

import (
	"strconv"
	"strings"

	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/storage/key"
)

// QueryInput filters entries; all filters that are given must fit.
type QueryInput struct {
	Kind         string `json:"kind,omitempty" op:"query,max=64" doc:"only this kind"`
	Namespace    string `json:"namespace,omitempty" op:"query,max=128" doc:"only this namespace"`
	Tag          string `json:"tag,omitempty" op:"query,max=64" doc:"only entries with this tag"`
	Lifecycle    string `json:"lifecycle,omitempty" op:"query,enum=draft|active|deprecated|archived" doc:"only this lifecycle; all but archived when absent"`
	TargetEntity string `json:"target_entity,omitempty" op:"query,max=64" doc:"only what names this record; give target_id too"`
	TargetID     urn.ID `json:"target_id,omitempty" op:"query,max=128" doc:"only what names this record"`
	op.Paging
}

// Query lists entries, in the order in which they were registered.
var Query = op.NewQuery(Ops, op.Spec[QueryInput, op.Page[Entry]]{
	Name:    "query",
	Summary: "List the entries of the registry that you can see.",
	Doc:     "You see the entries of things that you can see, those that you registered, and those that name nothing stored here; cluster administrators and holders of audit.read see all.",
	Route:   "GET /v1/registry/entries",
	Access:  op.Anyone[QueryInput]("list"),
	Faults:  []fault.Code{fault.InvalidCursor, fault.ValidationFailed},
	Example: QueryInput{Kind: "model", Tag: "money"},
	Result:  op.NewPage([]Entry{example}, ""),
	Validate: func(in *QueryInput) *fault.Fault {
		switch {
		case in.Cursor != "" && !urn.IsValid(urn.ID(in.Cursor), urn.PrefixRegistry):
			return badCursor()
		case (in.TargetEntity == "") != (in.TargetID == ""):
			return oneTarget()
		}
		return nil
	},
}, func(v *op.View, in QueryInput) (op.Page[Entry], error) {
	show := func(e *Entry) (Entry, bool) {
		s, ok := visible(v, e, in.wants(e))
		if !ok {
			return Entry{}, false
		}
		return *s, true
	}
	return op.Fill(in.walk(v), in.Paging, show, func(e *Entry) op.Cursor { return op.Cursor(e.ID) }), nil
})

// walk takes the way that the fewest entries lie on, as a rule. All ways end
// with the id, so that one cursor fits each.
func (in *QueryInput) walk(v state.View) *state.Rows[Entry] {
	along := func(x *state.Index[Entry], parts ...any) *state.Rows[Entry] {
		return x.Scan(v, in.after(x.Space, parts...))
	}
	switch {
	case in.TargetID != "":
		return along(byTarget, in.TargetEntity, string(in.TargetID))
	case in.Lifecycle != "" && in.Lifecycle != Active:
		return along(byLifecycle, in.Lifecycle)
	case in.Tag != "":
		return along(byTag, in.Tag)
	case in.Namespace != "":
		return along(byNamespace, in.Namespace)
	case in.Kind != "":
		return along(byKind, in.Kind)
	}
	return entries.Scan(v, in.after(key.Registry))
}

func (in *QueryInput) after(space key.Space, parts ...any) state.Range {
	r := state.Range{Prefix: state.Key(space, parts...)}
	if in.Cursor != "" {
		r.After = state.Key(space, append(parts, urn.ID(in.Cursor))...)
	}
	return r
}

func (in *QueryInput) wants(e *Entry) bool {
	for _, f := range [...]struct{ want, have string }{
		{in.Kind, e.Kind},
		{in.Namespace, e.Namespace},
		{in.Lifecycle, e.Lifecycle},
		{in.TargetEntity, e.TargetEntity},
		{string(in.TargetID), string(e.TargetID)},
	} {
		if f.want != "" && f.want != f.have {
			return false
		}
	}
	tagged := in.Tag == ""
	for _, t := range e.Tags {
		tagged = tagged || t == in.Tag
	}
	return tagged && (in.Lifecycle != "" || e.Lifecycle != Archived)
}

// ChangesInput asks for what changed after a revision.
type ChangesInput struct {
	Since uint64 `json:"since_revision,omitempty" op:"query" doc:"only entries that were registered or changed after this revision"`
	op.Paging
}

// Changes lists entries in the order of their last change. Who asks again and
// again, each time with the revision of the last entry that he got, follows the
// registry: each entry comes at least once after its last change.
var Changes = op.NewQuery(Ops, op.Spec[ChangesInput, op.Page[Entry]]{
	Name:     "changes",
	Summary:  "List what was registered or changed after a revision, in that order.",
	Route:    "GET /v1/registry/changes",
	Access:   op.Holding[ChangesInput]("list", op.Administer),
	Faults:   []fault.Code{fault.InvalidCursor},
	Example:  ChangesInput{Since: 41},
	Result:   op.NewPage([]Entry{example}, ""),
	Validate: func(in *ChangesInput) *fault.Fault { _, _, f := in.place(); return f },
}, func(v *op.View, in ChangesInput) (op.Page[Entry], error) {
	revision, id, f := in.place()
	if f != nil {
		return op.Page[Entry]{}, f
	}
	r := state.Range{Prefix: state.Key(key.RegistryChange)}
	if id != "" {
		r.After = state.Key(key.RegistryChange, revision, id)
	} else {
		r.After = state.Key(key.RegistryChange, revision+1)
	}
	rows := byChange.Scan(v, r)
	defer rows.Close()
	var items []Entry
	for rows.Next() {
		e := rows.Row()
		items = append(items, e.shown())
		if len(items) == in.Size() {
			return op.NewPage(items, op.Cursor(strconv.FormatUint(e.Revision, 10)+"."+string(e.ID))), nil
		}
	}
	return op.NewPage(items, ""), nil
})

// place is where the page begins: after an entry, or after all of a revision.
func (in *ChangesInput) place() (revision uint64, id urn.ID, f *fault.Fault) {
	if in.Cursor == "" {
		return in.Since, "", nil
	}
	number, rest, _ := strings.Cut(in.Cursor, ".")
	revision, err := strconv.ParseUint(number, 10, 64)
	if err != nil || !urn.IsValid(urn.ID(rest), urn.PrefixRegistry) {
		return 0, "", badCursor()
	}
	return revision, urn.ID(rest), nil
}

func badCursor() *fault.Fault {
	return fault.New(fault.InvalidCursor, "the cursor is not one of this list")
}
