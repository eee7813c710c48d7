package model_test

import (
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/jepsen/history"
	"github.com/weir-store/weir/jepsen/model"
)

type (
	orgCall = history.Operation[model.OrgInput, model.OrgOutput]
	roster  = [model.Users]model.Seat
)

// two is an organization with two owners, o and p.
var two = roster{{ID: "o", Role: model.Owner}, {ID: "p", Role: model.Owner}}

// org is a call of the host for itself, unless the input names an actor.
func org(call, ret int64, in model.OrgInput, out model.OrgOutput) orgCall {
	return orgCall{Call: call, Return: ret, Input: in, Outcome: history.OK, Output: out}
}

func asHost(step model.OrgStep, user int, mem string) model.OrgInput {
	return model.OrgInput{Org: "x", Step: step, Actor: model.Nobody, User: user, Mem: mem, Other: model.Nobody}
}

func to(in model.OrgInput, role string) model.OrgInput { in.Role = role; return in }

func by(in model.OrgInput, actor int) model.OrgInput { in.Actor = actor; return in }

func with(in model.OrgInput, other int, mem string) model.OrgInput {
	in.Other, in.OtherMem = other, mem
	return in
}

func refused(o orgCall, code fault.Code) orgCall {
	o.Outcome, o.Code = history.Refused, code
	return o
}

func lost(o orgCall) orgCall {
	o.Outcome, o.Return, o.Output = history.Unknown, history.Never, model.OrgOutput{}
	return o
}

func sees(call, ret int64, active roster) orgCall {
	return org(call, ret, asHost(model.ReadMembers, 0, ""), model.OrgOutput{Active: active})
}

func TestOrg(t *testing.T) {
	var none model.OrgOutput
	leave := func(call, ret int64, user int, mem string) orgCall {
		return org(call, ret, by(asHost(model.Leave, user, mem), user), none)
	}
	demote := func(call, ret int64, user int, mem, made string) orgCall {
		return org(call, ret, to(asHost(model.ChangeRole, user, mem), model.Member), model.OrgOutput{Mem: made})
	}
	join := func(call, ret int64, user int, role, made string) orgCall {
		return org(call, ret, to(asHost(model.Join, user, ""), role), model.OrgOutput{Mem: made})
	}
	o, p := two[0], two[1]
	for _, row := range []struct {
		name string
		want porcupine.CheckResult
		ops  []orgCall
	}{
		{"two owners leave at once, one is refused", porcupine.Ok, []orgCall{leave(1, 9, 0, "o"), refused(leave(1, 9, 1, "p"), fault.SoleOwner), sees(10, 11, roster{1: p})}},
		{"two owners leave at once, both do", porcupine.Illegal, []orgCall{leave(1, 9, 0, "o"), leave(1, 9, 1, "p")}},
		{"a leave and a demotion at once", porcupine.Illegal, []orgCall{leave(1, 9, 0, "o"), demote(1, 9, 1, "p", "p2")}},
		{"a suspension and a removal at once", porcupine.Illegal, []orgCall{org(1, 9, asHost(model.Suspend, 0, "o"), none), org(1, 9, asHost(model.Expel, 1, "p"), none)}},
		{"nobody is left to see", porcupine.Illegal, []orgCall{leave(1, 2, 0, "o"), sees(3, 4, roster{})}},
		{"a read without an owner, in between", porcupine.Illegal, []orgCall{org(1, 9, with(asHost(model.Transfer, 0, "o"), 1, "p"), model.OrgOutput{Mem: "o2"}), sees(3, 4, roster{{ID: "o2", Role: model.Member}})}},
		{"refused as the only owner beside another", porcupine.Illegal, []orgCall{refused(leave(1, 2, 0, "o"), fault.SoleOwner), sees(3, 4, two)}},
		{"suspended owners do not count", porcupine.Ok, []orgCall{org(1, 2, asHost(model.Suspend, 1, "p"), none), refused(leave(3, 4, 0, "o"), fault.SoleOwner), sees(5, 6, roster{o})}},
		{"left, and still listed", porcupine.Illegal, []orgCall{leave(1, 2, 0, "o"), sees(3, 4, two)}},
		{"left, and listed while leaving", porcupine.Ok, []orgCall{leave(1, 9, 0, "o"), sees(3, 4, two), sees(5, 6, roster{1: p})}},
		{"a transfer leaves both in their places", porcupine.Ok, []orgCall{
			demote(1, 2, 1, "p", "p2"), org(3, 4, with(asHost(model.Transfer, 0, "o"), 1, "p2"), model.OrgOutput{Mem: "o2", OtherMem: "p3"}),
			sees(5, 6, roster{{ID: "o2", Role: model.Member}, {ID: "p3", Role: model.Owner}}),
		}},
		{"left with a successor", porcupine.Ok, []orgCall{
			demote(1, 2, 1, "p", "p2"), org(3, 4, with(by(asHost(model.Leave, 0, "o"), 0), 1, ""), none), sees(5, 6, roster{1: {ID: "p3", Role: model.Owner}}),
		}},
		{"left with a successor who is none", porcupine.Illegal, []orgCall{
			demote(1, 2, 1, "p", "p2"), org(3, 4, with(by(asHost(model.Leave, 0, "o"), 0), 1, ""), none), sees(5, 6, roster{1: {ID: "p2", Role: model.Member}}),
		}},
		{"left with a successor who is not a member", porcupine.Illegal, []orgCall{org(1, 2, with(by(asHost(model.Leave, 0, "o"), 0), 2, ""), none)}},
		{"two memberships of one", porcupine.Illegal, []orgCall{join(1, 9, 2, model.Member, "a"), join(1, 9, 2, model.Admin, "b")}},
		{"two joins, one refused", porcupine.Ok, []orgCall{join(1, 9, 2, model.Member, "a"), refused(join(1, 9, 2, model.Admin, ""), fault.DuplicateMembership), sees(10, 11, roster{o, p, {ID: "a", Role: model.Member}})}},
		{"refused as a duplicate of nothing", porcupine.Illegal, []orgCall{refused(join(1, 2, 2, model.Member, ""), fault.DuplicateMembership)}},
		{"listed twice", porcupine.Illegal, []orgCall{org(1, 2, asHost(model.ReadMembers, 0, ""), model.OrgOutput{Active: two, Twice: true})}},
		{"a change of a membership that has ended", porcupine.Illegal, []orgCall{demote(1, 2, 0, "o", "o2"), org(3, 4, to(asHost(model.ChangeRole, 0, "o"), model.Admin), model.OrgOutput{Mem: "o3"})}},
		{"refused as ended, which it is", porcupine.Ok, []orgCall{demote(1, 2, 0, "o", "o2"), refused(demote(3, 4, 0, "o", ""), fault.MembershipNotActive)}},
		{"refused as ended, which it is not", porcupine.Illegal, []orgCall{refused(demote(3, 4, 0, "o", ""), fault.MembershipNotActive)}},
		{"a demotion of unknown outcome that took effect", porcupine.Ok, []orgCall{lost(demote(1, 2, 0, "o", "")), sees(3, 4, roster{{ID: "o2", Role: model.Member}, p}), refused(leave(5, 6, 1, "p"), fault.SoleOwner)}},
		{"a demotion of unknown outcome that took effect twice", porcupine.Illegal, []orgCall{
			lost(demote(1, 2, 0, "o", "")), sees(3, 4, roster{{ID: "o2", Role: model.Member}, p}), sees(5, 6, roster{{ID: "o3", Role: model.Member}, p}),
		}},
		{"an owner leaves after a demotion of the other that may come", porcupine.Ok, []orgCall{lost(demote(1, 2, 0, "o", "")), leave(3, 4, 1, "p"), sees(5, 6, roster{o})}},
		{"a member demotes an owner", porcupine.Illegal, []orgCall{join(1, 2, 2, model.Member, "a"), org(3, 4, by(to(asHost(model.ChangeRole, 0, "o"), model.Member), 2), model.OrgOutput{Mem: "o2"})}},
		{"an administrator makes an owner", porcupine.Illegal, []orgCall{join(1, 2, 2, model.Admin, "a"), org(3, 4, by(to(asHost(model.Join, 3, ""), model.Owner), 2), model.OrgOutput{Mem: "b"})}},
		{"an owner removes an owner", porcupine.Illegal, []orgCall{org(1, 2, by(asHost(model.Expel, 1, "p"), 0), none)}},
		{"and is refused", porcupine.Ok, []orgCall{refused(org(1, 2, by(asHost(model.Expel, 1, "p"), 0), none), fault.RoleHierarchy)}},
		{"who was removed acts on", porcupine.Illegal, []orgCall{
			join(1, 2, 2, model.Admin, "a"), org(3, 4, asHost(model.Expel, 2, "a"), none), org(5, 6, by(to(asHost(model.Join, 3, ""), model.Member), 2), model.OrgOutput{Mem: "b"}),
		}},
		{"an unknown reason", porcupine.Illegal, []orgCall{refused(leave(1, 2, 0, "o"), fault.VersionConflict)}},
	} {
		t.Run(row.name, func(t *testing.T) {
			for i := range row.ops {
				row.ops[i].Client = i
			}
			if got := model.Check(model.Org(two), row.ops, time.Minute); got.Result != row.want {
				t.Errorf("the checker says %s, want %s", got.Result, row.want)
			}
		})
	}
}

type once = history.Operation[model.OnceInput, model.OnceOutput]

func did(call, ret int64, step model.OnceStep, who string) once {
	return once{Call: call, Return: ret, Input: model.OnceInput{Thing: "x", Step: step, Who: who}, Outcome: history.OK}
}

func not(o once, code fault.Code) once {
	o.Outcome, o.Code = history.Refused, code
	return o
}

func shows(call, ret int64, who, state string) once {
	o := did(call, ret, model.Look, who)
	o.Output.State = state
	return o
}

func perhaps(o once) once {
	o.Outcome, o.Return = history.Unknown, history.Never
	return o
}

func TestOneWinner(t *testing.T) {
	invitation, share, slug := model.Invitation(), model.Share(), model.Slug()
	founded := did(1, 9, model.Found, "")
	founded.Output.State = "n"
	for _, row := range []struct {
		name  string
		model porcupine.Model
		want  porcupine.CheckResult
		ops   []once
	}{
		{"one accepts", invitation, porcupine.Ok, []once{did(1, 9, model.Accept, "a"), not(did(1, 9, model.Accept, "b"), fault.InvitationNotPending), shows(10, 11, "", "accepted by a")}},
		{"two accept", invitation, porcupine.Illegal, []once{did(1, 9, model.Accept, "a"), did(1, 9, model.Accept, "b")}},
		{"accepted and revoked", invitation, porcupine.Illegal, []once{did(1, 9, model.Accept, "a"), did(1, 9, model.Revoke, "")}},
		{"declined and revoked", invitation, porcupine.Illegal, []once{did(1, 9, model.Decline, ""), did(1, 9, model.Revoke, "")}},
		{"refused while pending", invitation, porcupine.Illegal, []once{not(did(1, 2, model.Accept, "a"), fault.InvitationNotPending)}},
		{"refused for another reason", invitation, porcupine.Illegal, []once{did(1, 2, model.Revoke, ""), not(did(3, 4, model.Accept, "a"), fault.OrgNotActive)}},
		{"pending after it was accepted", invitation, porcupine.Illegal, []once{did(1, 2, model.Accept, "a"), shows(3, 4, "", model.Pending)}},
		{"an acceptance of unknown outcome that won", invitation, porcupine.Ok, []once{perhaps(did(1, 2, model.Accept, "a")), not(did(3, 4, model.Decline, ""), fault.InvitationNotPending), shows(5, 6, "", "accepted by a")}},
		{"and one that won although somebody else did", invitation, porcupine.Illegal, []once{perhaps(did(1, 2, model.Accept, "a")), did(3, 4, model.Decline, ""), shows(5, 6, "", "accepted by a")}},
		{"one use", share, porcupine.Ok, []once{did(1, 9, model.Verify, ""), not(did(1, 9, model.Verify, ""), fault.ShareConsumed), shows(10, 11, "", model.Consumed)}},
		{"two uses", share, porcupine.Illegal, []once{did(1, 9, model.Verify, ""), did(1, 9, model.Verify, "")}},
		{"no use", share, porcupine.Illegal, []once{not(did(1, 9, model.Verify, ""), fault.ShareConsumed), not(did(1, 9, model.Verify, ""), fault.ShareConsumed)}},
		{"used after it was revoked", share, porcupine.Illegal, []once{did(1, 2, model.Revoke, ""), did(3, 4, model.Verify, "")}},
		{"used, then revoked", share, porcupine.Ok, []once{did(1, 2, model.Verify, ""), did(3, 4, model.Revoke, ""), not(did(5, 6, model.Verify, ""), fault.ShareRevoked)}},
		{"used, revoked, and said to be used up", share, porcupine.Illegal, []once{did(1, 2, model.Verify, ""), did(3, 4, model.Revoke, ""), not(did(5, 6, model.Verify, ""), fault.ShareConsumed)}},
		{"one has the slug", slug, porcupine.Ok, []once{did(1, 9, model.Take, "a"), not(did(1, 9, model.Take, "b"), fault.OrgSlugConflict), shows(10, 11, "a", "a"), shows(10, 11, "b", "")}},
		{"two have it", slug, porcupine.Illegal, []once{did(1, 9, model.Take, "a"), did(1, 9, model.Take, "b")}},
		{"one more is founded with it", slug, porcupine.Illegal, []once{did(1, 9, model.Take, "a"), founded}},
		{"refused while it is free", slug, porcupine.Illegal, []once{did(1, 2, model.Take, "a"), did(3, 4, model.Drop, "a"), not(did(5, 6, model.Take, "b"), fault.OrgSlugConflict)}},
		{"free at once when its organization ends", slug, porcupine.Ok, []once{founded, did(10, 11, model.Dissolve, "n"), did(12, 13, model.Take, "b")}},
		{"taken twice by one", slug, porcupine.Ok, []once{did(1, 2, model.Take, "a"), did(3, 4, model.Take, "a")}},
		{"shown where it was given up", slug, porcupine.Illegal, []once{did(1, 2, model.Take, "a"), did(3, 4, model.Drop, "a"), shows(5, 6, "a", "a")}},
	} {
		t.Run(row.name, func(t *testing.T) {
			for i := range row.ops {
				row.ops[i].Client = i
			}
			if got := model.Check(row.model, row.ops, time.Minute); got.Result != row.want {
				t.Errorf("the checker says %s, want %s", got.Result, row.want)
			}
		})
	}
}

func TestGrants(t *testing.T) {
	type call = history.Operation[model.GrantInput, model.GrantOutput]
	g := func(call_, ret int64, step model.GrantStep, allowed bool) call {
		return call{Call: call_, Return: ret, Input: model.GrantInput{Org: "x", Step: step}, Outcome: history.OK, Output: model.GrantOutput{Allowed: allowed}}
	}
	because := func(o call, code fault.Code) call { o.Outcome, o.Code = history.Refused, code; return o }
	in := []call{g(1, 2, model.AddUser, false), g(3, 4, model.WriteTuple, false)}
	then := func(more ...call) []call { return append(append([]call(nil), in...), more...) }
	unknown := g(5, history.Never, model.RemoveUser, false)
	unknown.Outcome = history.Unknown
	for _, row := range []struct {
		name string
		want porcupine.CheckResult
		ops  []call
	}{
		{"all hold", porcupine.Ok, then(g(5, 6, model.CheckMember, true), g(5, 6, model.CheckTuple, true), g(5, 6, model.ListMembers, true), g(5, 6, model.GetOrg, true))},
		{"missed before it was taken away", porcupine.Illegal, then(g(5, 6, model.CheckMember, false))},
		{"checked after the removal", porcupine.Illegal, then(g(5, 6, model.RemoveUser, false), g(7, 8, model.CheckMember, true))},
		{"listed after the removal", porcupine.Illegal, then(g(5, 6, model.RemoveUser, false), g(7, 8, model.ListMembers, true))},
		{"shown after the removal", porcupine.Illegal, then(g(5, 6, model.RemoveUser, false), g(7, 8, model.GetOrg, true))},
		{"checked while it is removed", porcupine.Ok, then(g(5, 9, model.RemoveUser, false), g(6, 7, model.CheckMember, true))},
		{"checked in a suspended organization", porcupine.Illegal, then(g(5, 6, model.SuspendOrg, false), g(7, 8, model.CheckMember, true))},
		{"listed in a suspended organization", porcupine.Ok, then(g(5, 6, model.SuspendOrg, false), g(7, 8, model.ListMembers, true), g(9, 10, model.ReinstateOrg, false), g(11, 12, model.CheckMember, true))},
		{"a tuple outlives the membership", porcupine.Ok, then(g(5, 6, model.RemoveUser, false), g(7, 8, model.CheckTuple, true))},
		{"a tuple after its deletion", porcupine.Illegal, then(g(5, 6, model.DeleteTuple, true), g(7, 8, model.CheckTuple, true))},
		{"nothing to delete where there was something", porcupine.Illegal, then(g(5, 6, model.DeleteTuple, false))},
		{"written twice", porcupine.Illegal, then(g(5, 6, model.WriteTuple, false))},
		{"refused as a duplicate", porcupine.Ok, then(because(g(5, 6, model.WriteTuple, false), fault.DuplicateTuple), because(g(5, 6, model.AddUser, false), fault.DuplicateMembership))},
		{"refused as a duplicate of nothing", porcupine.Illegal, then(g(5, 6, model.DeleteTuple, true), because(g(7, 8, model.WriteTuple, false), fault.DuplicateTuple))},
		{"a removal of unknown outcome", porcupine.Ok, then(unknown, g(7, 8, model.CheckMember, true), g(9, 10, model.CheckMember, false))},
		{"and back from it", porcupine.Illegal, then(unknown, g(7, 8, model.CheckMember, false), g(9, 10, model.CheckMember, true))},
	} {
		t.Run(row.name, func(t *testing.T) {
			for i := range row.ops {
				row.ops[i].Client = i
			}
			if got := model.Check(model.Grants(), row.ops, time.Minute); got.Result != row.want {
				t.Errorf("the checker says %s, want %s", got.Result, row.want)
			}
		})
	}
}
