package audit

import (
	"encoding/hex"

	"github.com/weir-store/weir/core/audit/chain"
	"github.com/weir-store/weir/core/audit/reads"
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/urn"
)

// trail is the entries that one caller may see, up to the revision that he
// asks for. Entries never change, so they are read from the newest state in
// any case.
type trail struct {
	v *op.View
	// size is the last entry, base the last of those that were pruned.
	size, base uint64
	// owns, leads and reads remember what was found out about objects and scopes.
	owns, leads, reads map[urn.ID]bool
}

func open(v *op.View) *trail {
	t := &trail{v: v, base: base(v.Now).Size, owns: map[urn.ID]bool{}, leads: map[urn.ID]bool{}, reads: map[urn.ID]bool{}}
	if v.Past() {
		t.size = SizeAt(v.Now, v.Revision())
	} else {
		t.size = head(v.Now).Sequence
	}
	return t
}

// all says whether the caller sees every entry.
func (t *trail) all() bool { return t.v.Caller.Holds(op.ReadAudit) }

// shows says whether the caller may see an entry: what he did himself, what
// was done to an object that he owns, what happened in a scope that he
// administers; auditors see all.
func (t *trail) shows(e *chain.Entry) bool {
	c := &t.v.Caller
	switch {
	case t.all(), e.ActorID == c.ID:
		return true
	case e.Entity == op.EntityObject && remember(t.owns, e.TargetID, t.owned):
		return true
	}
	return e.ScopeID != "" && remember(t.leads, e.ScopeID, t.led)
}

func (t *trail) owned(id urn.ID) bool {
	return urn.IsValid(id, urn.PrefixObject) && t.v.Decide("read", op.Own, op.Object(id)).Allowed
}

func (t *trail) led(id urn.ID) bool {
	return t.v.Decide("read", op.Admin, op.Scope(id)).Allowed
}

func remember(known map[urn.ID]bool, id urn.ID, find func(urn.ID) bool) bool {
	answer, ok := known[id]
	if !ok {
		answer = find(id)
		known[id] = answer
	}
	return answer
}

// read gives an entry if the caller may see it, and has the reply wait for the
// trace of that.
func (t *trail) read(sequence uint64, operation string) (*row, *chain.Entry, error) {
	if sequence <= t.base || sequence > t.size {
		return nil, nil, op.NotFound()
	}
	r := load(t.v.Now, sequence)
	e := parse(r)
	if !t.shows(e) && !t.partOf(e) {
		return nil, nil, &op.Refused{Fault: op.NotFound(), Action: "read", Target: op.Target{Entity: EntityAudit, ID: e.ID}}
	}
	t.traced(operation, fault.Member{Name: "sequence", Value: sequence})
	return r, e, nil
}

// partOf says whether an entry is a batch with a read that the caller may see.
func (t *trail) partOf(e *chain.Entry) bool {
	if e.Entity != reads.EntityBatch {
		return false
	}
	seen, _ := t.body(e.Sequence)
	return len(seen) > 0
}

// traced has the reply wait until the trail says that it was read.
func (t *trail) traced(operation string, facts ...fault.Member) {
	t.v.Traced(op.Record{
		Action: "read", Operation: operation, Entity: EntityAudit, TargetType: EntityAudit, TargetID: EntityAudit, Metadata: facts,
	})
}

// shown is an entry as the caller may see it: with the opening, by which guesses
// about a state could be tested, only if he may read the thing now.
func (t *trail) shown(r *row, e *chain.Entry) Entry {
	out := shown(r, e)
	if len(r.Opening) > 0 && t.opens(e) {
		out.Opening = hex.EncodeToString(r.Opening)
	}
	return out
}

func (t *trail) opens(e *chain.Entry) bool {
	switch {
	case t.all():
		return true
	case e.Entity == op.EntityObject && urn.IsValid(e.TargetID, urn.PrefixObject):
		return remember(t.reads, e.TargetID, func(id urn.ID) bool { return t.v.Decide("read", op.Read, op.Object(id)).Allowed })
	case e.ScopeID != "":
		return remember(t.reads, e.ScopeID, func(id urn.ID) bool { return t.v.Decide("read", op.Read, op.Scope(id)).Allowed })
	}
	return true
}

func shown(r *row, e *chain.Entry) Entry {
	return Entry{Entry: *e, Hash: chain.Hex(chain.Hash(r.Entry)), Compacted: r.Compacted > 0}
}
