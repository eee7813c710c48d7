package workload

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"

	"github.com/weir-store/weir/core/identity"
	"github.com/weir-store/weir/core/identity/apikey"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/jepsen/history"
)

// application is a host of a workload: a service that acts for itself, or for
// users who have no keys of their own.
type application struct {
	cluster *Cluster
	token   string
}

// application makes a host.
func (c *Cluster) application(ctx context.Context, name string) (*application, error) {
	admin := c.Connect(c.Nodes[0], c.Root)
	id := urn.ID(name)
	if _, err := identity.Create.Call(ctx, admin, identity.CreateInput{ID: id, Kind: "service"}); err != nil {
		return nil, fmt.Errorf("workload: create %s: %w", name, err)
	}
	if _, err := identity.Permit.Call(ctx, admin, identity.PermitInput{ID: id, Permission: op.ActAsHost}); err != nil {
		return nil, fmt.Errorf("workload: make %s a host: %w", name, err)
	}
	key, err := apikey.Create.Call(ctx, admin, apikey.CreateInput{PrincipalID: id, Name: "workload"})
	if err != nil {
		return nil, fmt.Errorf("workload: key of %s: %w", name, err)
	}
	return &application{c, key.Token}, nil
}

// users makes n users.
func (c *Cluster) users(ctx context.Context, n int) (ids []urn.ID, err error) {
	admin := c.Connect(c.Nodes[0], c.Root)
	for range n {
		p, err := identity.Create.Call(ctx, admin, identity.CreateInput{Kind: identity.KindUser})
		if err != nil {
			return nil, fmt.Errorf("workload: create a user: %w", err)
		}
		ids = append(ids, p.ID)
	}
	return ids, nil
}

// itself is the host, on a random node.
func (a *application) itself(r *rand.Rand) op.Runner { return a.cluster.anywhere(r, a.token) }

// as is the host in the name of a user, on a random node.
func (a *application) as(r *rand.Rand, user urn.ID) op.Runner { return acting{a.itself(r), user} }

// nobody is somebody without a key, on a random node.
func (a *application) nobody(r *rand.Rand) op.Runner { return a.cluster.anywhere(r, "") }

type acting struct {
	op.Runner
	user urn.ID
}

func (a acting) Run(ctx context.Context, call *op.Call) (*op.Reply, error) {
	c := *call
	c.ActAs = a.user
	return a.Runner.Run(ctx, &c)
}

// document is an application's object that nobody had to do with.
func document(r *rand.Rand) urn.ID {
	return urn.ID(fmt.Sprintf("%08x-0000-4000-8000-%012x", r.Uint32(), r.Uint64N(1<<48)))
}

// game is how a workload plays with things that it makes as it goes: the calls
// about one of them are a history of their own, so that a run of any length
// can be checked.
type game struct {
	// places is how many things are played with beside each other, calls how
	// many calls are made about each.
	places, calls int
	// slowly spreads the calls over time, so that faults meet them; else all
	// come at once.
	slowly bool
}

// play plays until the context ends: begin makes a thing, clientsToPart clients
// call, and so on. A thing is left alone after too many unknown outcomes.
func play[T any](ctx context.Context, g game, seed uint64, begin func(ctx context.Context, r *rand.Rand, place int) (T, error), turn func(ctx context.Context, r *rand.Rand, client int, thing T) history.Outcome) {
	var group sync.WaitGroup
	for place := range g.places {
		group.Go(func() {
			r := rand.New(rand.NewPCG(seed, uint64(place)))
			for ctx.Err() == nil {
				thing, err := begin(ctx, r, place)
				pause(ctx, r)
				if err != nil {
					continue // a fault: what was made is left alone
				}
				left := newBudget(g.calls)
				var clients sync.WaitGroup
				for k := range clientsToPart {
					own := rand.New(rand.NewPCG(r.Uint64(), uint64(k)))
					clients.Go(func() {
						for (ctx.Err() == nil || !g.slowly) && left.take() {
							left.spend(turn(ctx, own, place*clientsToPart+k, thing))
							if g.slowly {
								pause(ctx, own)
							}
						}
					})
				}
				clients.Wait()
			}
		})
	}
	group.Wait()
}
