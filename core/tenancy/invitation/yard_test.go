package invitation_test

import (
	"context"
	"testing"
	"time"

	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/identity"
	"github.com/weir-store/weir/core/identity/apikey"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/tenancy"
	"github.com/weir-store/weir/core/tenancy/invitation"
	"github.com/weir-store/weir/core/tenancy/org"
	"github.com/weir-store/weir/core/tenancy/tuple"
	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/internal/testkit"
	"github.com/weir-store/weir/storage"
	"github.com/weir-store/weir/storage/memdb"
)

const (
	ann  urn.ID = "usr_01890a5d0c1e7000a0000000000000a1"
	bea  urn.ID = "usr_01890a5d0c1e7000a0000000000000a2"
	cyd  urn.ID = "usr_01890a5d0c1e7000a0000000000000a3"
	dan  urn.ID = "usr_01890a5d0c1e7000a0000000000000a4"
	eve  urn.ID = "usr_01890a5d0c1e7000a0000000000000a5"
	host urn.ID = "svc_01890a5d0c1e7000a0000000000000b1"
	tool urn.ID = "svc_01890a5d0c1e7000a0000000000000b2"
	chef urn.ID = "svc_01890a5d0c1e7000a0000000000000b3"
)

// yard is a store with an organization of ann's, in which bea is an admin and
// cyd a member; dan and eve are users; host acts for all of
// them, chef administers the cluster, and tool is a service.
type yard struct {
	*testkit.Solo
	t      *testing.T
	tokens map[urn.ID]string
	org    urn.ID
}

func newYard(t *testing.T) *yard {
	t.Helper()
	return newYardOver(t, memdb.New())
}

func newYardOver(t *testing.T, engine storage.Engine) *yard {
	t.Helper()
	y := &yard{Solo: testkit.Over(t, engine), t: t, tokens: map[urn.ID]string{"": "", "root": ""}}
	y.tokens["root"] = y.Root
	for _, id := range []urn.ID{ann, bea, cyd, dan, eve} {
		y.tokens[id] = y.Token(id)
	}
	for _, id := range []urn.ID{host, tool, chef} {
		must(y, "root", identity.Create, identity.CreateInput{ID: id, Kind: "service"})
		y.key(id)
	}
	must(y, "root", identity.Permit, identity.PermitInput{ID: host, Permission: op.ActAsHost})
	must(y, "root", identity.Permit, identity.PermitInput{ID: chef, Permission: op.Administer})
	y.org = must(y, ann, org.Create, org.CreateInput{}).Org.ID
	y.join(bea, tenancy.Admin)
	y.join(cyd, tenancy.Member)
	return y
}

// key gives a principal a key of its own.
func (y *yard) key(id urn.ID) {
	y.t.Helper()
	y.tokens[id] = must(y, "root", apikey.Create, apikey.CreateInput{PrincipalID: id, Name: "test"}).Token
}

// join makes somebody a member, by an invitation.
func (y *yard) join(who urn.ID, role tenancy.Role) urn.ID {
	y.t.Helper()
	text := string(who) + "@joins"
	i := y.invite(host, invitation.CreateInput{Identifier: text, Role: role})
	return must(y, forUser(who), invitation.Accept, invitation.AcceptInput{ID: i.ID, Text: &text}).Membership.ID
}

// actor is a host and the user for whom it acts.
type actor struct{ token, user urn.ID }

// forUser is the host, who acts for a user.
func forUser(id urn.ID) actor { return actor{host, id} }

type runner struct {
	edge  op.Runner
	token string
	actAs urn.ID
	idem  string
}

func (r runner) Run(ctx context.Context, call *op.Call) (*op.Reply, error) {
	c := *call
	c.Token, c.ActAs, c.IdempotencyKey = r.token, r.actAs, r.idem
	return r.edge.Run(ctx, &c)
}

func (y *yard) as(who any) runner {
	y.t.Helper()
	a, ok := who.(actor)
	if !ok {
		id, isID := who.(urn.ID)
		if !isID {
			id = urn.ID(who.(string))
		}
		a = actor{token: id}
	}
	token, known := y.tokens[a.token]
	if !known {
		y.t.Fatalf("%s has no key", a.token)
	}
	return runner{edge: y.Edge, token: token, actAs: a.user}
}

// operation is a command or query that can be called.
type operation[In, Out any] interface {
	Call(ctx context.Context, r op.Runner, in In) (Out, error)
}

// do calls as somebody: an id, "" for nobody, or an actor.
func do[In, Out any](y *yard, who any, o operation[In, Out], in In) (Out, error) {
	y.t.Helper()
	return o.Call(context.Background(), y.as(who), in)
}

func must[In, Out any](y *yard, who any, o operation[In, Out], in In) Out {
	y.t.Helper()
	out, err := do(y, who, o, in)
	if err != nil {
		y.t.Fatalf("%T as %v: %v", in, who, err)
	}
	return out
}

// code is the code of an error's fault; "" for none.
func code(t *testing.T, err error) fault.Code {
	t.Helper()
	if err == nil {
		return ""
	}
	f, ok := fault.Of(err)
	if !ok {
		t.Fatalf("not a fault: %v", err)
	}
	return f.Code
}

// later is a time from now.
func (y *yard) later(d time.Duration) state.Time { return state.Time(y.Clock.Now().Add(d).UnixMicro()) }

// filled is an input to which what must be there was added.
func (y *yard) filled(in invitation.CreateInput) invitation.CreateInput {
	if in.ID == "" {
		in.ID = y.org
	}
	if in.Identifier == "" {
		in.Identifier = "dan@example.com"
	}
	if in.Role == "" {
		in.Role = tenancy.Member
	}
	if in.ExpiresAt == 0 {
		in.ExpiresAt = y.later(time.Hour)
	}
	return in
}

func (y *yard) invite(as any, in invitation.CreateInput) invitation.CreateOutput {
	y.t.Helper()
	return must(y, as, invitation.Create, y.filled(in))
}

func (y *yard) get(id urn.ID) invitation.Invitation {
	y.t.Helper()
	return must(y, host, invitation.Get, invitation.Input{ID: id})
}

// accept tries to accept, with an identifier and a token where they are given.
func (y *yard) accept(who any, id urn.ID, text, token string) (invitation.Accepted, error) {
	y.t.Helper()
	in := invitation.AcceptInput{ID: id}
	if text != "" {
		in.Text = &text
	}
	if token != "" {
		in.Token = &token
	}
	return do(y, who, invitation.Accept, in)
}

// known makes a user who has an identifier, and a key of its own.
func (y *yard) known(text string) urn.ID {
	y.t.Helper()
	elsewhere := must(y, eve, org.Create, org.CreateInput{}).Org.ID
	i := y.invite(eve, invitation.CreateInput{ID: elsewhere, Identifier: text})
	made := must(y, host, invitation.Accept, invitation.AcceptInput{ID: i.ID})
	id := *made.Invitation.InvitedUserID
	y.key(id)
	return id
}

// doc is a document of an application.
const doc urn.ID = "01890a5d-0c1e-7000-a000-000000000052"

// holds asks whether a user has a relation to a document.
func (y *yard) holds(user urn.ID, relation string, object urn.ID) bool {
	y.t.Helper()
	return must(y, host, tuple.Check, tuple.CheckInput{SubjectType: "usr", SubjectID: user, Relation: &relation, ObjectType: "doc", ObjectID: object}).Allowed
}
