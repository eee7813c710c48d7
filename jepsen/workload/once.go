package workload

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"

	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/tenancy/org"
	"github.com/weir-store/weir/core/tenancy/share"
	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/jepsen/history"
	"github.com/weir-store/weir/jepsen/model"
)

// rounds are short, and many: each decides who wins one thing.
var rounds = game{places: 3, calls: 12}

// once is what the workloads about things with one winner have in common.
type once struct {
	app     *application
	history *history.Recorder[model.OnceInput, model.OnceOutput]
}

func (w *once) prepare(ctx context.Context, c *Cluster, name string) (err error) {
	w.history = history.NewRecorder[model.OnceInput, model.OnceOutput]()
	w.app, err = c.application(ctx, name+"-host")
	return err
}

// do records a call, whose answer is the state that it showed.
func (w *once) do(ctx context.Context, client int, thing urn.ID, step model.OnceStep, who urn.ID, call func(ctx context.Context) (string, error)) history.Outcome {
	in := model.OnceInput{Thing: string(thing), Step: step, Who: string(who)}
	return w.history.Do(client, in, func() (model.OnceOutput, error) {
		ctx, cancel := w.app.cluster.within(ctx)
		defer cancel()
		state, err := call(ctx)
		return model.OnceOutput{State: state}, err
	})
}

// Shares has many present shares for one use, and revokes some.
type Shares struct{ once }

// Name implements Workload.
func (*Shares) Name() string { return "shares" }

// Prepare implements Workload.
func (w *Shares) Prepare(ctx context.Context, c *Cluster) error { return w.prepare(ctx, c, w.Name()) }

// Run implements Workload.
func (w *Shares) Run(ctx context.Context, seed uint64) {
	play(ctx, rounds, seed, w.begin, w.turn)
}

func (w *Shares) begin(ctx context.Context, r *rand.Rand, _ int) (share.CreateOutput, error) {
	ctx, cancel := w.app.cluster.within(ctx)
	defer cancel()
	return share.Create.Call(ctx, w.app.itself(r), share.CreateInput{ObjectType: "doc", ObjectID: document(r), Relation: "reader", ExpiresIn: 24 * 3600, SingleUse: true})
}

func (w *Shares) turn(ctx context.Context, r *rand.Rand, client int, s share.CreateOutput) history.Outcome {
	id := share.GetInput{ID: s.Share.ID}
	switch n := r.IntN(10); {
	case n < 6:
		return w.do(ctx, client, s.Share.ID, model.Verify, "", func(ctx context.Context) (string, error) {
			_, err := share.Verify.Call(ctx, w.app.nobody(r), share.VerifyInput{Token: s.Token})
			return "", err
		})
	case n < 7:
		return w.do(ctx, client, s.Share.ID, model.Revoke, "", func(ctx context.Context) (string, error) {
			_, err := share.Revoke.Call(ctx, w.app.itself(r), id)
			return "", err
		})
	default:
		return w.do(ctx, client, s.Share.ID, model.Look, "", func(ctx context.Context) (string, error) {
			got, err := share.Get.Call(ctx, w.app.itself(r), id)
			if got.Status == share.StatusActive {
				return model.Pending, err
			}
			return got.Status, err
		})
	}
}

// Judge implements Workload.
func (w *Shares) Judge(keep string) (Result, error) {
	return judge(w.Name(), keep, model.Share(), w.history.Operations())
}

// Slugs has organizations take one slug from each other.
type Slugs struct {
	once
	slugs atomic.Uint64
	users []urn.ID
}

// name is a slug that organizations play for: two that are there from the
// start, and those that are founded with it.
type name struct {
	slug    string
	orgs    []urn.ID
	mu      sync.Mutex // guards founded
	founded []urn.ID
}

// Name implements Workload.
func (*Slugs) Name() string { return "slugs" }

// Prepare implements Workload.
func (w *Slugs) Prepare(ctx context.Context, c *Cluster) (err error) {
	if err := w.prepare(ctx, c, w.Name()); err != nil {
		return err
	}
	w.users, err = c.users(ctx, 1)
	return err
}

// Run implements Workload.
func (w *Slugs) Run(ctx context.Context, seed uint64) {
	play(ctx, rounds, seed, w.begin, w.turn)
}

func (w *Slugs) begin(ctx context.Context, r *rand.Rand, _ int) (*name, error) {
	ctx, cancel := w.app.cluster.within(ctx)
	defer cancel()
	n := &name{slug: fmt.Sprintf("slug-%d", w.slugs.Add(1))}
	for range 2 {
		made, err := org.Create.Call(ctx, w.app.as(r, w.users[0]), org.CreateInput{})
		if err != nil {
			return nil, err
		}
		n.orgs = append(n.orgs, made.Org.ID)
	}
	return n, nil
}

func (w *Slugs) turn(ctx context.Context, r *rand.Rand, client int, n *name) history.Outcome {
	thing, who := urn.ID(n.slug), n.orgs[r.IntN(len(n.orgs))]
	update := func(slug op.Patch[string]) func(ctx context.Context) (string, error) {
		return func(ctx context.Context) (string, error) {
			_, err := org.Update.Call(ctx, w.app.itself(r), org.UpdateInput{ID: who, Slug: slug})
			return "", err
		}
	}
	switch k := r.IntN(10); {
	case k < 3:
		return w.do(ctx, client, thing, model.Take, who, update(op.Put(n.slug)))
	case k < 5:
		return w.do(ctx, client, thing, model.Drop, who, update(op.Clear[string]()))
	case k < 7:
		if ended, ok := n.pop(); ok {
			return w.do(ctx, client, thing, model.Dissolve, ended, func(ctx context.Context) (string, error) {
				_, err := org.Revoke.Call(ctx, w.app.itself(r), org.Input{ID: ended})
				return "", err
			})
		}
		return w.do(ctx, client, thing, model.Found, "", func(ctx context.Context) (string, error) {
			made, err := org.Create.Call(ctx, w.app.as(r, w.users[0]), org.CreateInput{Slug: &n.slug})
			if err == nil {
				n.push(made.Org.ID)
			}
			return string(made.Org.ID), err
		})
	default:
		return w.do(ctx, client, thing, model.Look, who, func(ctx context.Context) (string, error) {
			got, err := org.Get.Call(ctx, w.app.itself(r), org.Input{ID: who})
			if got.Slug != nil && *got.Slug == n.slug {
				return string(who), err
			}
			return "", err
		})
	}
}

func (n *name) push(founded urn.ID) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.founded = append(n.founded, founded)
}

func (n *name) pop() (urn.ID, bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if len(n.founded) == 0 {
		return "", false
	}
	last := n.founded[len(n.founded)-1]
	n.founded = n.founded[:len(n.founded)-1]
	return last, true
}

// Judge implements Workload.
func (w *Slugs) Judge(keep string) (Result, error) {
	return judge(w.Name(), keep, model.Slug(), w.history.Operations())
}
