package testkit_test

import (
	"bytes"
	"context"
	"testing"

	"github.com/weir-store/weir/core"
	"github.com/weir-store/weir/core/audit"
	"github.com/weir-store/weir/core/audit/chain"
	"github.com/weir-store/weir/core/audit/reads"
	"github.com/weir-store/weir/core/identity"
	"github.com/weir-store/weir/core/objects"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/registry"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/tenancy"
	"github.com/weir-store/weir/internal/testkit"
	"github.com/weir-store/weir/storage"
	"github.com/weir-store/weir/storage/key"
)

// timeless are the entities of which entries have states, but no table can show
// the past.
var timeless = map[string]string{
	audit.EntityAudit:   "keys of the log and its retention are settings of the trail itself",
	audit.EntityHold:    "a hold has no revert: it is lifted",
	registry.EntityKind: "a kind is defined once and never changed",
	reads.EntityBatch:   "its body lies beside the entry, and is held against it there",
}

// What the trail says of states before and after is what the tables have at
// that revision, for each thing that has a past.
func TestStatesBehindTheTrail(t *testing.T) {
	held := map[string]bool{}
	each(t, func(t *testing.T, _ *op.Operation, seed []step, sc scenario) {
		p := play(t, testkit.New(t), seed, sc)
		p.must(sc.call)
		ctx := context.Background()
		r, err := audit.Verify.Call(ctx, p.Admin(), audit.VerifyInput{Bodies: true})
		if err != nil || !r.Valid {
			t.Fatalf("%+v %v", r, err)
		}
		digests := uint64(0)
		for n := r.First; n <= r.Last; n++ {
			e, err := audit.Get.Call(ctx, p.Admin(), audit.GetInput{Sequence: n})
			if err != nil {
				t.Fatal(err)
			}
			if one, err := audit.Verify.Call(ctx, p.Admin(), audit.VerifyInput{From: n, To: n, Bodies: true}); err != nil || !one.Valid {
				t.Errorf("entry %d alone: %+v %v", n, one, err)
			}
			if e.BeforeDigest == "" && e.AfterDigest == "" {
				continue
			}
			if _, declared := p.Catalog.Entity(e.Entity); declared {
				held[e.Entity] = true
				digests++
			} else if timeless[e.Entity] == "" {
				t.Errorf("entry %d has states of a %s, which has no past", n, e.Entity)
			}
		}
		if r.States < digests/2 {
			t.Errorf("only %d states of %d entries were held against them", r.States, digests)
		}
	})
	for _, e := range op.NewCatalog(core.Sets()...).Entities() {
		if !held[e.Name] {
			t.Errorf("no scenario leaves a state of a %s", e.Name)
		}
	}
}

// tampering changes one row at an old revision, with all that an engine checks.
type tampering struct {
	name   string
	space  key.Space
	row    func() any
	change func(row any) bool
	// operation is that of the entry that tells of the row as it was.
	operation, reason string
}

// as makes a change of one type of rows, which says whether it was the row.
func as[R any](change func(*R) bool) (func() any, func(any) bool) {
	return func() any { return new(R) }, func(row any) bool { return change(row.(*R)) }
}

func tamperings() []tampering {
	list := []tampering{
		{name: "the body of an old version", space: key.ObjectVersion, operation: "object.create", reason: chain.After},
		{name: "the body of the newest version", space: key.ObjectVersion, operation: "object.update", reason: chain.After},
		{name: "the owner of an object", space: key.Object, operation: "object.create", reason: chain.After},
		{name: "the role of a membership", space: key.Membership, operation: "scope.add_member", reason: chain.After},
		{name: "the old name of a scope", space: key.Scope, operation: "scope.create", reason: chain.After},
		{name: "the permissions of a principal", space: key.Principal, operation: "principal.create", reason: chain.After},
	}
	body := func(number uint64) func(*objects.Version) bool {
		return func(x *objects.Version) bool {
			x.Body.Bytes = op.JSON(`{"title":"forged"}`)
			return x.Number == number
		}
	}
	list[0].row, list[0].change = as(body(1))
	list[1].row, list[1].change = as(body(2))
	list[2].row, list[2].change = as(func(h *objects.Header) bool {
		h.OwnerID = "bob"
		return h.Version == 1
	})
	list[3].row, list[3].change = as(func(m *tenancy.Membership) bool {
		m.Role = tenancy.Owner
		return m.PrincipalID == "mallory" && m.Version == 1
	})
	list[4].row, list[4].change = as(func(h *tenancy.Header) bool {
		h.Name = "forged"
		return h.Name != "" && h.Version == 1
	})
	list[5].row, list[5].change = as(func(p *identity.Principal) bool {
		p.Permissions = []op.Permission{op.Administer}
		return p.ID == "mallory"
	})
	return list
}

// rewrite has the engine hold another history of its rows.
func rewrite(t *testing.T, engine storage.Engine, x *tampering) {
	t.Helper()
	var all []storage.Version
	done := false
	if err := engine.Dump(context.Background(), engine.Published(), func(v storage.Version) error {
		v.Key, v.Value = bytes.Clone(v.Key), bytes.Clone(v.Value)
		if row := x.row(); v.Key[0] == x.space.ID && !done && !v.Delete {
			if err := state.Unmarshal(v.Value, row); err != nil {
				return err
			}
			if done = x.change(row); done {
				var err error
				if v.Value, err = state.Marshal(row); err != nil {
					return err
				}
			}
		}
		all = append(all, v)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if !done {
		t.Fatal("there is no such row")
	}
	if err := engine.Replace(engine.Published(), func(add func(storage.Version) error) error {
		for _, v := range all {
			if err := add(v); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

// Rows that somebody rewrites in the store, also such as are no longer the
// newest, are found, and the entry that tells of them is named; but not where
// what opens its digests was dropped.
func TestRewrittenRowsAreFound(t *testing.T) {
	for _, x := range tamperings() {
		t.Run(x.name, func(t *testing.T) {
			p := &theatre{Solo: testkit.New(t), t: t, tokens: map[string]string{}, names: map[string]string{}}
			p.tokens["root"] = p.Root
			for _, s := range []step{
				{as: "root", op: "principal.create", input: `{"id":"alice","kind":"user"}`},
				{as: "root", op: "principal.create", input: `{"id":"mallory","kind":"user"}`},
				{as: "alice", op: "object.create", input: `{"type":"note","data":{"title":"draft"}}`, name: "note", member: "id"},
				{as: "alice", op: "scope.create", input: `{"name":"team"}`, name: "team", member: "id"},
				{as: "alice", op: "scope.add_member", input: `{"id":"$team","principal_id":"mallory","role":"viewer"}`},
				{as: "alice", op: "object.update", input: `{"id":"$note","data":{"title":"final"}}`},
				{as: "alice", op: "scope.update", input: `{"id":"$team","name":"crew"}`},
				{as: "alice", op: "scope.remove_member", input: `{"id":"$team","principal_id":"mallory"}`},
				{as: "alice", op: "object.transfer", input: `{"id":"$note","owner_id":"mallory"}`},
			} {
				p.must(s)
			}
			p.Verify()
			rewrite(t, p.Engine, &x)
			ctx := context.Background()
			if r, err := audit.Verify.Call(ctx, p.Admin(), audit.VerifyInput{}); err != nil || !r.Valid {
				t.Fatalf("without bodies: %+v %v", r, err)
			}
			r, err := audit.Verify.Call(ctx, p.Admin(), audit.VerifyInput{Bodies: true})
			if err != nil || r.Valid || r.Reason != x.reason {
				t.Fatalf("%+v %v, want %s", r, err, x.reason)
			}
			e, err := audit.Get.Call(ctx, p.Admin(), audit.GetInput{Sequence: r.BrokenAt})
			if err != nil || e.Operation != x.operation {
				t.Errorf("entry %d of %s is blamed (%v), want that of %s", r.BrokenAt, e.Operation, err, x.operation)
			}
			offline := audit.Check{Bodies: true, Catalog: p.Catalog, Look: p.lookAt}
			if err := p.Look(func(v state.View) error {
				again, err := offline.Run(v)
				if again != r {
					t.Errorf("a store that does not run gives %+v, one that does %+v", again, r)
				}
				return err
			}); err != nil {
				t.Fatal(err)
			}
			p.must(step{as: "root", op: "audit.compact", input: `{"before_sequence":1000}`})
			if r, err = audit.Verify.Call(ctx, p.Admin(), audit.VerifyInput{Bodies: true}); err != nil || !r.Valid || r.Compacted == 0 {
				t.Errorf("without openings: %+v %v", r, err)
			}
		})
	}
}

// lookAt shows a revision.
func (p *theatre) lookAt(revision uint64, fn func(past state.View)) {
	p.t.Helper()
	s, err := p.Engine.Snapshot(revision)
	if err != nil {
		p.t.Fatal(err)
	}
	defer s.Close()
	fn(state.Over(s))
}
