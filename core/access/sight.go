// Package access is the one decision: who may do what to which thing, as a
// pure function of the rows of one revision and a time. The same function
// serves apply, reads, lists, checks and questions about the past.
package access

import (
	"github.com/weir-store/weir/core/identity"
	"github.com/weir-store/weir/core/identity/apikey"
	"github.com/weir-store/weir/core/identity/relation"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/urn"
)

// Ops are the questions about rights.
var Ops = &op.Set{Noun: "access", Doc: "Access answers who may do what, why, and since any revision."}

// Sight implements op.Sight. The zero Sight decides by ownership, membership
// and hierarchy alone.
type Sight struct {
	// Denials are asked, in this order, about everything that would be
	// granted. They can only take away.
	Denials []Denial
	// Redactions are asked, in this order, about all content that is shown.
	Redactions []Redaction
}

// Denial says whether a rule forbids a request: what comes to the principal
// through a scope or, with an empty scope, the request as such, the owner's
// included.
type Denial func(v state.View, r op.Request, scope urn.ID) (rule urn.ID, denied bool)

// Redaction takes out of an object's content what the principal of a request
// may not see. It can only take away, and gives what the next one is asked about.
type Redaction func(v state.View, r op.Request, content op.JSON) op.JSON

// Decide implements op.Sight.
func (s Sight) Decide(v state.View, r op.Request) op.Decision {
	p, ok := identity.Find(v, r.Principal)
	if !ok || p.Lifecycle != identity.Active {
		return op.Decision{}
	}
	return s.judge(v, r, ways(v, p, r))
}

// Reveal implements op.Sight.
func (s Sight) Reveal(v state.View, r op.Request, content op.JSON) op.JSON {
	for _, redact := range s.Redactions {
		content = redact(v, r, content)
	}
	return content
}

// Forbids implements op.Sight.
func (s Sight) Forbids(v state.View, r op.Request) (rule urn.ID, denied bool) {
	return s.denied(v, r, "")
}

// ways finds all that grants something on the target.
func ways(v state.View, p *identity.Principal, r op.Request) []op.Reason {
	switch r.Target.Entity {
	case op.EntityObject:
		return toObject(v, r)
	case op.EntityScope:
		return append(toScope(v, r), administering(p)...)
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

// judge adds up what the ways give, after the denials had their say.
func (s Sight) judge(v state.View, r op.Request, why []op.Reason) op.Decision {
	d := op.Decision{Why: why}
	for i := range why {
		if rule, denied := s.deniedThrough(v, r, &why[i]); denied {
			why[i].Level, why[i].Cut, d.DeniedBy = op.None, cutRule, rule
		}
		d.Level = max(d.Level, why[i].Level)
	}
	d.Visible = d.Level >= op.Read
	d.Allowed = d.Level >= max(r.Need, op.Read)
	if d.Allowed {
		d.DeniedBy = ""
	}
	if rule, denied := s.denied(v, r, ""); denied {
		d.Allowed, d.DeniedBy = false, rule
	}
	return d
}

func (s Sight) deniedThrough(v state.View, r op.Request, way *op.Reason) (urn.ID, bool) {
	for _, scope := range []urn.ID{way.ScopeID, way.FromScopeID} {
		if scope == "" {
			continue
		}
		if rule, denied := s.denied(v, r, scope); denied {
			return rule, true
		}
	}
	return "", false
}

// denied is the step of the rules: deny always wins.
func (s Sight) denied(v state.View, r op.Request, scope urn.ID) (urn.ID, bool) {
	for _, deny := range s.Denials {
		if rule, denied := deny(v, r, scope); denied {
			return rule, true
		}
	}
	return "", false
}
