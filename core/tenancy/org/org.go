// Package org is organizations: root scopes of their own kind, whose members
// have one role each. The rows, and what holds for all memberships, are those
// of the package above it in the tree; here is how organizations are asked for
// and shown.
package org

import (
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/tenancy"
	"github.com/weir-store/weir/core/urn"
)

// Ops are the operations on organizations.
var Ops = &op.Set{Noun: "org", Doc: "Organizations are root scopes to which users belong with one role each, and which always have an owner."}

// Org is an organization as callers see it.
type Org struct {
	ID        urn.ID     `json:"id" doc:"the organization"`
	Status    string     `json:"status" doc:"active, suspended or revoked"`
	Frozen    bool       `json:"frozen" doc:"whether it is read only, but for the removal of members"`
	Name      *string    `json:"name" doc:"a name for people; null when it has none"`
	Slug      *string    `json:"slug" doc:"its name in addresses, of which there is one in the cluster; null when it has none"`
	CreatedAt state.Time `json:"created_at" doc:"when it was created"`
	UpdatedAt state.Time `json:"updated_at" doc:"when it was changed last"`
	Version   uint64     `json:"version" doc:"raised by each change"`
}

// ETagVersion is the version that the reply's ETag names.
func (o Org) ETagVersion() uint64 { return o.Version }

// show gives the view of an organization's row.
func show(h *tenancy.Header) Org {
	o := Org{ID: h.ID, Status: tenancy.StatusActive, Frozen: h.Frozen, Name: orNull(h.Name), Slug: orNull(h.Slug), CreatedAt: h.CreatedAt, UpdatedAt: max(h.UpdatedAt, h.CreatedAt), Version: h.Version}
	switch {
	case h.Archived:
		o.Status = tenancy.StatusRevoked
	case h.Suspended:
		o.Status = tenancy.StatusSuspended
	}
	return o
}

// orNull is nil for what is not set.
func orNull[T ~string](text T) *T {
	if text == "" {
		return nil
	}
	return &text
}

// find reads an organization.
func find(v state.View, id urn.ID) (*tenancy.Header, bool) {
	h, ok := tenancy.Find(v, id)
	return h, ok && h.Kind == tenancy.KindOrg
}

// Input names an organization.
type Input struct {
	ID urn.ID `json:"id" op:"path,id=org" doc:"the organization"`
}

func target(in Input) op.Target { return op.Scope(in.ID) }

const (
	exampleID   urn.ID = "org_01890a5d0c1e7000a000000000000006"
	exampleTime        = state.Time(1767225600000000)
	exampleUser urn.ID = "usr_01890a5d0c1e7000a000000000000007"
)

var example = Org{ID: exampleID, Status: tenancy.StatusActive, Name: text("Example"), Slug: text("example"), CreatedAt: exampleTime, UpdatedAt: exampleTime, Version: 1}

func text(s string) *string { return &s }
