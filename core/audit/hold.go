package audit

import (
	"slices"

	"github.com/weir-store/weir/core/audit/chain"
	"github.com/weir-store/weir/core/audit/reads"
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/storage/key"
)

// Holds are the operations on legal holds.
var Holds = &op.Set{Noun: "hold", Doc: "A legal hold keeps entries of the audit trail from being compacted or pruned."}

// EntityHold is the entity of entries about legal holds.
const EntityHold = "hold"

// Hold keeps the entries that it describes; one that says nothing keeps all.
type Hold struct {
	Name     string     `cbor:"1,keyasint" json:"name" doc:"its name"`
	Reason   string     `cbor:"2,keyasint,omitempty" json:"reason,omitempty" doc:"why, as whoever placed it said"`
	TargetID urn.ID     `cbor:"3,keyasint,omitempty" json:"target_id,omitempty" doc:"only entries about this thing"`
	ActorID  urn.ID     `cbor:"4,keyasint,omitempty" json:"actor_id,omitempty" doc:"only what this principal did"`
	ScopeID  urn.ID     `cbor:"5,keyasint,omitempty" json:"scope_id,omitempty" doc:"only entries of this scope"`
	Since    state.Time `cbor:"6,keyasint,omitempty" json:"since,omitzero" doc:"only from this time on"`
	Until    state.Time `cbor:"7,keyasint,omitempty" json:"until,omitzero" doc:"only up to this time"`
	PlacedAt state.Time `cbor:"8,keyasint" json:"placed_at" doc:"when it was placed"`
	PlacedBy urn.ID     `cbor:"9,keyasint" json:"placed_by" doc:"who placed it"`
	// ReleasedAt is 0 while it holds.
	ReleasedAt state.Time `cbor:"10,keyasint,omitempty" json:"released_at,omitzero" doc:"when it was released; absent while it holds"`
	ReleasedBy urn.ID     `cbor:"11,keyasint,omitempty" json:"released_by,omitempty" doc:"who released it"`
}

var holdRows = state.NewTable(state.Spec[Hold]{
	Space: key.AuditHold,
	Key:   func(h *Hold) key.Key { return state.Key(key.AuditHold, h.Name) },
})

// holds are the filters of the holds in force.
type holds []*match

func held(v state.View) holds {
	var all holds
	holdRows.Scan(v, state.Range{Prefix: state.Key(key.AuditHold)}).Each(func(h *Hold) bool {
		if h.ReleasedAt == 0 {
			all = append(all, newMatch(&Filter{TargetID: h.TargetID, ActorID: h.ActorID, ScopeID: h.ScopeID, Since: h.Since, Until: h.Until}))
		}
		return true
	})
	return all
}

// take says whether an entry is under one of the holds: for itself, or as the
// batch that holds a read which would be, as an entry of its own.
func (all holds) take(v state.View, r *row) bool {
	for _, m := range all {
		if passes, _ := m.takes(r.Entry, false); passes {
			return true
		}
	}
	b, batch := reads.Find(v, r.Sequence)
	if !batch || len(all) == 0 {
		return false
	}
	read := b.Reads()
	return slices.ContainsFunc(all, func(m *match) bool {
		return m.during(r.Entry) && slices.ContainsFunc(read, m.takesRead)
	})
}

// during says whether the time of an entry passes.
func (m *match) during(entry []byte) bool {
	at := chain.Text(entry, "timestamp")
	return at >= m.since && at <= m.until
}

// takesRead says whether one of the reads would pass as an entry of its own.
func (m *match) takesRead(r reads.Reads) bool {
	return slices.ContainsFunc(r.Targets, func(t reads.Target) bool {
		for _, w := range m.wants {
			have := "" // reads are of no scope
			switch w.field {
			case fieldActor:
				have = string(r.ActorID)
			case fieldTarget:
				have = string(t.ID)
			}
			if !slices.Contains(w.texts, have) {
				return false
			}
		}
		return true
	})
}

// maxHolds bounds the names of holds: each entry that is compacted or pruned is
// held against those in force.
const maxHolds = 200

// PlaceInput describes a hold.
type PlaceInput struct {
	Name     string     `json:"name" op:"required,min=1,max=64" doc:"a name: letters, digits and ._:@/-"`
	Reason   string     `json:"reason,omitempty" op:"max=1024" doc:"why"`
	TargetID urn.ID     `json:"target_id,omitempty" op:"max=512" doc:"only entries about this thing"`
	ActorID  urn.ID     `json:"actor_id,omitempty" op:"max=128" doc:"only what this principal did"`
	ScopeID  urn.ID     `json:"scope_id,omitempty" op:"max=128" doc:"only entries of this scope"`
	Since    state.Time `json:"since,omitzero" doc:"only from this time on"`
	Until    state.Time `json:"until,omitzero" doc:"only up to this time"`
}

var exampleHold = Hold{
	Name: "case-17", Reason: "litigation", ActorID: "alice", PlacedAt: 1767225600000000, PlacedBy: "usr_01890a5d0c1e7000a000000000000001",
}

// Place places a hold. The same again changes nothing.
var Place = op.NewCommand(Holds, op.Spec[PlaceInput, Hold]{
	Name:    "place",
	Summary: "Keep entries of the trail from being compacted or pruned.",
	Doc:     "All that is given must fit for an entry to be held; a hold that says nothing holds the whole trail. A name that was released can be used again.",
	Route:   "POST /v1/audit/holds",
	Status:  201,
	Access:  op.Holding[PlaceInput]("audit_hold", op.Administer),
	Faults:  []fault.Code{fault.AlreadyExists, fault.LimitExceeded},
	Example: PlaceInput{Name: "case-17", Reason: "litigation", ActorID: "alice"},
	Result:  exampleHold,
	Undo:    op.Final("it ends by hold.release, which says when"),
	Validate: func(in *PlaceInput) *fault.Fault {
		if !chain.IsWord(in.Name) {
			return fault.New(fault.ValidationFailed, "name may hold letters, digits and ._:@/-").
				At(fault.Item{Pointer: "/name", Code: "not-a-word", Detail: "may hold letters, digits and ._:@/-"})
		}
		if in.Since != 0 && in.Until != 0 && in.Until < in.Since {
			return fault.New(fault.ValidationFailed, "until must not be before since").
				At(fault.Item{Pointer: "/until", Code: "inverted-range", Detail: "must not be before since"})
		}
		return nil
	},
}, func(tx *op.Tx, in PlaceInput) (Hold, error) {
	h := Hold{
		Name: in.Name, Reason: in.Reason, TargetID: in.TargetID, ActorID: in.ActorID, ScopeID: in.ScopeID,
		Since: in.Since, Until: in.Until, PlacedAt: tx.Time(), PlacedBy: tx.Caller.ID,
	}
	r := op.Record{Action: "audit_hold", Entity: EntityHold, TargetID: urn.ID(h.Name), ScopeID: h.ScopeID, After: &h}
	old, known := holdRows.Get(tx, state.Key(key.AuditHold, in.Name))
	switch {
	case known && old.ReleasedAt == 0:
		h.PlacedAt, h.PlacedBy = old.PlacedAt, old.PlacedBy
		if *old != h {
			return Hold{}, fault.New(fault.AlreadyExists, "a hold of that name holds something else; release it, or take another name")
		}
		return h, nil
	case known:
		r.Before = old
	default:
		count := 0
		holdRows.Scan(tx, state.Range{Prefix: state.Key(key.AuditHold)}).Each(func(*Hold) bool { count++; return true })
		if count >= maxHolds {
			return Hold{}, fault.New(fault.LimitExceeded, "there are %d holds; use the name of one that was released", maxHolds)
		}
	}
	holdRows.Put(tx.Tx, &h)
	tx.Record(r)
	return h, nil
})

// ReleaseInput names a hold.
type ReleaseInput struct {
	Name string `json:"name" op:"path,min=1,max=64" doc:"the hold"`
}

// Release ends a hold. One that has ended is shown as it is.
var Release = op.NewCommand(Holds, op.Spec[ReleaseInput, Hold]{
	Name:    "release",
	Summary: "End a legal hold.",
	Route:   "POST /v1/audit/holds/{name}/release",
	Access:  op.Holding[ReleaseInput]("audit_hold", op.Administer),
	Faults:  []fault.Code{fault.NotFound},
	Example: ReleaseInput{Name: "case-17"},
	Result:  exampleHold,
	Undo:    op.Final("what was dropped since would not come back; place it again"),
}, func(tx *op.Tx, in ReleaseInput) (Hold, error) {
	h, ok := holdRows.Get(tx, state.Key(key.AuditHold, in.Name))
	if !ok {
		return Hold{}, op.NotFound()
	}
	if h.ReleasedAt != 0 {
		return *h, nil
	}
	before := *h
	h.ReleasedAt, h.ReleasedBy = tx.Time(), tx.Caller.ID
	holdRows.Put(tx.Tx, h)
	tx.Record(op.Record{Action: "audit_hold", Entity: EntityHold, TargetID: urn.ID(h.Name), ScopeID: h.ScopeID, Before: &before, After: h})
	return *h, nil
})

// HoldsInput asks for a page.
type HoldsInput struct{ op.Paging }

// ListHolds lists the holds by name, those that were released too.
var ListHolds = op.NewQuery(Holds, op.Spec[HoldsInput, op.Page[Hold]]{
	Name:    "list",
	Summary: "List legal holds.",
	Route:   "GET /v1/audit/holds",
	Access:  op.Holding[HoldsInput]("read", op.ReadAudit),
	Faults:  []fault.Code{fault.InvalidCursor},
	Result:  op.NewPage([]Hold{exampleHold}, ""),
}, func(v *op.View, in HoldsInput) (op.Page[Hold], error) {
	r := state.Range{Prefix: state.Key(key.AuditHold)}
	if in.Cursor != "" {
		r.After = state.Key(key.AuditHold, in.Cursor)
	}
	var items []Hold
	rows := holdRows.Scan(v, r)
	defer rows.Close()
	for rows.Next() {
		if len(items) == in.Size() {
			return op.NewPage(items, op.Cursor(items[len(items)-1].Name)), nil
		}
		items = append(items, *rows.Row())
	}
	return op.NewPage(items, ""), nil
})
