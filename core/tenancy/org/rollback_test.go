package org_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/weir-store/weir/core/audit"
	"github.com/weir-store/weir/core/audit/chain"
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/identity"
	"github.com/weir-store/weir/core/identity/account"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/temporal"
	"github.com/weir-store/weir/core/tenancy"
	"github.com/weir-store/weir/core/tenancy/org"
	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/internal/testkit"
)

// yard is an organization on a store with a trail: ann owns it, bea is an admin
// and cyd a viewer of it.
type yard struct {
	*testkit.Solo
	t     *testing.T
	shop  string
	host  op.Runner
	users map[string]urn.ID
	mems  map[string]urn.ID
	org   urn.ID
}

func yardOf(t *testing.T) *yard {
	t.Helper()
	s := testkit.New(t)
	y := &yard{Solo: s, t: t, shop: s.Host("shop"), users: map[string]urn.ID{}, mems: map[string]urn.ID{}}
	y.host = s.As(y.shop)
	for _, name := range []string{"ann", "bea", "cyd", "dan"} {
		y.users[name] = run(y, y.host, account.Create, account.CreateInput{}).ID
	}
	made := run(y, y.as("ann"), org.Create, org.CreateInput{})
	y.org, y.mems["ann"] = made.Org.ID, made.OwnerMembership.ID
	y.add("bea", tenancy.Admin)
	y.add("cyd", tenancy.Viewer)
	return y
}

func (y *yard) as(name string) op.Runner {
	switch name {
	case "host":
		return y.host
	case "root":
		return y.Admin()
	}
	return y.For(y.shop, y.users[name])
}

func run[In, Out any](y *yard, as op.Runner, o interface {
	Call(ctx context.Context, r op.Runner, in In) (Out, error)
}, in In,
) Out {
	y.t.Helper()
	out, err := o.Call(y.t.Context(), as, in)
	if err != nil {
		y.t.Fatalf("%+v: %v", in, err)
	}
	return out
}

func (y *yard) add(name string, role tenancy.Role) {
	y.t.Helper()
	y.mems[name] = run(y, y.host, org.AddMember, org.AddMemberInput{ID: y.org, UsrID: y.users[name], Role: role}).ID
}

func (y *yard) change(as, name string, role tenancy.Role) {
	y.t.Helper()
	y.mems[name] = run(y, y.as(as), org.ChangeRole, org.ChangeRoleInput{ID: y.mems[name], NewRole: role}).ID
}

func (y *yard) leave(name string) {
	y.t.Helper()
	run(y, y.as(name), org.Leave, org.LeaveInput{ID: y.mems[name]})
}

func (y *yard) one(name string) org.MembershipInput { return org.MembershipInput{ID: y.mems[name]} }

// last is the newest entry that tells of a change.
func (y *yard) last() (id urn.ID) {
	y.t.Helper()
	if err := y.Look(func(v state.View) error {
		for n := audit.SizeAt(v, v.Revision()); id == ""; n-- {
			if e, _ := audit.EntryAt(v, n); e.Outcome == chain.OK && e.Entity != audit.EntityAudit {
				id = e.ID
			}
		}
		return nil
	}); err != nil {
		y.t.Fatal(err)
	}
	return id
}

// now lists who is what in the organization, and how, by the rows that count.
func (y *yard) now(name string) (role tenancy.Role, status string, rows []org.Membership) {
	y.t.Helper()
	in := org.OfUserInput{ID: y.users[name]}
	in.Limit = 200
	rows = run(y, y.host, org.OfUser, in).Items
	for _, m := range rows {
		if m.OrgID == y.org && m.Status != "revoked" {
			role, status = m.Role, m.Status
		}
	}
	return role, status, rows
}

// TestTakenBack has what a rollback makes of a member, and by which rows; taken
// back again, it is what it was.
func TestTakenBack(t *testing.T) {
	type what struct {
		role   tenancy.Role
		status string
	}
	gone := what{}
	for _, row := range []struct {
		name, whom string
		act        func(y *yard)
		by         string
		want       what
		rows       int
		reason     string
	}{
		{"an addition", "dan", func(y *yard) { y.add("dan", tenancy.Member) }, "ann", gone, 1, tenancy.EndRolledBack},
		{"an addition of an owner, by a host", "dan", func(y *yard) { y.add("dan", tenancy.Owner) }, "host", gone, 1, tenancy.EndRolledBack},
		{"one's own addition as an owner", "dan", func(y *yard) { y.add("dan", tenancy.Owner) }, "dan", gone, 1, tenancy.EndRolledBack},
		{"leaving", "cyd", func(y *yard) { y.leave("cyd") }, "ann", what{tenancy.Viewer, "active"}, 2, ""},
		{"leaving of somebody suspended before", "cyd", func(y *yard) {
			run(y, y.host, org.SuspendMember, y.one("cyd"))
			run(y, y.host, org.Remove, y.one("cyd"))
		}, "ann", what{tenancy.Viewer, "suspended"}, 2, ""},
		{"a removal", "bea", func(y *yard) { run(y, y.as("ann"), org.Remove, y.one("bea")) }, "host", what{tenancy.Admin, "active"}, 2, ""},
		{"a removal by the scope", "bea", func(y *yard) {
			run(y, y.as("ann"), tenancy.Remove, tenancy.RemoveInput{ID: y.org, PrincipalID: y.users["bea"]})
		}, "ann", what{tenancy.Admin, "active"}, 2, ""},
		{"a change of role", "cyd", func(y *yard) { y.change("ann", "cyd", tenancy.Admin) }, "ann", what{tenancy.Viewer, "active"}, 3, ""},
		{"a step down", "ann", func(y *yard) {
			y.add("dan", tenancy.Owner)
			y.change("ann", "ann", tenancy.Guest)
		}, "dan", what{tenancy.Owner, "active"}, 3, ""},
		{"a suspension", "cyd", func(y *yard) { run(y, y.as("ann"), org.SuspendMember, y.one("cyd")) }, "ann", what{tenancy.Viewer, "active"}, 1, ""},
		{"a reinstatement", "cyd", func(y *yard) {
			run(y, y.as("ann"), org.SuspendMember, y.one("cyd"))
			run(y, y.as("ann"), org.ReinstateMember, y.one("cyd"))
		}, "ann", what{tenancy.Viewer, "suspended"}, 1, ""},
		{"an addition in a suspended organization", "dan", func(y *yard) {
			y.add("dan", tenancy.Member)
			y.mems["entry"] = y.last()
			run(y, y.host, org.Suspend, org.Input{ID: y.org})
		}, "ann", gone, 1, tenancy.EndRolledBack},
	} {
		t.Run(row.name, func(t *testing.T) {
			y := yardOf(t)
			row.act(y)
			before, _, _ := y.now(row.whom)
			entry := y.mems["entry"]
			if entry == "" {
				entry = y.last()
			}
			out := run(y, y.as(row.by), temporal.Create, temporal.CreateInput{EntryID: entry})
			role, status, rows := y.now(row.whom)
			if (what{role, status}) != row.want || len(rows) != row.rows {
				t.Errorf("now %s, %s, by %+v", role, status, rows)
			}
			if last := rows[len(rows)-1]; row.reason != "" && (*last.EndReason != row.reason || *last.RemovedBy != y.actor(row.by)) {
				t.Errorf("it ended by %+v", last)
			}
			if len(out.RolledBack) != 1 || len(out.RollbackTraceIDs) != 1 {
				t.Fatalf("the outcome is %+v", out)
			}
			if y.mems["entry"] == "" {
				run(y, y.host, temporal.Create, temporal.CreateInput{EntryID: out.RollbackTraceIDs[0]})
				if again, _, _ := y.now(row.whom); again != before {
					t.Errorf("taken back again, it is %q and was %q", again, before)
				}
			}
			y.Verify()
		})
	}
}

func (y *yard) actor(name string) urn.ID {
	if name == "host" {
		return "shop"
	}
	return y.users[name]
}

// notTakenBack are entries with somebody who would take them back, and what he
// is told.
var notTakenBack = []struct {
	name string
	act  func(y *yard) urn.ID
	by   string
	mode string
	want fault.Code
}{
	{"as an admin", func(y *yard) urn.ID { y.add("dan", tenancy.Member); return y.last() }, "bea", "", fault.RollbackDenied},
	{"as a stranger", func(y *yard) urn.ID { y.add("dan", tenancy.Member); e := y.last(); y.leave("dan"); return e }, "dan", "", fault.RollbackDenied},
	{"another owner's addition", func(y *yard) urn.ID { y.add("dan", tenancy.Owner); return y.last() }, "ann", "", fault.RollbackDenied},
	{"another owner's rise", func(y *yard) urn.ID {
		y.add("dan", tenancy.Member)
		y.change("ann", "dan", tenancy.Owner)
		return y.last()
	}, "ann", "", fault.RollbackDenied},
	{"the addition of the last owner", func(y *yard) urn.ID {
		y.add("dan", tenancy.Owner)
		e := y.last()
		y.leave("ann")
		return e
	}, "host", "", fault.SoleOwner},
	{"the rise of the last owner", func(y *yard) urn.ID {
		y.add("dan", tenancy.Member)
		y.change("ann", "dan", tenancy.Owner)
		e := y.last()
		y.leave("ann")
		return e
	}, "dan", "", fault.SoleOwner},
	{"the reinstatement of the last owner", func(y *yard) urn.ID {
		y.add("dan", tenancy.Owner)
		run(y, y.as("dan"), org.SuspendMember, y.one("dan"))
		run(y, y.host, org.ReinstateMember, y.one("dan"))
		e := y.last()
		y.leave("ann")
		return e
	}, "host", "", fault.SoleOwner},
	{"leaving a suspended organization", func(y *yard) urn.ID {
		y.leave("cyd")
		e := y.last()
		run(y, y.host, org.Suspend, org.Input{ID: y.org})
		return e
	}, "ann", "", fault.OrgNotActive},
	{"leaving a frozen one", func(y *yard) urn.ID {
		y.leave("cyd")
		e := y.last()
		run(y, y.host, org.Freeze, org.Input{ID: y.org})
		return e
	}, "ann", "", fault.ScopeFrozen},
	{"leaving one that is revoked", func(y *yard) urn.ID {
		y.leave("cyd")
		e := y.last()
		run(y, y.host, org.Revoke, org.Input{ID: y.org})
		return e
	}, "ann", "", fault.RollbackConflict},
	{"leaving of one who is back", func(y *yard) urn.ID {
		y.leave("cyd")
		e := y.last()
		y.add("cyd", tenancy.Guest)
		return e
	}, "ann", "", fault.RollbackConflict},
	{"leaving of one who sleeps", func(y *yard) urn.ID {
		y.leave("cyd")
		e := y.last()
		run(y, y.Admin(), identity.Suspend, identity.LifecycleInput{ID: y.users["cyd"]})
		return e
	}, "ann", "", fault.PrincipalInactive},
	{"the addition of one who became something else", func(y *yard) urn.ID {
		y.add("dan", tenancy.Member)
		e := y.last()
		y.change("ann", "dan", tenancy.Guest)
		return e
	}, "ann", "", fault.RollbackConflict},
	{"the same, whatever came later", func(y *yard) urn.ID {
		y.add("dan", tenancy.Member)
		e := y.last()
		y.change("ann", "dan", tenancy.Guest)
		return e
	}, "ann", "overwrite", ""},
	{"a change of role, whatever came later", func(y *yard) urn.ID {
		y.change("ann", "cyd", tenancy.Editor)
		e := y.last()
		run(y, y.as("ann"), org.SuspendMember, y.one("cyd"))
		return e
	}, "ann", "overwrite", ""},
	{"the making of the user who is the last owner", func(y *yard) urn.ID {
		fresh := run(y, y.host, account.Create, account.CreateInput{}).ID
		e := y.last()
		run(y, y.For(y.shop, fresh), org.Create, org.CreateInput{})
		return e
	}, "root", "", fault.SoleOwner},
}

// TestNotTakenBack has what stands against a rollback.
func TestNotTakenBack(t *testing.T) {
	for _, row := range notTakenBack {
		t.Run(row.name, func(t *testing.T) {
			y := yardOf(t)
			_, err := temporal.Create.Call(t.Context(), y.as(row.by), temporal.CreateInput{EntryID: row.act(y), Mode: row.mode})
			if (err == nil) != (row.want == "") || err != nil && !fault.Is(err, row.want) {
				t.Errorf("got %v, want %q", err, row.want)
			}
			y.Verify()
		})
	}
}

// TestExpiredStaysSo has a rollback that comes too late to bring back anything.
func TestExpiredStaysSo(t *testing.T) {
	y := yardOf(t)
	at := run(y, y.host, org.Get, org.Input{ID: y.org}).CreatedAt + state.Time(time.Hour/time.Microsecond)
	m := run(y, y.host, org.AddMember, org.AddMemberInput{ID: y.org, UsrID: y.users["dan"], Role: tenancy.Member, ExpiresAt: at})
	run(y, y.host, org.Remove, org.MembershipInput{ID: m.ID})
	e := y.last()
	y.Clock.Advance(2 * time.Hour)
	out := run(y, y.as("ann"), temporal.Create, temporal.CreateInput{EntryID: e})
	if role, _, _ := y.now("dan"); role != "" || !slices.Equal(out.Skipped, []urn.ID{e}) {
		t.Errorf("%s, %+v", role, out)
	}
}

// TestArchivedOwner has what of a successor's ownership is taken back: nothing,
// since the memberships of who was archived have ended for good.
func TestArchivedOwner(t *testing.T) {
	y := yardOf(t)
	run(y, y.Admin(), identity.Archive, identity.ArchiveInput{ID: y.users["ann"], Successors: []identity.Successor{{OrgID: y.org, UsrID: y.users["cyd"]}}})
	e := y.last()
	if _, err := temporal.Create.Call(t.Context(), y.host, temporal.CreateInput{EntryID: e}); !fault.Is(err, fault.SoleOwner) {
		t.Errorf("the ownership of the successor is taken back: %v", err)
	}
	var archived urn.ID
	if err := y.Look(func(v state.View) error {
		for n := audit.SizeAt(v, v.Revision()); archived == ""; n-- {
			if x, _ := audit.EntryAt(v, n); x.Operation == identity.Archive.Name && x.Entity == op.EntityPrincipal {
				archived = x.ID
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	run(y, y.Admin(), temporal.Create, temporal.CreateInput{EntryID: archived})
	if role, _, rows := y.now("ann"); role != "" || *rows[0].EndReason != tenancy.EndPrincipalRevoked {
		t.Errorf("back, the owner is %s by %+v", role, rows)
	}
	if role, _, _ := y.now("cyd"); role != tenancy.Owner {
		t.Errorf("the successor is %s", role)
	}
	y.add("ann", tenancy.Owner)
	_, _, before := y.now("ann")
	run(y, y.Admin(), identity.Archive, identity.ArchiveInput{ID: y.users["ann"]})
	if _, _, rows := y.now("ann"); rows[0].UpdatedAt != before[0].UpdatedAt || rows[1].UpdatedAt <= before[0].UpdatedAt || *rows[1].EndReason != tenancy.EndPrincipalRevoked {
		t.Errorf("archived again: %+v", rows)
	}
	y.Verify()
}
