package org

import (
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/tenancy"
	"github.com/weir-store/weir/core/urn"
)

// Membership is a membership as those who ask for organizations see it.
type Membership struct {
	ID        urn.ID       `json:"id" doc:"the membership"`
	UsrID     urn.ID       `json:"usr_id" doc:"the member"`
	OrgID     urn.ID       `json:"org_id" doc:"the organization, or the scope that is none"`
	Role      tenancy.Role `json:"role" doc:"owner, admin, editor, member, viewer or guest"`
	Status    string       `json:"status" doc:"active, suspended or revoked"`
	Replaces  *urn.ID      `json:"replaces" doc:"the membership that this one took the place of, at a change of role; null for the first of a stay"`
	InvitedBy *urn.ID      `json:"invited_by" doc:"who let the member in; null for the creator"`
	RemovedBy *urn.ID      `json:"removed_by" doc:"who removed the member; null while it lives, and after leaving"`
	EndReason *string      `json:"end_reason" doc:"self_leave, admin_remove, role_change, org_revoked, principal_revoked, expired or rollback; null while it lives"`
	ExpiresAt *state.Time  `json:"expires_at" doc:"when it ends by itself; null for never"`
	CreatedAt state.Time   `json:"created_at" doc:"when it was made"`
	UpdatedAt state.Time   `json:"updated_at" doc:"when it was changed last"`
	Version   uint64       `json:"version" doc:"raised by each change"`
}

// ETagVersion is the version that the reply's ETag names.
func (m Membership) ETagVersion() uint64 { return m.Version }

// Shown gives the view of a row as it counts at a time.
func Shown(v state.View, row *tenancy.Membership, at state.Time) Membership {
	return view(row.Effective(v, at))
}

// shownIn is Shown for who has the organization at hand.
func shownIn(v state.View, h *tenancy.Header, row *tenancy.Membership, at state.Time) Membership {
	return view(row.EffectiveIn(v, h, at))
}

func view(m tenancy.Membership) Membership {
	s := Membership{
		ID: m.ID, UsrID: m.PrincipalID, OrgID: m.ScopeID, Role: m.Role, Status: m.Status, Replaces: orNull(m.Replaces),
		InvitedBy: orNull(m.GrantedBy), RemovedBy: orNull(m.RemovedBy), EndReason: orNull(m.EndReason),
		CreatedAt: m.CreatedAt, UpdatedAt: m.UpdatedAt, Version: m.Version,
	}
	if m.ExpiresAt != 0 {
		s.ExpiresAt = &m.ExpiresAt
	}
	return s
}

// MembershipInput names a membership.
type MembershipInput struct {
	ID urn.ID `json:"id" op:"path,id=mem" doc:"the membership"`
}

func membershipTarget(in MembershipInput) op.Target { return tenancy.TargetMembership(in.ID) }

// GetMembership shows a membership to the member and to who is in the
// organization, but to guests.
var GetMembership = op.NewQuery(tenancy.Memberships, op.Spec[MembershipInput, Membership]{
	Name:    "get",
	Summary: "Show a membership.",
	Route:   "GET /v1/memberships/{id}",
	Access:  op.May("read", op.Read, membershipTarget),
	Faults:  []fault.Code{fault.NotFound},
	Example: MembershipInput{ID: exampleMember.ID},
	Result:  exampleMember,
}, func(v *op.View, in MembershipInput) (Membership, error) {
	m, ok := tenancy.FindMembership(v, in.ID)
	if !ok {
		return Membership{}, op.NotFound()
	}
	return Shown(v, m, v.At), nil
})

var exampleMember = Membership{
	ID: "mem_01890a5d0c1e7000a000000000000008", UsrID: exampleUser, OrgID: exampleID, Role: tenancy.Owner, Status: tenancy.StatusActive,
	CreatedAt: exampleTime, UpdatedAt: exampleTime, Version: 1,
}

var exampleNext = Membership{
	ID: "mem_01890a5d0c1e7000a000000000000009", UsrID: "usr_01890a5d0c1e7000a00000000000000a", OrgID: exampleID, Role: tenancy.Member,
	Status: tenancy.StatusActive, InvitedBy: ref(exampleUser), CreatedAt: exampleTime, UpdatedAt: exampleTime, Version: 1,
}

func ref[T any](value T) *T { return &value }

// next is the example that follows a membership in its stay.
func next(m Membership, role tenancy.Role) Membership {
	m.Replaces = ref(m.ID)
	m.ID, m.Role = "mem_01890a5d0c1e7000a00000000000000b", role
	return m
}

func promoted() Membership { return next(exampleNext, tenancy.Admin) }

func stepped() Membership { return next(exampleMember, tenancy.Member) }

func paused() Membership {
	m := exampleNext
	m.Status, m.Version = tenancy.StatusSuspended, 2
	return m
}

func left() Membership {
	m := exampleNext
	m.Status, m.EndReason, m.Version = tenancy.StatusRevoked, ref(tenancy.EndLeft), 2
	return m
}

func removed() Membership {
	m := left()
	m.EndReason, m.RemovedBy = ref(tenancy.EndRemoved), ref(exampleUser)
	return m
}
