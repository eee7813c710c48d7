package compliance

import (
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/storage/key"
)

// check is one question about the whole store.
type check struct {
	name, doc string
	// needs is the package of the layer that the check is about. Without the
	// layer it does not apply, and says so.
	needs string
	// run goes on where the course stands, and says whether it came to its end.
	run func(c *course) (done bool)
}

// course is one check on its way over the store.
type course struct {
	v *op.View
	state.Step
	result *Result
}

// checks in the order in which they run. The names of the first nineteen are
// those of the chapter.
var checks = []*check{
	{"registry_completeness", "principals, scopes and all else that is registered have their entry, and entries name what is there", "registry", over(registered, key.Registry, key.Principal, key.Scope)},
	{"trace_integrity", "the chain, the tree and the signed checkpoints of the trail verify", "audit", trail},
	{"isolation_integrity", "objects have an owner, memberships know the scopes above theirs, shares have a level", "tenancy", over(isolated, key.Object, key.Membership, key.Projection)},
	{"rule_consistency", "no two rules of one type and priority say the opposite about one target; such a pair is worth a warning, since deny wins", "rules", over(consistent, key.RuleBinding)},
	{"scope_boundaries", "scopes nest without cycles, and nothing comes through archived ones", "tenancy", over(bounded, key.Scope)},
	{"secret_hygiene", "no stored row holds what looks like a bearer token, but data that their owners wrote", "identity/apikey", secrets},
	{"tombstone_integrity", "deleted objects have one open tombstone, others none", "objects", over(buried, key.Object, key.Tombstone)},
	{"environment_integrity", "environments and their objects agree", "environments", nil},
	{"pipeline_integrity", "pipelines and their stages agree", "flow", nil},
	{"deployment_gate_consistency", "deployments went through their gates", "deployments", nil},
	{"secret_ref_validity", "references to secrets lead to secrets", "secrets", nil},
	{"plugin_integrity", "plugins have what they were granted and no more", "integrations", nil},
	{"connector_integrity", "connectors have an agreement of both sides", "connector", nil},
	{"event_subscription_validity", "subscriptions have a subscriber and a destination", "events", nil},
	{"notification_rule_consistency", "notification rules have a receiver", "notifications", nil},
	{"schedule_consistency", "schedules have an action", "scheduling", nil},
	{"trace_coverage", "each change that a row tells of has its entry in the trail, and entries tell of what is there", "audit", over(traced, key.Principal, key.Credential, key.ObjectVersion, key.Tombstone, key.Scope, key.Membership, key.Projection, key.Audit, key.Tuple)},
	{"contract_integrity", "contracts have their versions", "registry/contract", nil},
	{"template_integrity", "templates have their versions", "registry/template", nil},

	{"row_integrity", "rows can be read, lie where they say, are in their indexes, and refer to rows that are there", "audit", rows},
	{"version_integrity", "the versions of an object are 1 to the current one, without a gap, and keep their commitments", "objects", over(versioned, key.Object, key.ObjectVersion)},
	{"ownership", "active scopes have an owner, and the cluster an administrator", "tenancy", ownership},
	{"membership_lockstep", "each active membership stands for one tuple, each such tuple for an active membership, and no such tuple is written by hand", "tenancy/tuple", lockstep},
	{"membership_chains", "in organizations nobody has two live memberships, and those of one stay follow each other in time, with one at its head", "tenancy/org", over(chained, key.Membership)},
	{"org_integrity", "organizations that are not revoked have an active owner and their slug; revoked ones say when and by whom, and nothing of them counts", "tenancy/org", over(chartered, key.Scope)},
	{"derived_grants", "grants that came with an invitation belong to a stay, and count no longer than that", "tenancy/tuple", over(derived, key.Tuple)},
	{"invitation_integrity", "pending invitations have not ended, all others say when, and there is one pending to each organization and identifier", "tenancy", over(invited, key.Invitation)},
	{"decision_agreement", "decisions and visible sets are those of a second computation, on a sample", "access", over(decided, key.Principal, key.Object, key.Membership, key.Tuple)},
}

// over makes a check of a function about rows of some spaces, which are given in
// the order of their bytes.
func over(look func(c *course, row any), spaces ...key.Space) func(c *course) bool {
	return func(c *course) bool {
		for _, space := range spaces {
			done := c.Walk(c.v, space, func(_ key.Key, _ []byte, row any) {
				c.result.Checked++
				look(c, row)
			}, c.flaw)
			if !done {
				return false
			}
		}
		return true
	}
}

func (c *course) flaw(f state.Flaw) { c.result.violation(f.String()) }

// rows is the check that knows of no layer: all tables, in the order of spaces.
func rows(c *course) bool {
	for _, t := range state.Tables() {
		before := c.Budget
		done := c.Check(c.seen(t.Space()), t, c.flaw)
		c.result.Checked += uint64(before - c.Budget)
		if !done {
			return false
		}
	}
	return true
}

// seen is the view in which a space can be read: volatile ones have no past.
func (c *course) seen(space key.Space) state.View {
	if space.Volatile {
		return c.v.Now
	}
	return c.v
}
