// Package core is the list of everything Weir can do: one line per layer.
package core

import (
	"github.com/weir-store/weir/core/access"
	"github.com/weir-store/weir/core/audit"
	"github.com/weir-store/weir/core/audit/reads"
	"github.com/weir-store/weir/core/audit/witness"
	"github.com/weir-store/weir/core/compliance"
	"github.com/weir-store/weir/core/identity"
	"github.com/weir-store/weir/core/identity/account"
	"github.com/weir-store/weir/core/identity/apikey"
	"github.com/weir-store/weir/core/identity/identifier"
	"github.com/weir-store/weir/core/identity/relation"
	"github.com/weir-store/weir/core/objects"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/registry"
	"github.com/weir-store/weir/core/registry/naming"
	"github.com/weir-store/weir/core/rules"
	"github.com/weir-store/weir/core/system"
	"github.com/weir-store/weir/core/temporal"
	"github.com/weir-store/weir/core/tenancy"
	"github.com/weir-store/weir/core/tenancy/invitation"
	"github.com/weir-store/weir/core/tenancy/org"
	"github.com/weir-store/weir/core/tenancy/share"
	"github.com/weir-store/weir/core/tenancy/tuple"
)

// Sets are the operations of all layers, in the order of the layers.
func Sets() []*op.Set {
	return []*op.Set{
		system.Ops,
		registry.Ops,
		naming.Ops,
		identity.Ops,
		identifier.Ops,
		relation.Ops,
		relation.Resolve,
		account.Ops,
		apikey.Ops,
		objects.TypeOps,
		objects.Ops,
		tenancy.Ops,
		tenancy.Memberships,
		tuple.Ops,
		tuple.RuleOps,
		org.Ops,
		invitation.Ops,
		share.Ops,
		rules.Ops,
		access.Ops,
		reads.Ops,
		witness.Ops,
		audit.Ops,
		audit.Holds,
		temporal.Ops,
		temporal.Rollbacks,
		compliance.Ops,
	}
}
