package op

import (
	"slices"

	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/urn"
)

// Level is how much a principal may do with a thing. Levels are ordered.
type Level uint8

// The levels. Own is above what any grant gives: the owner of an object, an
// owner-role member of a scope.
const (
	None Level = iota
	Read
	Write
	Admin
	Own
)

var levelNames = [...]string{"none", "read", "write", "admin", "owner"}

func (l Level) String() string { return levelNames[l] }

// MarshalText implements encoding.TextMarshaler.
func (l Level) MarshalText() ([]byte, error) { return []byte(l.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (l *Level) UnmarshalText(b []byte) error {
	for i, name := range levelNames {
		if string(b) == name {
			*l = Level(i)
			return nil
		}
	}
	return fault.New(fault.ValidationFailed, "unknown level; use read, write or admin")
}

// The entities that rights are decided about.
const (
	EntityObject     = "object"
	EntityScope      = "scope"
	EntityPrincipal  = "principal"
	EntityCredential = "credential"
)

// Target names the thing that an operation acts on. Without an ID it is
// something that does not exist yet.
type Target struct {
	Entity string
	ID     urn.ID
	// Type is the application's own type of an object that does not exist yet.
	Type string
}

// Object is an object as a target.
func Object(id urn.ID) Target { return Target{Entity: EntityObject, ID: id} }

// NewObject is an object of a type, before it exists.
func NewObject(typ string) Target { return Target{Entity: EntityObject, Type: typ} }

// Scope is a scope as a target.
func Scope(id urn.ID) Target { return Target{Entity: EntityScope, ID: id} }

// Principal is a principal as a target.
func Principal(id urn.ID) Target { return Target{Entity: EntityPrincipal, ID: id} }

// Credential is a key as a target.
func Credential(id urn.ID) Target { return Target{Entity: EntityCredential, ID: id} }

// Request asks whether somebody may do something to a target.
type Request struct {
	Principal urn.ID
	Action    string
	Target    Target
	Need      Level
	// Time is the time to judge expiry at.
	Time state.Time
	// Environment is the one that the call says it comes from, if it says.
	Environment urn.ID
	// Closed asks for the ways that give nothing too, with what closed them.
	Closed bool
}

// The ways by which a right comes.
const (
	ViaOwnership  = "ownership"
	ViaMembership = "membership"
	ViaHierarchy  = "hierarchy"
	ViaPermission = "permission"
	ViaSelf       = "self"
	// ViaRelationship is by the graph between principals.
	ViaRelationship = "relationship"
	// ViaTuple is by a relation tuple whose relation is a role.
	ViaTuple = "tuple"
)

// Reason is one way by which a right comes, or was cut.
type Reason struct {
	// Via is one of the constants above.
	Via string `json:"via" doc:"ownership, membership, hierarchy, permission, self, relationship or tuple"`
	// ScopeID is the scope of the membership; FromScopeID the one that the
	// object is projected into, when that is an ancestor.
	ScopeID     urn.ID `json:"scope_id,omitempty" doc:"the scope of the membership that grants"`
	FromScopeID urn.ID `json:"from_scope_id,omitempty" doc:"the ancestor scope that the object is shared into"`
	Role        string `json:"role,omitempty" doc:"the role of the membership, or the relation of the tuple"`
	TupleID     urn.ID `json:"tuple_id,omitempty" doc:"the tuple that grants"`
	Level       Level  `json:"level" doc:"the level that this way gives"`
	// Cut says why the way gives less than it would, or nothing.
	Cut string `json:"cut,omitempty" doc:"what lowered the level: role, frozen, inherited, rule, or in explanations why the way is closed"`
	// DeniedBy is the rule that cut the way.
	DeniedBy urn.ID `json:"denied_by,omitempty" doc:"the rule that closed the way, when one did"`
}

// Decision is the answer to a Request.
type Decision struct {
	Allowed bool
	// Level is the principal's level on the target as far as the action goes:
	// None where a rule denies the action.
	Level Level
	// Visible says whether the principal may know of the target: one that is
	// not visible must be answered like one that does not exist.
	Visible bool
	Why     []Reason
	// DeniedBy is the rule but for which the answer would be yes.
	DeniedBy urn.ID
	// Lacks is what the caller's key may not be used for, if it was the key.
	Lacks KeyScope
}

// Refusal is the fault for a caller who was not allowed; nil if he was.
func (d *Decision) Refusal(need Level) *fault.Fault {
	if d.Allowed {
		return nil
	}
	if d.Lacks != "" {
		return fault.New(fault.InsufficientScope, "the key was not made for %s; use one whose scopes hold it", d.Lacks).With("scope", string(d.Lacks))
	}
	if !d.Visible {
		return NotFound()
	}
	detail := "you may see this but not do that; ask its owner or an administrator of a scope that shares it"
	if d.DeniedBy != "" {
		detail = "a rule denies this; ask whoever made the rule, or an administrator of the cluster"
	}
	f := fault.New(fault.PermissionDenied, "%s", detail)
	if need > None {
		f = f.With("required_level", need.String()).With("level", d.Level.String())
	}
	if d.DeniedBy != "" {
		f = f.With("denied_by", string(d.DeniedBy))
	}
	return f
}

// NotFound is the one answer for what is absent and for what may not be seen.
func NotFound() *fault.Fault {
	return fault.New(fault.NotFound, "there is nothing here that you can see; check the id and the key you use")
}

// Sight is how layers ask for rights without knowing who decides them.
type Sight interface {
	// Decide answers from the rows of v alone.
	Decide(v state.View, r Request) Decision
	// Forbids says whether a rule denies the action as such, whoever has the
	// right to it, and which. Level and ways play no part.
	Forbids(v state.View, r Request) (rule urn.ID, denied bool)
	// Reveal gives the part of an object's content that a principal may see who
	// has read on it.
	Reveal(v state.View, r Request, content JSON) JSON
	// Visible walks the objects on which a principal has at least read.
	Visible(v state.View, g Gaze) Walk
}

// Gaze says whose sight a walk follows, over which objects, in which order and
// from where on. Without more it is over all in order of id, which is that of
// their creation.
type Gaze struct {
	Principal urn.ID
	// Time is the time to judge expiry at.
	Time state.Time
	// Environment is the one that the call says it comes from, if it says.
	Environment urn.ID
	// Type keeps the objects of one type, Owned those of the principal's own.
	Type  string
	Owned bool
	// ByType orders by type and, within one, by id; Reverse turns any order
	// round.
	ByType, Reverse bool
	// After is the last object that was seen already; "" to begin.
	After urn.ID
}

// Walk is a walk over ids. Close must be called. Next also returns false when
// the bound of work for one page is reached: then More is true, and the walk
// can be taken up after Last.
type Walk interface {
	Next() bool
	ID() urn.ID
	Level() Level
	More() bool
	Last() urn.ID
	Close()
}

// rule is the access part of a declaration, without the input's type.
type rule struct {
	kind   ruleKind
	action string
	need   Level
	// permissions let a holder of any of them in.
	permissions []Permission
	target      func(in any) Target
	// beyond is the permission whose holders no rule can keep from the
	// operation.
	beyond Permission
}

type ruleKind uint8

const (
	ruleNone ruleKind = iota
	ruleOpen
	ruleSystem
	ruleAnyone
	ruleHolds
	ruleMay
)

// Access says who may run an operation with input In, as data: it is decided
// by the pipeline in the transaction of the effect, never by the handler.
type Access[In any] struct{ rule }

// Open operations need no credential. The caller of a command that came without
// one is nobody: his id is empty. With one he is judged like every caller, and
// his key's scopes and the rules have their say.
func Open[In any](action string) Access[In] {
	return Access[In]{rule{kind: ruleOpen, action: action}}
}

// Internal operations are proposed by the cluster itself only.
func Internal[In any](action string) Access[In] {
	return Access[In]{rule{kind: ruleSystem, action: action}}
}

// Anyone admits each active principal; what he sees is the handler's matter,
// by way of Sight.
func Anyone[In any](action string) Access[In] {
	return Access[In]{rule{kind: ruleAnyone, action: action}}
}

// Holding admits the holders of any of some cluster permissions. Where On names
// a target, it does not exist for others who cannot see it.
func Holding[In any](action string, some ...Permission) Access[In] {
	return Access[In]{rule{kind: ruleHolds, action: action, permissions: some}}
}

// May admits who has at least the needed level on the target.
func May[In any](action string, need Level, target func(in In) Target) Access[In] {
	return Access[In]{rule{kind: ruleMay, action: action, need: need, target: func(in any) Target { return target(in.(In)) }}}
}

// OrHolding also admits the holders of a cluster permission.
func (a Access[In]) OrHolding(p Permission) Access[In] {
	a.permissions = append(slices.Clip(a.permissions), p)
	return a
}

// On names what the operation acts on, where no level on it is asked for:
// rules about it have their say all the same.
func (a Access[In]) On(target func(in In) Target) Access[In] {
	a.target = func(in any) Target { return target(in.(In)) }
	return a
}

// BeyondRules lets no rule keep the holders of a cluster permission from the
// operation, so that they can always take rules away.
func (a Access[In]) BeyondRules(p Permission) Access[In] {
	a.beyond = p
	return a
}
