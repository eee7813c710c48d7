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

// callsToRound is how many calls each client makes in a round.
const callsToRound = 4

// rounds plays short rounds in n places beside each other until the context
// ends. Each is about a thing of its own, which begin makes, so that many are
// decided under faults: clientsToPart clients call at once.
func rounds[T any](ctx context.Context, n int, seed uint64, begin func(ctx context.Context, r *rand.Rand) (T, error), turn func(ctx context.Context, r *rand.Rand, client int, thing T)) {
	var group sync.WaitGroup
	for place := range n {
		group.Go(func() {
			r := rand.New(rand.NewPCG(seed, uint64(place)))
			for ctx.Err() == nil {
				thing, err := begin(ctx, r)
				pause(ctx, r)
				if err != nil {
					continue // a fault: what was made is left alone
				}
				var clients sync.WaitGroup
				for k := range clientsToPart {
					own := rand.New(rand.NewPCG(r.Uint64(), uint64(k)))
					clients.Go(func() {
						for range callsToRound {
							turn(ctx, own, place*clientsToPart+k, thing)
						}
					})
				}
				clients.Wait()
			}
		})
	}
	group.Wait()
}
