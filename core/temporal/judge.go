package temporal

import (
	"errors"

	"github.com/weir-store/weir/core/audit"
	"github.com/weir-store/weir/core/audit/chain"
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
)

// obstacle says why what an entry tells of cannot be taken back by anybody, and
// whether it was a change at all. It goes by the entity and the operation,
// which no caller chooses, and not by the type of the thing.
func (r *rollback) obstacle(e *chain.Entry, declared bool) (change bool, why error) {
	failed := func(text string) error { return fault.New(fault.RollbackFailed, "%s", text) }
	o, known := r.tx.Catalog.Lookup(e.Operation)
	switch {
	case e.Entity == audit.EntityAudit:
		return false, &op.Refused{
			Fault:  fault.New(fault.RollbackDenied, "the audit trail cannot be changed, not by a rollback either"),
			Action: "rollback", Target: op.Target{Entity: e.Entity, ID: e.ID}, Decision: op.Decision{Visible: true},
		}
	case e.Outcome != chain.OK:
		return false, failed("the entry tells of a refusal, which changed nothing")
	case known && o.Kind != op.KindCommand:
		return false, failed("the entry tells of a read, which changed nothing")
	case !known:
		return true, failed("the operation that made the entry is not known any more")
	case !o.Undo.Reversible():
		return true, failed("what " + o.Name + " does cannot be taken back: " + o.Undo.Why())
	case !declared:
		return true, failed("nothing is known of how to bring back a " + e.Entity)
	}
	return true, nil
}

// may says whether the caller may take changes of a thing back. Rules about the
// scope that it lies in, and the object that it shares, hold whatever gives the
// right.
func (r *rollback) may(t thing) error {
	_, ways := t.entity.Rights(r.tx, t.id)
	d := t.entitled(r.view, "rollback", ways)
	k, _ := t.entity.Known(r.tx, t.id)
	for _, around := range [...]op.Target{op.Scope(k.ScopeID), op.Object(k.ObjectID)} {
		if !d.Allowed || around.ID == "" {
			continue
		}
		if err := r.tx.Forbidden("rollback", around); err != nil {
			d = decision(err)
		}
	}
	if d.Allowed {
		return nil
	}
	f := fault.New(fault.RollbackDenied, "you may see this but not take its changes back")
	if d.DeniedBy != "" {
		f = fault.New(fault.RollbackDenied, "a rule denies that this is rolled back").With("denied_by", string(d.DeniedBy))
	}
	return &op.Refused{Fault: f, Action: "rollback", Target: t.target(), Decision: d}
}

// plain is the refusal of a layer in the words of a rollback: the caller sees
// the thing, so it hides nothing that a right was missing.
func plain(err error) error {
	var refused *op.Refused
	if !errors.As(err, &refused) {
		return err
	}
	r := *refused
	r.Fault = fault.New(fault.RollbackDenied, "bringing this back takes a right that you do not have")
	return &r
}
