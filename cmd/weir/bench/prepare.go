package bench

import (
	"context"
	"fmt"
	"math/rand/v2"

	"github.com/HdrHistogram/hdrhistogram-go"
	"golang.org/x/sync/errgroup"

	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/identity"
	"github.com/weir-store/weir/core/identity/apikey"
	"github.com/weir-store/weir/core/objects"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/tenancy"
	"github.com/weir-store/weir/core/urn"
)

// prepare makes what the workload needs, and the clients.
func (r *run) prepare(ctx context.Context) ([]*client, error) {
	token := r.Token
	var scope urn.ID
	if r.Member {
		owner, member, id, err := r.people(ctx)
		if err != nil {
			return nil, err
		}
		token, scope = member, id
		if r.owner, err = r.Connect(owner, 0); err != nil {
			return nil, err
		}
	}
	clients := make([]*client, r.Clients)
	for i := range clients {
		runner, err := r.Connect(token, i)
		if err != nil {
			return nil, err
		}
		clients[i] = &client{
			number: i, runner: runner, bench: r, random: rand.New(rand.NewPCG(r.Seed, uint64(i))),
			histogram: hdrhistogram.New(shortest, longest, digits), failed: map[fault.Code]int64{},
		}
	}
	if !r.work.existing {
		return clients, nil
	}
	return clients, r.furnish(ctx, clients, scope)
}

// people makes an owner and a member with a key each, and a scope of both.
func (r *run) people(ctx context.Context) (owner, member string, scope urn.ID, err error) {
	admin, err := r.Connect(r.Token, 0)
	if err != nil {
		return "", "", "", err
	}
	var ids [2]urn.ID
	var tokens [2]string
	for i, name := range []string{"bench owner", "bench member"} {
		p, err := identity.Create.Call(ctx, admin, identity.CreateInput{Kind: identity.KindUser, DisplayName: name})
		if err != nil {
			return "", "", "", err
		}
		key, err := apikey.Create.Call(ctx, admin, apikey.CreateInput{PrincipalID: p.ID, Name: "bench"})
		if err != nil {
			return "", "", "", err
		}
		ids[i], tokens[i] = p.ID, key.Token
	}
	runner, err := r.Connect(tokens[0], 0)
	if err != nil {
		return "", "", "", err
	}
	s, err := tenancy.Create.Call(ctx, runner, tenancy.CreateInput{Name: "bench"})
	if err != nil {
		return "", "", "", err
	}
	_, err = tenancy.Add.Call(ctx, runner, tenancy.AddInput{ID: s.ID, PrincipalID: ids[1], Role: tenancy.Editor})
	return tokens[0], tokens[1], s.ID, err
}

// furnishers is how many objects are made at the same time before a run.
const furnishers = 16

// furnish makes the objects that are there before.
func (r *run) furnish(ctx context.Context, clients []*client, scope urn.ID) error {
	r.objects = make([]string, max(r.Objects, 1))
	group, ctx := errgroup.WithContext(ctx)
	hands := min(furnishers, len(clients))
	for hand := range hands {
		group.Go(func() error {
			c := clients[hand]
			runner := c.runner
			if r.owner != nil {
				runner = r.owner
			}
			for i := hand; i < len(r.objects); i += hands {
				id, err := r.place(ctx, runner, c.data(), scope)
				if err != nil {
					return fmt.Errorf("object %d: %w", i, err)
				}
				r.objects[i] = string(id)
			}
			return nil
		})
	}
	return group.Wait()
}

func (r *run) place(ctx context.Context, runner op.Runner, data op.JSON, scope urn.ID) (urn.ID, error) {
	o, err := objects.Create.Call(ctx, runner, objects.CreateInput{Type: objectType, Data: data})
	if err != nil || scope == "" {
		return o.ID, err
	}
	_, err = tenancy.Project.Call(ctx, runner, tenancy.ProjectInput{ID: scope, ObjectID: o.ID, Level: op.Write.String()})
	return o.ID, err
}
