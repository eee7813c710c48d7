package access

import (
	"strings"

	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/urn"
)

// actions says which level each action takes on an object and on a scope; none
// where there is no such action. Beside the actions of the audit trail, which
// are what rules match, stand the plain words that people ask with.
var actions = []struct {
	name          string
	object, scope op.Level
}{
	{"read", op.Read, op.Read},
	{"list", op.Read, op.Read},
	{"write", op.Write, op.Write},
	{"update", op.Write, op.Admin},
	{"delete", op.Admin, op.None},
	{"restore", op.Admin, op.None},
	{"rollback", op.Admin, op.Own},
	{"ownership_transfer", op.Own, op.None},
	{"share", op.Own, op.Write},
	{"projection", op.Own, op.Write},
	{"revoke", op.Own, op.Admin},
	{"membership_change", op.None, op.Admin},
	{"scope_create", op.None, op.Admin},
	{"scope_modify", op.None, op.Admin},
	{"lifecycle_change", op.None, op.Own},
	{"scope_dissolve", op.None, op.Own},
	{"rule_change", op.Own, op.Admin},
}

// plain are the words that stand for an action of the audit trail.
var plain = []struct{ word, object, scope string }{
	{"list", "read", "list"},
	{"write", "update", "scope_modify"},
	{"update", "update", "scope_modify"},
	{"share", "projection", "projection"},
}

// Question is about whom, what and which action is asked.
type Question struct {
	PrincipalID urn.ID `json:"principal_id,omitempty" op:"id=principal" doc:"about whom; you yourself when absent"`
	Action      string `json:"action" op:"required,min=1,max=64" doc:"read, list, write, update, delete, restore, rollback, ownership_transfer, share, projection, revoke, rule_change; for scopes also membership_change, scope_create, scope_modify, lifecycle_change, scope_dissolve"`
	ObjectID    urn.ID `json:"object_id,omitempty" op:"id=obj" doc:"the object; give this or scope_id"`
	ScopeID     urn.ID `json:"scope_id,omitempty" op:"id=scp|org" doc:"the scope; give this or object_id"`
}

func (q *Question) target() op.Target {
	if q.ObjectID != "" {
		return op.Object(q.ObjectID)
	}
	return op.Scope(q.ScopeID)
}

// action is what the trail, and so each rule, calls the action.
func (q *Question) action() string {
	for _, p := range plain {
		switch {
		case p.word != q.Action:
		case q.ObjectID != "":
			return p.object
		default:
			return p.scope
		}
	}
	return q.Action
}

// need is the level that the action takes on the target; None if there is no
// such action.
func (q *Question) need() op.Level {
	for _, a := range actions {
		switch {
		case a.name != q.Action:
		case q.ObjectID != "":
			return a.object
		default:
			return a.scope
		}
	}
	return op.None
}

func (q *Question) validate() *fault.Fault {
	if (q.ObjectID == "") == (q.ScopeID == "") {
		detail := "exactly one of object_id and scope_id must be given"
		return fault.New(fault.ValidationFailed, "%s", detail).At(fault.Item{Pointer: "/object_id", Code: "one-of", Detail: detail})
	}
	if q.need() != op.None {
		return nil
	}
	var legal []string
	for _, a := range actions {
		if other := (&Question{Action: a.name, ObjectID: q.ObjectID}); other.need() != op.None {
			legal = append(legal, a.name)
		}
	}
	detail := "must be one of " + strings.Join(legal, ", ")
	return fault.New(fault.ValidationFailed, "action %s", detail).At(fault.Item{Pointer: "/action", Code: "unknown-action", Detail: detail})
}
