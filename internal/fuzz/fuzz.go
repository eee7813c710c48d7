// Package fuzz compares the store with a model of it: random graphs of
// principals, scopes, memberships, shares and rules, changed at random through
// the real commands, and after each change everything that the store says about
// rights against what the model says, now and at earlier times.
package fuzz

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/weir-store/weir/core"
	"github.com/weir-store/weir/core/access"
	"github.com/weir-store/weir/core/audit"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
)

// Config says how much to do.
type Config struct {
	// Seed decides everything that is random: with the same seed, graph n is
	// the same graph.
	Seed uint64
	// Graphs is the number of graphs, First the number of the first, Mutations
	// how many changes each gets.
	Graphs, First, Mutations int
	// Workers is how many graphs are worked on at once; 0 is one to a core.
	Workers int
	// Enough is how many violations end the run; 0 is 5.
	Enough int
	// Sight decides in the store under test; access.Sight when nil.
	Sight op.Sight
	// Progress, when not nil, is told after each graph how many are done.
	Progress func(done int)
}

// Result says what was compared.
type Result struct {
	Seed       uint64 `json:"seed"`
	Graphs     uint64 `json:"graphs"`
	Mutations  uint64 `json:"mutations"`
	Principals uint64 `json:"principals"`
	Objects    uint64 `json:"objects"`
	Scopes     uint64 `json:"scopes"`
	Shares     uint64 `json:"projections"`
	// Checks is the number of questions that the store was asked.
	Checks uint64 `json:"access_checks"`
	// Rollbacks is the number of changes that were taken back.
	Rollbacks  uint64      `json:"rollbacks"`
	Violations []Violation `json:"violations"`
}

func (r Result) String() string {
	var b strings.Builder
	for _, v := range r.Violations {
		fmt.Fprintf(&b, "%s\n\n", v)
	}
	fmt.Fprintf(&b, "seed %d: %d graphs of %d principals, %d objects, %d scopes and %d shares, changed %d times; %d questions, %d rollbacks, %d differences\n",
		r.Seed, r.Graphs, r.Principals, r.Objects, r.Scopes, r.Shares, r.Mutations, r.Checks, r.Rollbacks, len(r.Violations))
	return b.String()
}

// Violation is a graph on which store and model differ, made as short as it
// could be.
type Violation struct { //nolint:errname // it is a finding, and an error only on its way out
	Seed  uint64 `json:"seed"`
	Graph int    `json:"graph"`
	// What differs after the last line of Script.
	What   string   `json:"what"`
	Script []string `json:"script"`
}

func (v Violation) String() string {
	return fmt.Sprintf("seed %d, graph %d: %s\n  %s", v.Seed, v.Graph, v.What, strings.Join(v.Script, "\n  "))
}

// Run works through the graphs. The error is that of a machine that could not
// be started, or the context's; differences are in the result.
func Run(ctx context.Context, c Config) (Result, error) {
	if c.Sight == nil {
		c.Sight = access.Sight{}
	}
	if c.Workers == 0 {
		c.Workers = runtime.GOMAXPROCS(0)
	}
	if c.Enough == 0 {
		c.Enough = 5
	}
	f := &fuzzer{Config: c, catalog: op.NewCatalog(core.Sets()...), result: Result{Seed: c.Seed, Violations: []Violation{}}}
	var group sync.WaitGroup
	for range c.Workers {
		group.Go(func() { f.work(ctx) })
	}
	group.Wait()
	return f.result, errors.Join(f.err, ctx.Err())
}

type fuzzer struct {
	Config
	catalog *op.Catalog
	next    atomic.Int64

	mu     sync.Mutex // guards result and err
	result Result
	err    error
}

// work takes graphs until there are none left, or there is enough to tell.
func (f *fuzzer) work(ctx context.Context) {
	for ctx.Err() == nil {
		n := int(f.next.Add(1)) - 1
		if n >= f.Graphs || f.ended() {
			return
		}
		w, err := f.graph(f.First + n)
		f.add(w, err)
	}
}

func (f *fuzzer) ended() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.err != nil || len(f.result.Violations) >= f.Enough
}

func (f *fuzzer) add(w *world, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	r := &f.result
	var found *Violation
	switch {
	case errors.As(err, &found):
		r.Violations = append(r.Violations, *found)
	case err != nil:
		f.err = errors.Join(f.err, err)
		return
	}
	r.Graphs++
	r.Mutations += uint64(f.Mutations)
	r.Principals += uint64(len(w.principals))
	r.Objects += uint64(len(w.objects))
	r.Scopes += uint64(len(w.scopes))
	r.Shares += uint64(len(w.shares))
	r.Checks += w.checks
	r.Rollbacks += w.rollbacks
	if f.Progress != nil {
		f.Progress(int(r.Graphs))
	}
}

// Error lets a violation travel as one.
func (v *Violation) Error() string { return v.String() }

// script is a graph: who is in it, how it grows, and what then happens.
type script struct {
	seed, graph uint64
	principals  int
	growth      []step
	mutations   []step
}

const growthSteps = 40

func (f *fuzzer) script(n int) script {
	r := rand.New(rand.NewPCG(f.Seed, uint64(n)))
	s := script{seed: f.Seed, graph: uint64(n), principals: 3 + r.IntN(3)}
	for range growthSteps {
		s.growth = append(s.growth, draw(r, growth))
	}
	for range f.Mutations {
		s.mutations = append(s.mutations, draw(r, mutations))
	}
	return s
}

// graph plays one graph. A difference is made short and comes as *Violation.
func (f *fuzzer) graph(n int) (*world, error) {
	s := f.script(n)
	w, err := f.play(s)
	var what difference
	if !errors.As(err, &what) {
		return w, err
	}
	w, what = f.shorten(s, w, what)
	return w, &Violation{Seed: f.Seed, Graph: n, What: string(what), Script: w.did}
}

// play runs a script on a new machine. An error of the machine itself, other
// than that it could not be started, is a difference too.
func (f *fuzzer) play(s script) (*world, error) {
	w, err := newWorld(f.catalog, f.Sight, s.principals)
	if err != nil {
		return nil, err
	}
	r := rand.New(rand.NewPCG(s.seed, ^s.graph))
	if err := f.steps(w, r, s); err != nil {
		return w, difference(err.Error())
	}
	return w, nil
}

func (f *fuzzer) steps(w *world, r *rand.Rand, s script) error {
	for _, x := range s.growth {
		if err := w.take(x, growth); err != nil {
			return err
		}
	}
	for _, x := range s.mutations {
		if err := w.take(x, mutations); err != nil {
			return err
		}
		if err := w.compare(r); err != nil {
			return err
		}
	}
	return errors.Join(w.takeBack(), w.verify(), w.sound())
}

// verify has the trail of the whole graph checked, and the states behind it.
func (w *world) verify() error {
	now, err := w.look(w.revision())
	if err != nil {
		return err
	}
	report, f, err := ask(w.machine, root, audit.Verify, audit.VerifyInput{Bodies: true}, now, now, w.now)
	if err := either(f, err); err != nil {
		return err
	}
	if !report.Valid {
		return difference(fmt.Sprintf("the trail does not verify: %+v", report))
	}
	return nil
}

// sound has all rows held against each other.
func (w *world) sound() error {
	now, err := w.look(w.revision())
	if err != nil {
		return err
	}
	for _, t := range state.Tables() {
		step := state.Step{Budget: 1 << 30}
		step.Check(now, t, func(f state.Flaw) { err = difference(f.String()) })
	}
	return err
}
