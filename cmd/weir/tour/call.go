package tour

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/weir-store/weir/cmd/weir/remote"
	"github.com/weir-store/weir/core/access"
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/identity"
	"github.com/weir-store/weir/core/identity/apikey"
	"github.com/weir-store/weir/core/objects"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/system"
	"github.com/weir-store/weir/core/urn"
)

// person is somebody of the story.
type person struct {
	id    urn.ID
	token string
}

// as gives a way to the cluster for a token, through all nodes or some.
func (t *tour) as(token string, through ...*node) (op.Runner, error) {
	if len(through) == 0 {
		through = t.nodes
	}
	e := remote.Endpoint{Token: token}
	for _, n := range through {
		e.Servers = append(e.Servers, n.url)
	}
	return t.Dial(e)
}

// others are the nodes but one.
func (t *tour) others(but *node) []*node {
	return slices.DeleteFunc(slices.Clone(t.nodes), func(n *node) bool { return n == but })
}

// introduce makes a user with a key of his own.
func (t *tour) introduce(ctx context.Context, name string) (person, error) {
	admin, err := t.as(t.root)
	if err != nil {
		return person{}, err
	}
	p, err := identity.Create.Call(ctx, admin, identity.CreateInput{Kind: identity.KindUser, DisplayName: name})
	if err != nil {
		return person{}, err
	}
	key, err := apikey.Create.Call(ctx, admin, apikey.CreateInput{PrincipalID: p.ID, Name: "tour"})
	if err != nil {
		return person{}, err
	}
	t.saw("%s is %s", name, p.ID)
	return person{p.ID, key.Token}, nil
}

// getNote reads the object of the story at one node, as of now or earlier.
func (t *tour) getNote(ctx context.Context, n *node, token, at string) (*op.Reply, error) {
	return t.run(ctx, n, token, objects.Get.Operation, objects.GetInput{ID: t.note.ID}, at)
}

// bobMayRead asks as administrator.
func (t *tour) bobMayRead(ctx context.Context, at string) (bool, error) {
	question := access.Question{PrincipalID: t.bob.id, Action: "read", ObjectID: t.note.ID}
	reply, err := t.run(ctx, t.nodes[0], t.root, access.Check.Operation, question, at)
	if err != nil {
		return false, fmt.Errorf("check: %w", err)
	}
	var verdict access.Verdict
	err = op.Unmarshal(reply.Output, &verdict)
	return verdict.Allowed, err
}

func (t *tour) run(ctx context.Context, n *node, token string, o *op.Operation, input any, at string) (*op.Reply, error) {
	runner, err := t.as(token, n)
	if err != nil {
		return nil, err
	}
	raw, err := op.Marshal(input)
	if err != nil {
		return nil, err
	}
	return runner.Run(ctx, &op.Call{Op: o.Name, Operation: o, Input: raw, At: at})
}

// refused says whether an error is the refusal that was to come.
func refused(err error, status int) error {
	if err == nil {
		return fmt.Errorf("it succeeded, where %d %s was to come", status, http.StatusText(status))
	}
	if f, ok := fault.Of(err); !ok || f.Status() != status {
		return fmt.Errorf("not %d %s but: %w", status, http.StatusText(status), err)
	}
	return nil
}

// leader is the node that leads, as the first of the asked nodes says that
// knows. While an election is going on it waits.
func (t *tour) leader(ctx context.Context, ask ...*node) (*node, error) {
	if len(ask) == 0 {
		ask = t.nodes
	}
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		for _, n := range ask {
			reply, err := t.run(ctx, n, t.root, system.StatusQuery.Operation, system.StatusInput{}, "")
			if err != nil {
				return nil, fmt.Errorf("ask %s who leads: %w", n.name, err)
			}
			var status system.Status
			if err := op.Unmarshal(reply.Output, &status); err != nil {
				return nil, err
			}
			if i := slices.IndexFunc(ask, func(n *node) bool { return n.name == status.LeaderID }); i >= 0 {
				return ask[i], nil
			}
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("no node says who leads: %w", ctx.Err())
		case <-tick.C:
		}
	}
}
