package workload

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/tenancy"
	"github.com/weir-store/weir/core/tenancy/invitation"
	"github.com/weir-store/weir/core/tenancy/org"
	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/jepsen/history"
	"github.com/weir-store/weir/jepsen/model"
)

// Invitations has two users and those who sent an invitation decide on it at
// once.
type Invitations struct {
	once
	founder  urn.ID
	invitees []urn.ID
	sent     atomic.Uint64
}

// letter is an invitation with what its holder knows.
type letter struct {
	invitation.CreateOutput
	identifier string
}

// Name implements Workload.
func (*Invitations) Name() string { return "invitations" }

// Prepare implements Workload.
func (w *Invitations) Prepare(ctx context.Context, c *Cluster) error {
	if err := w.prepare(ctx, c, w.Name()); err != nil {
		return err
	}
	users, err := c.users(ctx, 3)
	if err != nil {
		return err
	}
	w.founder, w.invitees = users[0], users[1:]
	return nil
}

// Run implements Workload.
func (w *Invitations) Run(ctx context.Context, seed uint64) {
	play(ctx, rounds, seed, w.begin, w.turn)
}

func (w *Invitations) begin(ctx context.Context, r *rand.Rand, _ int) (*letter, error) {
	ctx, cancel := w.app.cluster.within(ctx)
	defer cancel()
	made, err := org.Create.Call(ctx, w.app.as(r, w.founder), org.CreateInput{})
	if err != nil {
		return nil, err
	}
	l := &letter{identifier: fmt.Sprintf("guest-%d@example.com", w.sent.Add(1))}
	l.CreateOutput, err = invitation.Create.Call(ctx, w.app.as(r, w.founder), invitation.CreateInput{
		ID: made.Org.ID, Identifier: l.identifier, Role: tenancy.Member, ExpiresAt: state.Time(time.Now().Add(24 * time.Hour).UnixMicro()),
	})
	return l, err
}

func (w *Invitations) turn(ctx context.Context, r *rand.Rand, client int, l *letter) history.Outcome {
	thing, who := l.ID, w.invitees[r.IntN(len(w.invitees))]
	switch n := r.IntN(10); {
	case n < 4:
		return w.do(ctx, client, thing, model.Accept, who, func(ctx context.Context) (string, error) {
			_, err := invitation.Accept.Call(ctx, w.app.as(r, who), invitation.AcceptInput{ID: thing, Text: &l.identifier})
			return "", err
		})
	case n < 5:
		return w.do(ctx, client, thing, model.Decline, "", func(ctx context.Context) (string, error) {
			_, err := invitation.Decline.Call(ctx, w.app.nobody(r), invitation.DeclineInput{ID: thing, Token: &l.Token})
			return "", err
		})
	case n < 7:
		return w.do(ctx, client, thing, model.Revoke, "", func(ctx context.Context) (string, error) {
			_, err := invitation.Revoke.Call(ctx, w.app.as(r, w.founder), invitation.Input{ID: thing})
			return "", err
		})
	default:
		return w.do(ctx, client, thing, model.Look, "", func(ctx context.Context) (string, error) {
			got, err := invitation.Get.Call(ctx, w.app.itself(r), invitation.Input{ID: thing})
			if got.InvitedUserID != nil {
				return model.AcceptedBy(string(*got.InvitedUserID)), err
			}
			return got.Status, err
		})
	}
}

// Judge implements Workload.
func (w *Invitations) Judge(keep string) (Result, error) {
	return judge(w.Name(), keep, model.Invitation(), w.history.Operations())
}
