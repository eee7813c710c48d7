package testkit_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weir-store/weir/core/audit"
	"github.com/weir-store/weir/core/audit/chain"
	"github.com/weir-store/weir/core/canon"
	"github.com/weir-store/weir/core/identity/identifier"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/temporal"
	"github.com/weir-store/weir/core/tenancy/invitation"
	"github.com/weir-store/weir/core/tenancy/share"
	"github.com/weir-store/weir/internal/testkit"
)

// What each reversible command did is taken back entry by entry, newest first:
// then every thing in the store has the content that it had before, bit for bit,
// and what was made has ended. The rollbacks taken back in turn give the content
// that the command had made. A command that names things which cannot come
// back, or none, fails here.
func TestRollbackTakesEachCommandBack(t *testing.T) {
	each(t, func(t *testing.T, o *op.Operation, seed []step, sc scenario) {
		if o.Kind != op.KindCommand {
			return
		}
		if o.Undo.Reversible() == (o.Undo.Why() != "") {
			t.Fatalf("say how it is taken back, or why it cannot be: %q", o.Undo)
		}
		if !o.Undo.Reversible() {
			return
		}
		p := play(t, testkit.New(t), seed, sc)
		for _, name := range []string{"alice", "bob", "zoe", "host"} {
			if p.tokens[name] == "" {
				p.tokens[name] = p.key(name)
			}
		}
		before, start := p.Engine.Published(), p.size()
		p.must(sc.call)
		after := p.Engine.Published()
		entries := p.entries(start)
		if len(entries) == 0 {
			t.Fatal("the call left no entry that could be taken back")
		}
		for _, e := range entries {
			if _, declared := p.Catalog.Entity(e.Entity); !declared {
				t.Errorf("an entry names a %s, which no layer declares (op.NewEntity)", e.Entity)
			}
		}
		done := p.takeBack(sc.call.as, entries)
		if len(done) == 0 {
			t.Error("nothing was taken back")
		}
		p.compare("taken back", before)
		if !slices.ContainsFunc(done, final) {
			p.takeBack(sc.call.as, done)
			p.compare("done again", after)
		}
		p.Verify()
	})
}

// final are the rollbacks that cannot be rolled back: a key, a share or an
// invitation that was revoked stays dead, however it came to that, and an
// identifier that was given up may be another's.
func final(e *chain.Entry) bool {
	return slices.Contains([]string{op.EntityCredential, share.EntityShare, invitation.Entity, identifier.Entity}, e.Entity)
}

// compare holds what every thing is now against what it was at a revision.
func (p *theatre) compare(when string, revision uint64) {
	p.t.Helper()
	var want, got map[string]string
	p.look(func(v state.View) { got = p.contents(v, v) })
	snapshot, err := p.Engine.Snapshot(revision)
	if err != nil {
		p.t.Fatal(err)
	}
	defer snapshot.Close()
	p.look(func(v state.View) { want = p.contents(v, state.Over(snapshot)) })
	if diff := cmp.Diff(want, got); diff != "" {
		p.t.Errorf("%s, things are other than they were:\n%s", when, diff)
	}
}

// takeBack rolls entries back, newest first, as somebody who may, and gives the
// entries of the rollbacks. What another stands against, or what has ended for
// now, comes after that.
func (p *theatre) takeBack(as string, entries []*chain.Entry) (done []*chain.Entry) {
	p.t.Helper()
	for n := -1; n != len(entries); {
		n = len(entries)
		for i := n - 1; i >= 0; i-- {
			who, out := p.entitled(as, entries[i])
			if len(out.WouldRollback) == 0 {
				continue
			}
			start := p.size()
			p.must(step{as: who, op: temporal.Create.Name, input: p.undoing(entries[i], false)})
			done = append(done, p.entries(start)...)
			entries = slices.Delete(entries, i, i+1)
		}
	}
	for _, e := range entries {
		if _, out := p.entitled(as, e); !out.Success {
			p.t.Errorf("nobody can take %s of %s %s back: %+v", e.Action, e.Entity, e.TargetID, out.Reasons)
		}
	}
	return done
}

// entitled finds somebody who can take an entry back as things are, and what
// would become of it.
func (p *theatre) entitled(as string, e *chain.Entry) (who string, out temporal.Outcome) {
	p.t.Helper()
	for _, name := range []string{as, "root", "alice", "bob", "zoe", "host"} {
		if name == "system" {
			continue
		}
		reply, err := p.run(step{as: name, op: temporal.Create.Name, input: p.undoing(e, true)}, "")
		if err != nil {
			continue
		}
		out = temporal.Outcome{}
		if err := op.Unmarshal(reply.Output, &out); err != nil {
			p.t.Fatal(err)
		}
		if out.Success {
			return name, out
		}
	}
	return "", out
}

func (p *theatre) undoing(e *chain.Entry, dry bool) string {
	return fmt.Sprintf(`{"entry_id":%q,"dry_run":%t}`, e.ID, dry)
}

// size is the number of entries in the trail.
func (p *theatre) size() (n uint64) {
	p.look(func(v state.View) { n = audit.SizeAt(v, v.Revision()) })
	return n
}

// entries are those behind the first n that tell of changes.
func (p *theatre) entries(n uint64) (all []*chain.Entry) {
	p.look(func(v state.View) {
		for e, ok := audit.EntryAt(v, n+1); ok; e, ok = audit.EntryAt(v, e.Sequence+1) {
			if e.Entity != audit.EntityAudit && e.Outcome == chain.OK {
				all = append(all, e)
			}
		}
	})
	return all
}

// contents is what every thing that the trail of now names holds in a view, in
// one form; empty for what has ended, or was not there. Rows that follow each
// other are one thing.
func (p *theatre) contents(now, view state.View) map[string]string {
	p.t.Helper()
	all := map[string]string{}
	for e, ok := audit.EntryAt(now, 1); ok; e, ok = audit.EntryAt(now, e.Sequence+1) {
		entity, declared := p.Catalog.Entity(e.Entity)
		if !declared {
			continue
		}
		whole := e.TargetID
		if entity.Whole != nil {
			whole = entity.Whole(now, whole)
		}
		name := e.Entity + " " + string(whole)
		known, found := entity.Known(view, e.TargetID)
		if all[name] != "" {
			continue
		}
		if all[name] = ""; !found || known.Ended {
			continue
		}
		raw, err := op.Marshal(known.Content)
		if err != nil {
			p.t.Fatal(err)
		}
		content, f := canon.Canonical(raw)
		if f != nil {
			p.t.Fatal(f)
		}
		all[name] = string(content)
	}
	return all
}

func (p *theatre) look(fn func(v state.View)) {
	p.t.Helper()
	if err := p.Look(func(v state.View) error { fn(v); return nil }); err != nil {
		p.t.Fatal(err)
	}
}
