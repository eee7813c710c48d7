package fuzz

import (
	"strings"
	"testing"

	"github.com/weir-store/weir/core/access"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
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
