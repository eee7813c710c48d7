package org_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/identity"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/tenancy"
	"github.com/weir-store/weir/core/tenancy/org"
	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/internal/testkit/stage"
)

// row is a membership as the model has it: rows are numbered as they come, and
// prev is the one that it replaced, from 1; by is who removed it.
type row struct {
	user, by       urn.ID
	role           tenancy.Role
	status, reason string
	prev           int
}

// model is the chapter's rules about memberships in one organization, over a
// list.
type model struct {
	rows              []*row
	suspended, frozen bool
	asleep            map[urn.ID]bool
}

func (m *model) live(user urn.ID) (int, *row) {
	for i, r := range m.rows {
		if r.user == user && r.status != "revoked" {
			return i, r
		}
	}
	return 0, nil
}

// rank is what somebody may do to others: nothing, or as much as a role.
func (m *model) rank(as urn.ID) int {
	if as == host {
		return 5
	}
	if _, r := m.live(as); r != nil && r.status == "active" && r.role.Rank() >= 3 {
		return r.role.Rank()
	}
	return 0
}

// sees says whether the organization, or one membership of it, is there for
// somebody.
func (m *model) sees(as urn.ID, mem *row) bool {
	if as == host || m.asleep[as] {
		return as == host
	}
	if mem != nil && mem.user == as {
		return true
	}
	_, r := m.live(as)
	if r == nil || r.status != "active" || m.suspended && m.rank(as) == 0 {
		return false
	}
	return mem == nil || r.role != tenancy.Guest
}

func (m *model) shut() fault.Code {
	switch {
	case m.suspended:
		return fault.OrgNotActive
	case m.frozen:
		return fault.ScopeFrozen
	}
	return ""
}

// last says whether the end of a membership leaves nobody who owns and acts.
func (m *model) last(mem *row) bool {
	if mem.role != tenancy.Owner || mem.status != "active" {
		return false
	}
	for _, r := range m.rows {
		if r != mem && r.role == tenancy.Owner && r.status == "active" && !m.asleep[r.user] {
			return false
		}
	}
	return true
}

func (m *model) end(mem *row, reason string, by urn.ID) {
	mem.status, mem.reason, mem.by = "revoked", reason, by
}

func (m *model) rotate(i int, role tenancy.Role) {
	if m.rows[i].role != role {
		m.end(m.rows[i], tenancy.EndRoleChange, "")
		m.rows = append(m.rows, &row{user: m.rows[i].user, role: role, status: "active", prev: i + 1})
	}
}

// first is the code of the first condition that holds.
func first(conditions ...any) fault.Code {
	for i := 0; i < len(conditions); i += 2 {
		if conditions[i].(bool) {
			return conditions[i+1].(fault.Code)
		}
	}
	return ""
}

func (m *model) add(as, user urn.ID, role tenancy.Role) fault.Code {
	_, there := m.live(user)
	code := first(!m.sees(as, nil), fault.NotFound, m.rank(as) == 0, fault.PermissionDenied, m.shut() != "", m.shut(),
		role.Rank() > m.rank(as), fault.RoleHierarchy, m.asleep[user], fault.PrincipalInactive, there != nil, fault.DuplicateMembership)
	if code == "" {
		m.rows = append(m.rows, &row{user: user, role: role, status: "active"})
	}
	return code
}

func (m *model) change(as urn.ID, i int, role tenancy.Role) fault.Code {
	r := m.rows[i]
	own := as == host || as == r.user
	code := first(!m.sees(as, r), fault.NotFound, r.status != "active", fault.MembershipNotActive, m.rank(as) == 0, fault.PermissionDenied,
		m.shut() != "", m.shut(), r.role == tenancy.Owner && !own, fault.RoleHierarchy, max(r.role.Rank(), role.Rank()) > m.rank(as), fault.RoleHierarchy,
		r.role != role && m.last(r), fault.SoleOwner)
	if code == "" {
		m.rotate(i, role)
	}
	return code
}

func (m *model) suspend(as urn.ID, i int) fault.Code {
	r := m.rows[i]
	own := as == host || as == r.user
	code := first(!m.sees(as, r), fault.NotFound, r.status != "active", fault.MembershipNotActive, m.rank(as) == 0, fault.PermissionDenied,
		r.role == tenancy.Owner && !own || r.role.Rank() > m.rank(as), fault.RoleHierarchy, m.last(r), fault.SoleOwner)
	if code == "" {
		r.status = "suspended"
	}
	return code
}

func (m *model) reinstate(as urn.ID, i int) fault.Code {
	r := m.rows[i]
	code := first(!m.sees(as, r), fault.NotFound, r.status != "suspended", fault.InvalidTransition, m.rank(as) == 0, fault.PermissionDenied,
		m.shut() != "", m.shut(), r.role.Rank() > m.rank(as), fault.RoleHierarchy)
	if code == "" {
		r.status = "active"
	}
	return code
}

func (m *model) remove(as urn.ID, i int) fault.Code {
	r := m.rows[i]
	code := first(!m.sees(as, r), fault.NotFound, r.status == "revoked", fault.MembershipNotActive, m.rank(as) == 0, fault.PermissionDenied,
		as != host && (r.role == tenancy.Owner || r.role.Rank() > m.rank(as)), fault.RoleHierarchy, as == r.user, fault.UseSelfLeave,
		m.last(r), fault.SoleOwner)
	if code == "" {
		m.end(r, tenancy.EndRemoved, as)
	}
	return code
}

func (m *model) leave(as urn.ID, i int, heir urn.ID) fault.Code {
	r := m.rows[i]
	j, to := m.live(heir)
	code := first(!m.sees(as, r), fault.NotFound, as != host && as != r.user, fault.PermissionDenied, r.status != "active", fault.MembershipNotActive,
		heir == r.user, fault.SelfTransfer, heir != "" && r.role != tenancy.Owner, fault.FromNotOwner,
		heir != "" && (to == nil || to.status != "active"), fault.NotFound, heir != "" && m.shut() != "", m.shut(),
		m.last(r) && (heir == "" || m.asleep[heir]), fault.SoleOwner)
	if code == "" {
		if to != nil {
			m.rotate(j, tenancy.Owner)
		}
		m.end(r, tenancy.EndLeft, "")
	}
	return code
}

func (m *model) transfer(as urn.ID, i, j int, role tenancy.Role) fault.Code {
	from, to := m.rows[i], m.rows[j]
	code := first(!m.sees(as, nil) || !m.sees(as, from) || !m.sees(as, to), fault.NotFound, from.status != "active", fault.FromNotActive,
		to.status != "active", fault.ToNotActive, from.role != tenancy.Owner, fault.FromNotOwner, from.user == to.user, fault.SelfTransfer,
		as != host && as != from.user, fault.PermissionDenied, m.shut() != "", m.shut(), m.last(from) && m.asleep[to.user], fault.SoleOwner)
	if code == "" {
		m.rotate(j, tenancy.Owner)
		m.rotate(i, role)
	}
	return code
}

// TestRandomMemberships compares refusals and rows with the model's, on random
// histories of one organization, and that it always has an owner.
func TestRandomMemberships(t *testing.T) {
	seeds := uint64(60)
	if testing.Short() {
		seeds = 10
	}
	for seed := range seeds {
		s := setUp(t)
		o := found(s, ann, "acme")
		m := &model{rows: []*row{{user: ann, role: tenancy.Owner, status: "active"}}, asleep: map[urn.ID]bool{}}
		w := &walk{s, rand.New(rand.NewPCG(seed, 11)), m, o.Org.ID, []urn.ID{o.OwnerMembership.ID}}
		for step := range 120 {
			what, got, want := w.step()
			if got != want {
				t.Fatalf("seed %d, step %d, %s: %q, want %q", seed, step, what, got, want)
			}
			if diff := w.compare(); diff != "" {
				t.Fatalf("seed %d, step %d, %s: %s", seed, step, what, diff)
			}
		}
	}
}

// walk is one random history; mems are the ids of the model's rows.
type walk struct {
	*stage.Stage
	r    *rand.Rand
	m    *model
	org  urn.ID
	mems []urn.ID
}

func pick[T any](r *rand.Rand, of ...T) T { return of[r.IntN(len(of))] }

// step makes one call and says what the model would answer.
func (w *walk) step() (what string, got, want fault.Code) {
	users := []urn.ID{ann, bea, cyd, dan, sam}
	as, user, role := pick(w.r, append(users, host, host)...), pick(w.r, users...), pick(w.r, roles...)
	i, j := w.r.IntN(len(w.mems)), w.r.IntN(len(w.mems))
	if k, r := w.m.live(user); r != nil && w.r.IntN(3) > 0 {
		i = k
	}
	mem := org.MembershipInput{ID: w.mems[i]}
	heir := pick(w.r, "", user, user)
	switch w.r.IntN(16) {
	case 0, 1, 2:
		what = fmt.Sprint("add ", user, role)
		want = w.m.add(as, user, role)
		if w.r.IntN(2) == 0 {
			_, got = stage.Do(w.Stage, as, tenancy.Add.Call, tenancy.AddInput{ID: w.org, PrincipalID: user, Role: role})
		} else {
			_, got = stage.Do(w.Stage, as, org.AddMember.Call, org.AddMemberInput{ID: w.org, UsrID: user, Role: role})
		}
	case 3, 4, 5:
		what = fmt.Sprint("change ", i, role)
		want = w.m.change(as, i, role)
		_, got = stage.Do(w.Stage, as, org.ChangeRole.Call, org.ChangeRoleInput{ID: mem.ID, NewRole: role})
	case 6:
		what = fmt.Sprint("suspend ", i)
		want = w.m.suspend(as, i)
		_, got = stage.Do(w.Stage, as, org.SuspendMember.Call, mem)
	case 7, 8:
		what = fmt.Sprint("reinstate ", i)
		want = w.m.reinstate(as, i)
		_, got = stage.Do(w.Stage, as, org.ReinstateMember.Call, mem)
	case 9:
		what = fmt.Sprint("remove ", i)
		want = w.m.remove(as, i)
		_, got = stage.Do(w.Stage, as, org.Remove.Call, mem)
	case 10, 11:
		what = fmt.Sprint("leave ", i, heir)
		want = w.m.leave(as, i, heir)
		_, got = stage.Do(w.Stage, as, org.Leave.Call, org.LeaveInput{ID: mem.ID, TransferTo: heir})
	case 12, 13:
		next := pick(w.r, tenancy.Member, tenancy.Admin)
		what = fmt.Sprint("transfer ", i, j, next)
		want = w.m.transfer(as, i, j, next)
		_, got = stage.Do(w.Stage, as, org.Transfer.Call, org.TransferInput{ID: w.org, FromMemID: w.mems[i], ToMemID: w.mems[j], FromNewRole: next})
	case 14:
		what = "sleep or wake " + string(user)
		if w.m.asleep[user] = !w.m.asleep[user]; w.m.asleep[user] {
			_, got = stage.Do(w.Stage, root, identity.Suspend.Call, identity.LifecycleInput{ID: user})
		} else {
			_, got = stage.Do(w.Stage, root, identity.Resume.Call, identity.LifecycleInput{ID: user})
		}
	default:
		flag, on, off := &w.m.suspended, "suspend", "reinstate"
		if w.r.IntN(2) == 0 {
			flag, on, off = &w.m.frozen, "freeze", "unfreeze"
		}
		if what = on; *flag {
			what = off
		}
		*flag = !*flag
		got = moves[what](w.Stage, host, w.org)
	}
	return string(as) + ": " + what, got, want
}

// compare holds all rows against those of the model.
func (w *walk) compare() string {
	in := org.MembersInput{ID: w.org, Paging: op.Paging{Limit: 200}}
	var all []org.Membership
	for more := true; more; {
		page, code := stage.Do(w.Stage, host, org.Members.Call, in)
		if code != "" {
			return "the list is refused: " + string(code)
		}
		all = append(all, page.Items...)
		in.Cursor, more = string(page.NextCursor), page.HasMore
	}
	if len(all) != len(w.m.rows) {
		return fmt.Sprintf("there are %d rows, want %d", len(all), len(w.m.rows))
	}
	owners := 0
	for n, got := range all {
		if n == len(w.mems) {
			w.mems = append(w.mems, got.ID)
		}
		want := w.m.rows[n]
		var prev urn.ID
		if want.prev > 0 {
			prev = w.mems[want.prev-1]
		}
		if got.ID != w.mems[n] || got.UsrID != want.user || got.Role != want.role || got.Status != want.status || value(got.EndReason) != want.reason ||
			value(got.RemovedBy) != want.by || value(got.Replaces) != prev || prev != "" && got.CreatedAt <= all[want.prev-1].CreatedAt {
			return fmt.Sprintf("row %d is %+v, want %+v", n, got, want)
		}
		if got.Role == tenancy.Owner && got.Status == "active" {
			owners++
		}
	}
	if owners == 0 {
		return "nobody owns the organization"
	}
	return ""
}

func value[T ~string](p *T) T {
	if p == nil {
		return ""
	}
	return *p
}
