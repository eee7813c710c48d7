package fuzz

import (
	"slices"
	"strings"
	"testing"

	"github.com/weir-store/weir/core"
	"github.com/weir-store/weir/core/access"
	"github.com/weir-store/weir/core/objects"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/tenancy"
	"github.com/weir-store/weir/core/urn"
)

// mutant is a decision with a defect.
type mutant struct {
	op.Sight
	decide  func(d *op.Decision, r op.Request)
	time    func(t state.Time) state.Time
	visible func(w op.Walk) op.Walk
}

func (m mutant) Decide(v state.View, r op.Request) op.Decision {
	if m.time != nil {
		r.Time = m.time(r.Time)
	}
	d := m.Sight.Decide(v, r)
	if m.decide != nil {
		m.decide(&d, r)
	}
	return d
}

func (m mutant) Visible(v state.View, g op.Gaze) op.Walk {
	if m.time != nil {
		g.Time = m.time(g.Time)
	}
	w := m.Sight.Visible(v, g)
	if m.visible != nil {
		return m.visible(w)
	}
	return w
}

// early is a walk that ends one too early, if it is longer than two.
type early struct {
	op.Walk
	given int
}

func (e *early) Next() bool {
	e.given++
	return e.given <= 2 && e.Walk.Next()
}

// TestMutants plants defects in the decision, each of which must be found.
func TestMutants(t *testing.T) {
	hasCut := func(d *op.Decision, cut string) bool {
		for _, w := range d.Why {
			if w.Cut == cut {
				return true
			}
		}
		return false
	}
	for _, m := range []struct {
		name string
		mutant
	}{
		{"expiry is ignored", mutant{time: func(state.Time) state.Time { return 1 }}},
		{"expiry counts a microsecond too long", mutant{time: func(t state.Time) state.Time { return t - 1 }}},
		{"what comes from above is written too", mutant{decide: func(d *op.Decision, _ op.Request) {
			if d.Level == op.Read && hasCut(d, "inherited") {
				d.Level = op.Write
			}
		}}},
		{"a frozen scope is written through", mutant{decide: func(d *op.Decision, r op.Request) {
			if d.Level == op.Read && hasCut(d, "frozen") {
				d.Level, d.Allowed = op.Write, r.Need <= op.Write
			}
		}}},
		{"a role does not cap", mutant{decide: func(d *op.Decision, r op.Request) {
			if d.Level == op.Read && hasCut(d, "role") {
				d.Level, d.Allowed = op.Write, r.Need <= op.Write
			}
		}}},
		{"a tuple gives more than its relation", mutant{decide: func(d *op.Decision, r op.Request) {
			if d.Level == op.Read && slices.ContainsFunc(d.Why, func(w op.Reason) bool { return w.Via == op.ViaTuple && w.Level == op.Read }) {
				d.Level, d.Allowed = op.Write, r.Need <= op.Write
			}
		}}},
		{"lists end after two", mutant{visible: func(w op.Walk) op.Walk { return &early{Walk: w} }}},
	} {
		t.Run(m.name, func(t *testing.T) {
			m.Sight = access.Sight{}
			r := run(t, Config{Seed: 1, Graphs: 200, Mutations: 60, Sight: m.mutant, Workers: 1, Enough: 1})
			if len(r.Violations) == 0 {
				t.Fatal("not found")
			}
			v := r.Violations[0]
			t.Logf("after %d graphs: %s", r.Graphs, v)
			if len(v.Script) > 15 {
				t.Errorf("the script has %d lines", len(v.Script))
			}
			if again := run(t, Config{Seed: 1, First: v.Graph, Graphs: 1, Mutations: 60, Sight: m.mutant}); len(again.Violations) != 1 ||
				strings.Join(again.Violations[0].Script, "") != strings.Join(v.Script, "") {
				t.Error("the same seed does not find it again")
			}
		})
	}
}

// TestRollbackMutants plants defects in what brings things back.
func TestRollbackMutants(t *testing.T) {
	catalog := op.NewCatalog(core.Sets()...)
	for _, x := range []struct {
		name, entity string
		revert       func(actual func(*op.Tx, urn.ID, state.View) error) func(*op.Tx, urn.ID, state.View) error
	}{
		{"nothing comes back", tenancy.EntityMembership, func(func(*op.Tx, urn.ID, state.View) error) func(*op.Tx, urn.ID, state.View) error {
			return func(*op.Tx, urn.ID, state.View) error { return nil }
		}},
		{"another object is touched", op.EntityObject, func(actual func(*op.Tx, urn.ID, state.View) error) func(*op.Tx, urn.ID, state.View) error {
			return func(tx *op.Tx, id urn.ID, past state.View) error {
				if h, ok := objects.Find(tx, id); ok {
					var other urn.ID
					for _, rows := range objects.Owned(tx, op.Gaze{Principal: h.OwnerID}) {
						rows.Each(func(o *objects.Header) bool {
							if o.ID != id && o.Lifecycle == objects.Active {
								other = o.ID
							}
							return other == ""
						})
					}
					if other != "" {
						if _, err := objects.Delete.Execute(tx, objects.DeleteInput{ID: other}); err != nil {
							return err
						}
					}
				}
				return actual(tx, id, past)
			}
		}},
	} {
		t.Run(x.name, func(t *testing.T) {
			e, ok := catalog.Entity(x.entity)
			if !ok {
				t.Fatalf("there is no entity %s", x.entity)
			}
			actual := e.Revert
			e.Revert = x.revert(actual)
			defer func() { e.Revert = actual }()
			r := run(t, Config{Seed: 1, Graphs: 60, Mutations: 40, Workers: 1, Enough: 1})
			if len(r.Violations) == 0 {
				t.Fatal("not found")
			}
			t.Log(r.Violations[0])
		})
	}
}
