package org

import (
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/identity"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/tenancy"
	"github.com/weir-store/weir/core/urn"
)

// CreateInput describes a new organization.
type CreateInput struct {
	Name *string `json:"name,omitempty" op:"min=1,max=256" doc:"a name for people; need not be unique"`
	Slug *string `json:"slug,omitempty" doc:"a name for addresses: 1 to 63 of a-z 0-9 and hyphens, none at an end; one organization in the cluster has it"`
}

// Created is a new organization with its first member.
type Created struct {
	Org             Org        `json:"org" doc:"the organization"`
	OwnerMembership Membership `json:"owner_membership" doc:"the membership of its creator"`
}

// Create makes an organization whose owner is the caller.
var Create = op.NewCommand(Ops, op.Spec[CreateInput, Created]{
	Name:     "create",
	Summary:  "Create an organization; you become its owner.",
	Route:    "POST /v1/orgs",
	Status:   201,
	Access:   op.Anyone[CreateInput]("scope_create"),
	Faults:   []fault.Code{fault.PermissionDenied, fault.OrgSlugFormat, fault.OrgSlugConflict},
	Example:  CreateInput{Name: text("Example"), Slug: text("example")},
	Result:   Created{example, exampleMember},
	Undo:     op.Reversible("org.revoke"),
	Validate: func(in *CreateInput) *fault.Fault { return checkSlug(in.Slug) },
}, func(tx *op.Tx, in CreateInput) (Created, error) {
	if _, f := urn.Normalize(urn.PrefixUser, string(tx.Caller.ID)); f != nil || tx.Caller.Kind != identity.KindUser {
		return Created{}, fault.New(fault.PermissionDenied, "an organization is created by a user, who becomes its owner; a host names one in X-Act-As")
	}
	h, m, f := tenancy.Incorporate(tx, value(in.Name), value(in.Slug))
	if f != nil {
		return Created{}, f
	}
	return Created{show(h), Shown(tx, m, tx.Time())}, nil
})

func value(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// maxSlug is the greatest length of a slug, that of a label in the names of
// hosts.
const maxSlug = 63

// checkSlug says whether a slug, if there is one, is well formed.
func checkSlug(slug *string) *fault.Fault {
	if slug == nil || wellFormed(*slug) {
		return nil
	}
	detail := "must be 1 to 63 of a-z 0-9 and hyphens, with none at an end"
	return fault.New(fault.OrgSlugFormat, "slug %s", detail).At(fault.Item{Pointer: "/slug", Code: string(fault.OrgSlugFormat), Detail: detail})
}

func wellFormed(slug string) bool {
	if slug == "" || len(slug) > maxSlug || slug[0] == '-' || slug[len(slug)-1] == '-' {
		return false
	}
	for i := range len(slug) {
		if b := slug[i]; (b < 'a' || b > 'z') && (b < '0' || b > '9') && b != '-' {
			return false
		}
	}
	return true
}
