package workload

import (
	"context"
	"math/rand/v2"

	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/tenancy"
	"github.com/weir-store/weir/core/tenancy/org"
	"github.com/weir-store/weir/core/tenancy/tuple"
	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/jepsen/history"
	"github.com/weir-store/weir/jepsen/model"
)

// Grants adds a user to an organization and removes him, suspends the
// organization, and writes and deletes a tuple of his, while others check and
// list on whatever node.
type Grants struct {
	app     *application
	users   []urn.ID
	history *history.Recorder[model.GrantInput, model.GrantOutput]
}

// grant is a user with an organization and a document.
type grant struct{ user, org, document urn.ID }

// Name implements Workload.
func (*Grants) Name() string { return "grants" }

// Prepare implements Workload.
func (w *Grants) Prepare(ctx context.Context, c *Cluster) (err error) {
	w.history = history.NewRecorder[model.GrantInput, model.GrantOutput]()
	if w.app, err = c.application(ctx, "grants-host"); err != nil {
		return err
	}
	w.users, err = c.users(ctx, seasons.places+1)
	return err
}

// Run implements Workload.
func (w *Grants) Run(ctx context.Context, seed uint64) { play(ctx, seasons, seed, w.begin, w.turn) }

func (w *Grants) begin(ctx context.Context, r *rand.Rand, place int) (grant, error) {
	ctx, cancel := w.app.cluster.within(ctx)
	defer cancel()
	made, err := org.Create.Call(ctx, w.app.as(r, w.users[seasons.places]), org.CreateInput{})
	return grant{w.users[place], made.Org.ID, document(r)}, err
}

func (w *Grants) turn(ctx context.Context, r *rand.Rand, client int, g grant) history.Outcome {
	in := model.GrantInput{Org: string(g.org), Step: []model.GrantStep{model.CheckMember, model.CheckTuple, model.ListMembers, model.GetOrg}[r.IntN(4)]}
	if client%clientsToPart == 0 {
		in.Step = []model.GrantStep{
			model.AddUser, model.AddUser, model.RemoveUser, model.RemoveUser, model.SuspendOrg, model.ReinstateOrg, model.ReinstateOrg,
			model.WriteTuple, model.DeleteTuple,
		}[r.IntN(9)]
	}
	return w.history.Do(client, in, func() (model.GrantOutput, error) {
		ctx, cancel := w.app.cluster.within(ctx)
		defer cancel()
		allowed, err := w.call(ctx, r, g, in.Step)
		return model.GrantOutput{Allowed: allowed}, err
	})
}

func (w *Grants) call(ctx context.Context, r *rand.Rand, g grant, step model.GrantStep) (allowed bool, err error) {
	host := w.app.itself(r)
	switch step {
	case model.CheckMember:
		return w.check(ctx, r, g, string(tenancy.Member), urn.PrefixOrg, g.org)
	case model.CheckTuple:
		return w.check(ctx, r, g, "reader", "doc", g.document)
	case model.ListMembers:
		page, err := org.Members.Call(ctx, host, org.MembersInput{ID: g.org, Status: tenancy.StatusActive, Paging: op.Paging{Limit: 200}})
		for _, m := range page.Items {
			allowed = allowed || m.UsrID == g.user
		}
		return allowed, err
	case model.GetOrg:
		_, err := org.Get.Call(ctx, w.app.as(r, g.user), org.Input{ID: g.org})
		if fault.Is(err, fault.NotFound) {
			return false, nil
		}
		return err == nil, err
	case model.AddUser:
		_, err = tenancy.Add.Call(ctx, host, tenancy.AddInput{ID: g.org, PrincipalID: g.user, Role: tenancy.Member})
	case model.RemoveUser:
		_, err = tenancy.Remove.Call(ctx, host, tenancy.RemoveInput{ID: g.org, PrincipalID: g.user})
	case model.SuspendOrg:
		_, err = org.Suspend.Call(ctx, host, org.Input{ID: g.org})
	case model.ReinstateOrg:
		_, err = org.Reinstate.Call(ctx, host, org.Input{ID: g.org})
	case model.WriteTuple:
		_, err = tuple.Create.Call(ctx, host, tuple.CreateInput{KeyInput: tuple.KeyInput{
			SubjectType: urn.PrefixUser, SubjectID: g.user, Relation: "reader", ObjectType: "doc", ObjectID: g.document,
		}})
	case model.DeleteTuple:
		return w.forget(ctx, r, g)
	}
	return false, err
}

// check asks about the user, by himself or by the host.
func (w *Grants) check(ctx context.Context, r *rand.Rand, g grant, relation, kind string, object urn.ID) (bool, error) {
	runner := w.app.itself(r)
	if r.IntN(2) == 0 {
		runner = w.app.as(r, g.user)
	}
	got, err := tuple.Check.Call(ctx, runner, tuple.CheckInput{SubjectType: urn.PrefixUser, SubjectID: g.user, Relation: &relation, ObjectType: kind, ObjectID: object})
	return got.Allowed, err
}

// forget deletes the tuple that the user has to his document, and says whether
// there was one.
func (w *Grants) forget(ctx context.Context, r *rand.Rand, g grant) (bool, error) {
	page, err := tuple.List.Call(ctx, w.app.itself(r), tuple.ListInput{ObjectType: "doc", ObjectID: g.document})
	if err != nil || len(page.Items) == 0 {
		return false, err
	}
	_, err = tuple.Delete.Call(ctx, w.app.itself(r), tuple.DeleteInput{ID: page.Items[0].ID})
	return err == nil, err
}

// Judge implements Workload.
func (w *Grants) Judge(keep string) (Result, error) {
	return judge(w.Name(), keep, model.Grants(), w.history.Operations())
}
