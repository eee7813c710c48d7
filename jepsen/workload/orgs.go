package workload

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"

	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/tenancy"
	"github.com/weir-store/weir/core/tenancy/org"
	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/jepsen/history"
	"github.com/weir-store/weir/jepsen/model"
)

// seasons are long: many changes of one organization.
var seasons = game{places: 4, calls: maxPerPart, slowly: true}

// Orgs has members of an organization join, leave, rise and fall, by themselves,
// by one another and by the host, who all know what they saw last.
type Orgs struct {
	name string
	// steps are what clients do, drawn with equal chance; first is the lowest
	// user that they do it to, and roles what he is made.
	steps []model.OrgStep
	first int
	roles []string

	app     *application
	users   [][]urn.ID
	history *history.Recorder[model.OrgInput, model.OrgOutput]
}

// Owners is many owners of few organizations, who all would go.
func Owners() *Orgs {
	return &Orgs{
		name: "owners", roles: []string{model.Owner, model.Owner, model.Admin, model.Member},
		steps: []model.OrgStep{
			model.ReadMembers, model.ReadMembers, model.ReadMembers, model.Join, model.ChangeRole, model.ChangeRole,
			model.Suspend, model.Reinstate, model.Leave, model.Leave, model.Expel, model.Transfer,
		},
	}
}

// Pairs is the same few users let in, removed and changed by several at once.
func Pairs() *Orgs {
	return &Orgs{
		name: "pairs", first: 1, roles: []string{model.Admin, model.Member},
		steps: []model.OrgStep{model.ReadMembers, model.ReadMembers, model.Join, model.Join, model.Join, model.Expel, model.Expel, model.ChangeRole},
	}
}

// sharedOrg is an organization, and what its clients believe of it.
type sharedOrg struct {
	id    urn.ID
	users []urn.ID
	mu    sync.Mutex // guards believed
	// believed are the live memberships as the clients last heard.
	believed [model.Users]model.Seat
}

// Name implements Workload.
func (w *Orgs) Name() string { return w.name }

// Prepare implements Workload.
func (w *Orgs) Prepare(ctx context.Context, c *Cluster) (err error) {
	w.history = history.NewRecorder[model.OrgInput, model.OrgOutput]()
	if w.app, err = c.application(ctx, w.name+"-host"); err != nil {
		return err
	}
	for range seasons.places {
		users, err := c.users(ctx, model.Users)
		if err != nil {
			return err
		}
		w.users = append(w.users, users)
	}
	return nil
}

// Run implements Workload.
func (w *Orgs) Run(ctx context.Context, seed uint64) { play(ctx, seasons, seed, w.begin, w.turn) }

func (w *Orgs) begin(ctx context.Context, r *rand.Rand, place int) (*sharedOrg, error) {
	ctx, cancel := w.app.cluster.within(ctx)
	defer cancel()
	o := &sharedOrg{users: w.users[place]}
	made, err := org.Create.Call(ctx, w.app.as(r, o.users[0]), org.CreateInput{})
	o.id, o.believed[0] = made.Org.ID, model.Seat{ID: string(made.OwnerMembership.ID), Role: model.Owner}
	return o, err
}

func (w *Orgs) turn(ctx context.Context, r *rand.Rand, client int, o *sharedOrg) history.Outcome {
	in := w.draw(r, o)
	return w.history.Do(client, in, func() (model.OrgOutput, error) {
		ctx, cancel := w.app.cluster.within(ctx)
		defer cancel()
		runner := w.app.itself(r)
		if in.Actor != model.Nobody {
			runner = w.app.as(r, o.users[in.Actor])
		}
		out, err := o.call(ctx, runner, in)
		o.learn(in, out, err)
		return out, err
	})
}

// draw chooses a call that makes sense by what is believed, now and then one
// that does not.
func (w *Orgs) draw(r *rand.Rand, o *sharedOrg) model.OrgInput {
	o.mu.Lock()
	defer o.mu.Unlock()
	in := model.OrgInput{Org: string(o.id), Step: w.steps[r.IntN(len(w.steps))], Actor: model.Nobody, Other: model.Nobody}
	if in.Step == model.ReadMembers {
		return in
	}
	in.User = w.first + r.IntN(model.Users-w.first)
	seat := o.believed[in.User]
	switch {
	case seat.Role == "":
		in.Step = model.Join
	case seat.Suspended && in.Step != model.Join && in.Step != model.Expel:
		in.Step = model.Reinstate
	}
	in.Mem = seat.ID
	switch in.Step {
	case model.Join:
		in.Mem, in.Role = "", w.roles[r.IntN(len(w.roles))]
	case model.ChangeRole:
		in.Role = w.roles[r.IntN(len(w.roles))]
	case model.Leave:
		in.Actor = in.User
		if r.IntN(3) == 0 {
			in.Other = r.IntN(model.Users)
		}
	case model.Transfer:
		in.Other = r.IntN(model.Users)
		in.OtherMem = o.believed[in.Other].ID
	}
	if in.Step == model.Transfer && (in.OtherMem == "" || in.Other == in.User) || in.Step == model.Leave && in.Other == in.User {
		in.Step, in.Actor, in.Other, in.OtherMem = model.ReadMembers, model.Nobody, model.Nobody, ""
		return in
	}
	if n := r.IntN(10); in.Step != model.Leave && n < 6 {
		in.Actor = in.User
		if n < 4 || in.Step == model.Join {
			in.Actor = r.IntN(model.Users)
		}
	}
	return in
}

func (o *sharedOrg) call(ctx context.Context, runner op.Runner, in model.OrgInput) (out model.OrgOutput, err error) {
	mem := org.MembershipInput{ID: urn.ID(in.Mem)}
	var m org.Membership
	switch in.Step {
	case model.ReadMembers:
		return o.read(ctx, runner)
	case model.Join:
		m, err = org.AddMember.Call(ctx, runner, org.AddMemberInput{ID: o.id, UsrID: o.users[in.User], Role: tenancy.Role(in.Role)})
	case model.ChangeRole:
		m, err = org.ChangeRole.Call(ctx, runner, org.ChangeRoleInput{ID: mem.ID, NewRole: tenancy.Role(in.Role)})
	case model.Suspend:
		_, err = org.SuspendMember.Call(ctx, runner, mem)
	case model.Reinstate:
		_, err = org.ReinstateMember.Call(ctx, runner, mem)
	case model.Expel:
		_, err = org.Remove.Call(ctx, runner, mem)
	case model.Leave:
		leave := org.LeaveInput{ID: mem.ID}
		if in.Other != model.Nobody {
			leave.TransferTo = o.users[in.Other]
		}
		_, err = org.Leave.Call(ctx, runner, leave)
	case model.Transfer:
		var both org.Transferred
		both, err = org.Transfer.Call(ctx, runner, org.TransferInput{ID: o.id, FromMemID: mem.ID, ToMemID: urn.ID(in.OtherMem)})
		m, out.OtherMem = both.FromMembership, string(both.ToMembership.ID)
	}
	out.Mem = string(m.ID)
	return out, err
}

// read lists the active members.
func (o *sharedOrg) read(ctx context.Context, runner op.Runner) (out model.OrgOutput, err error) {
	page, err := org.Members.Call(ctx, runner, org.MembersInput{ID: o.id, Status: tenancy.StatusActive, Paging: op.Paging{Limit: 200}})
	if err == nil && page.HasMore {
		err = fault.New(fault.DependencyUnavailable, "the list does not fit on one page")
	}
	for _, m := range page.Items {
		u := slices.Index(o.users, m.UsrID)
		if u < 0 {
			return out, fmt.Errorf("workload: %s is a stranger", m.UsrID)
		}
		out.Twice = out.Twice || out.Active[u].ID != ""
		out.Active[u] = model.Seat{ID: string(m.ID), Role: string(m.Role)}
	}
	return out, err
}

// learn takes from an answer what there is now.
func (o *sharedOrg) learn(in model.OrgInput, out model.OrgOutput, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if f, ok := fault.Of(err); ok && f.Code == fault.DuplicateMembership {
		o.blocked(in.User, f)
	}
	if err != nil {
		return
	}
	seat := &o.believed[in.User]
	switch in.Step {
	case model.ReadMembers:
		for u, seen := range out.Active {
			if seen.ID != "" || !o.believed[u].Suspended {
				o.believed[u] = seen
			}
		}
	case model.Join, model.ChangeRole:
		*seat = model.Seat{ID: out.Mem, Role: in.Role}
	case model.Suspend, model.Reinstate:
		seat.Suspended = in.Step == model.Suspend
	case model.Expel, model.Leave:
		*seat = model.Seat{}
	case model.Transfer:
		*seat, o.believed[in.Other] = model.Seat{ID: out.Mem, Role: model.Member}, model.Seat{ID: out.OtherMem, Role: model.Owner}
	}
}

// blocked learns of a membership that stands in the way, which may be one that
// lists of active members do not show.
func (o *sharedOrg) blocked(user int, f *fault.Fault) {
	seat := model.Seat{Role: model.Member}
	for _, m := range f.Members {
		text, _ := m.Value.(string)
		switch m.Name {
		case "membership_id":
			seat.ID = text
		case "status":
			seat.Suspended = text == tenancy.StatusSuspended
		}
	}
	if seat.ID != "" {
		o.believed[user] = seat
	}
}

// Judge implements Workload.
func (w *Orgs) Judge(keep string) (Result, error) {
	initial := [model.Users]model.Seat{model.Founder}
	return judge(w.Name(), keep, model.Org(initial), w.history.Operations())
}
