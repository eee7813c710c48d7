// Package access is the one decision: who may do what to which thing, as a
// pure function of the rows of one revision and a time. The same function
// serves apply, reads, lists, checks and questions about the past.
package access

import (
	"github.com/weir-store/weir/core/identity"
	"github.com/weir-store/weir/core/identity/apikey"
	"github.com/weir-store/weir/core/identity/relation"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/rules"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/tenancy"
	"github.com/weir-store/weir/core/urn"
)

// Ops are the questions about rights.
var Ops = &op.Set{Noun: "access", Doc: "Access answers who may do what, why, and since any revision."}

// Sight implements op.Sight: by ownership, membership, hierarchy and rules, of
// which those that deny always win.
type Sight struct {
	// Redactions are asked, in this order, about all content that is shown.
	Redactions []Redaction
}

// Redaction takes out of an object's content what the principal of a request
// may not see. It can only take away, and gives what the next one is asked about.
type Redaction func(v state.View, r op.Request, content op.JSON) op.JSON

// Decide implements op.Sight.
func (Sight) Decide(v state.View, r op.Request) op.Decision {
	p, ok := identity.Find(v, r.Principal)
	if !ok || p.Lifecycle != identity.Active {
		return op.Decision{}
	}
	return newJudge(v, p, r.Time, r.Environment).decide(&r, ways(v, p, r))
}

// Reveal implements op.Sight.
func (s Sight) Reveal(v state.View, r op.Request, content op.JSON) op.JSON {
	for _, redact := range s.Redactions {
		content = redact(v, r, content)
	}
	return content
}

// Forbids implements op.Sight.
func (Sight) Forbids(v state.View, r op.Request) (rule urn.ID, denied bool) {
	denials := rules.InForce(v)
	if denials == nil {
		return "", false
	}
	p, ok := identity.Find(v, r.Principal)
	if !ok {
		return "", false
	}
	j := &judge{view: v, at: r.Time, principal: p, environment: r.Environment, denials: denials}
	q := j.asked(&r)
	return j.forbids(&q, r.Target)
}

// ways finds all that grants something on the target.
func ways(v state.View, p *identity.Principal, r op.Request) []op.Reason {
	switch r.Target.Entity {
	case op.EntityObject:
		return toObject(v, r)
	case op.EntityScope:
		return append(append(toScope(v, r), hosting(v, p, r.Target.ID)...), administering(p)...)
	case tenancy.EntityMembership:
		return toMembership(v, p, r)
	case op.EntityPrincipal:
		return toPrincipal(v, p, r)
	case relation.EntityRelationship:
		return toRelationship(v, p, r)
	case op.EntityCredential:
		c, known := apikey.Find(v, r.Target.ID)
		if !known {
			return nil
		}
		if c.PrincipalID == p.ID {
			return []op.Reason{{Via: op.ViaSelf, Level: op.Own}}
		}
		return administering(p)
	}
	return nil
}

// administering is what administrators of the cluster see: what runs it, and
// no content of objects.
func administering(p *identity.Principal) []op.Reason {
	if !p.Holds(op.Administer) {
		return nil
	}
	return []op.Reason{{Via: op.ViaPermission, Level: op.Read}}
}
