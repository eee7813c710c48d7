package audit

import (
	"slices"
	"strings"

	"github.com/weir-store/weir/core/audit/chain"
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/urn"
)

// Filter chooses entries; what is left out does not filter.
type Filter struct {
	TargetID       urn.ID     `json:"target_id,omitempty" op:"query,max=512" doc:"only entries about this thing"`
	ActorID        urn.ID     `json:"actor_id,omitempty" op:"query,max=128" doc:"only what this principal did"`
	ImpersonatorID urn.ID     `json:"impersonator_id,omitempty" op:"query,max=128" doc:"only what this host did for users"`
	Action         string     `json:"action,omitempty" op:"query,max=512" doc:"only this action, or one of several with commas between them"`
	Entity         string     `json:"entity,omitempty" op:"query,max=64" doc:"only this kind of record"`
	TargetType     string     `json:"target_type,omitempty" op:"query,max=128" doc:"only things of this type"`
	ScopeID        urn.ID     `json:"scope_id,omitempty" op:"query,max=128" doc:"only entries of this scope"`
	ParentTraceID  urn.ID     `json:"parent_trace_id,omitempty" op:"query,max=128" doc:"only what this entry caused"`
	Outcome        string     `json:"outcome,omitempty" op:"query,enum=ok|denied" doc:"only what was done, or only what was refused"`
	Operation      string     `json:"operation,omitempty" op:"query,max=64" doc:"only this operation"`
	Since          state.Time `json:"since,omitzero" op:"query" doc:"only from this time on"`
	Until          state.Time `json:"until,omitzero" op:"query" doc:"only up to this time"`
}

func (f *Filter) validate() *fault.Fault {
	if f.Since != 0 && f.Until != 0 && f.Until < f.Since {
		return inverted("until", "must not be before since")
	}
	return nil
}

// want is one text that an entry must have, or one of several.
type want struct {
	field string
	texts []string
}

// wants is what the filter asks of the texts of an entry. What costs least to
// find comes first.
func (f *Filter) wants() []want {
	var all []want
	for _, w := range []struct{ field, text string }{
		{fieldTarget, string(f.TargetID)},
		{fieldParent, string(f.ParentTraceID)},
		{fieldActor, string(f.ActorID)},
		{fieldScope, string(f.ScopeID)},
		{fieldType, f.TargetType},
		{fieldEntity, f.Entity},
		{"impersonator_id", string(f.ImpersonatorID)},
		{"operation", f.Operation},
		{"outcome", f.Outcome},
	} {
		if w.text != "" {
			all = append(all, want{w.field, []string{w.text}})
		}
	}
	if f.Action != "" {
		all = append(all, want{fieldAction, strings.Split(f.Action, ",")})
	}
	return all
}

// The fields that entries are indexed by, as the entries have them.
const (
	fieldActor  = "actor_id"
	fieldTarget = "target_id"
	fieldType   = "target_type"
	fieldEntity = "entity"
	fieldScope  = "scope_id"
	fieldParent = "parent_trace_id"
	fieldAction = "action"
)

var indexed = []string{fieldActor, fieldTarget, fieldType, fieldEntity, fieldScope, fieldParent, fieldAction}

// Terms are what an index of the trail finds an entry by.
func Terms(entry []byte) []op.Term {
	terms := make([]op.Term, 0, len(indexed))
	for _, field := range indexed {
		if text := chain.Text(entry, field); text != "" {
			terms = append(terms, op.Term{Field: field, Text: text})
		}
	}
	return terms
}

// match is a filter as it is held against entries. Times compare as texts: all
// have one form.
type match struct {
	wants        []want
	since, until string
}

func newMatch(f *Filter) *match {
	m := &match{wants: f.wants(), until: state.MaxTime.String()}
	if f.Since != 0 {
		m.since = f.Since.String()
	}
	if f.Until != 0 {
		m.until = f.Until.String()
	}
	return m
}

// takes says whether an entry passes; outside says that its time does not, so
// that no later one in a walk can.
func (m *match) takes(entry []byte, falling bool) (passes, outside bool) {
	at := chain.Text(entry, "timestamp")
	switch {
	case at > m.until:
		return false, !falling
	case at < m.since:
		return false, falling
	}
	for _, w := range m.wants {
		if !slices.Contains(w.texts, chain.Text(entry, w.field)) {
			return false, false
		}
	}
	return true, false
}

// postings are the lists of an index that hold all that can pass; none if the
// filter asks for nothing that is indexed.
func (m *match) postings(look op.Lookup) intersection {
	var lists intersection
	for _, w := range m.wants {
		if !slices.Contains(indexed, w.field) {
			continue
		}
		var fits union
		for _, text := range w.texts {
			fits = append(fits, look.Find(op.Term{Field: w.field, Text: text}))
		}
		lists = append(lists, fits)
	}
	return lists
}

// union is the entries of any of some lists.
type union []op.Posting

// Seek implements op.Posting.
func (u union) Seek(from uint64, falling bool) (best uint64, err error) {
	for _, list := range u {
		n, err := list.Seek(from, falling)
		if err != nil {
			return 0, err
		}
		if n != 0 && (best == 0 || (n > best) == falling) {
			best = n
		}
	}
	return best, nil
}

// intersection is the entries of all of some lists.
type intersection []op.Posting

// seek gives the next entry that all lists have, like op.Posting. It ends early,
// with the place that it came to, when it has taken as many steps as it may.
func (x intersection) seek(from uint64, falling bool, steps *int) (sequence uint64, agreed bool, err error) {
	for agree := 0; agree < len(x); {
		for _, list := range x {
			n, err := list.Seek(from, falling)
			if err != nil || n == 0 {
				return 0, false, err
			}
			if n == from {
				agree++
			} else {
				from, agree = n, 1
			}
			*steps--
			if agree == len(x) {
				break
			}
		}
		if *steps <= 0 && agree < len(x) {
			return from, false, nil
		}
	}
	return from, true, nil
}
