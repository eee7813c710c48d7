package tuple

import (
	"slices"
	"strings"

	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/identity"
	"github.com/weir-store/weir/core/objects"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/tenancy"
	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/storage/key"
)

// Key is what a tuple says: the subject has the relation to the object. Both
// ids have their type as their prefix, also where an application chose it.
type Key struct {
	Subject  urn.ID
	Relation string
	Object   urn.ID
}

// kind is the type of a thing, which is the prefix of its id; none for a name
// that a caller chose for a principal.
func kind(id urn.ID) string {
	prefix, _, typed := strings.Cut(string(id), "_")
	if !typed {
		return ""
	}
	return prefix
}

// shown is an id as answers show it: typed where the type is one of Weir's, else
// the canonical text of the UUID.
func shown(id urn.ID) urn.ID {
	if urn.Registered(kind(id)) {
		return id
	}
	if _, uuid, f := urn.DecodeAny(id); f == nil {
		return urn.ID(uuid)
	}
	return id
}

// ShownObject is the object's type and id as answers show them.
func (k Key) ShownObject() (typ string, id urn.ID) { return kind(k.Object), shown(k.Object) }

// managed says whether tuples like this follow from memberships, and from
// nothing else.
func (k Key) managed() bool { return isScope(k.Object) && isRole(k.Relation) }

func isScope(id urn.ID) bool {
	t := kind(id)
	return t == urn.PrefixOrg || t == urn.PrefixScope
}

func isPrincipal(id urn.ID) bool {
	t := kind(id)
	return t == urn.PrefixUser || t == urn.PrefixService
}

// roles are the relations that are built in.
var roles = []tenancy.Role{tenancy.Owner, tenancy.Admin, tenancy.Editor, tenancy.Member, tenancy.Viewer, tenancy.Guest}

func isRole(relation string) bool { return slices.Contains(roles, tenancy.Role(relation)) }

// target is a thing as a target of rights; false where rights on it are not a
// matter of levels.
func target(id urn.ID) (op.Target, bool) {
	switch kind(id) {
	case urn.PrefixObject:
		return op.Object(id), true
	case urn.PrefixOrg, urn.PrefixScope:
		return op.Scope(id), true
	case urn.PrefixUser, urn.PrefixService:
		return op.Principal(id), true
	}
	return op.Target{}, false
}

// ruled is a thing as rules look at it: one of an application's is known to them
// by its type.
func ruled(id urn.ID) op.Target {
	t, ok := target(id)
	if !ok {
		t = op.NewObject(kind(id))
	}
	return t
}

// exists says whether there is such a thing. What is of an application's type
// only the application knows.
func exists(v state.View, c *op.Catalog, id urn.ID) bool {
	t := kind(id)
	if !urn.Registered(t) {
		return true
	}
	switch t {
	case urn.PrefixObject:
		_, ok := objects.Find(v, id)
		return ok
	case urn.PrefixOrg, urn.PrefixScope:
		_, ok := tenancy.Find(v, id)
		return ok
	case urn.PrefixUser, urn.PrefixService:
		_, ok := identity.Find(v, id)
		return ok
	}
	if c == nil {
		return false
	}
	e, ok := c.EntityOf(string(id))
	if !ok {
		return false
	}
	_, ok = e.Known(v, id)
	return ok
}

// refers names the row of a thing, where it is one of those that tuples are
// mostly about.
func refers(id urn.ID, to func(key.Key)) {
	switch {
	case isPrincipal(id):
		to(state.Key(key.Principal, string(id)))
	case isScope(id):
		to(state.Key(key.Scope, id))
	case kind(id) == urn.PrefixObject:
		to(state.Key(key.Object, id))
	}
}

// A relation is 2 to 32 of a-z and _, a type 2 to 6 of a-z.
func isRelation(s string) bool {
	return letters(s, 32, func(b byte) bool { return b == '_' })
}

func isType(s string) bool {
	return letters(s, 6, func(byte) bool { return false })
}

func letters(s string, longest int, also func(b byte) bool) bool {
	for i := range len(s) {
		if (s[i] < 'a' || s[i] > 'z') && !also(s[i]) {
			return false
		}
	}
	return len(s) >= 2 && len(s) <= longest
}

const (
	relationForm = "is 2 to 32 of the characters a-z and _"
	typeForm     = "is 2 to 6 of the letters a-z"
)

// badFormat refuses a text and says where it stands.
func badFormat(at, detail string) *fault.Fault {
	return fault.New(fault.InvalidFormat, "%s %s", strings.TrimPrefix(at, "/"), detail).
		At(fault.Item{Pointer: at, Code: string(fault.InvalidFormat), Detail: detail})
}

func checkRelation(at, relation string) *fault.Fault {
	if !isRelation(relation) {
		return badFormat(at, relationForm)
	}
	return nil
}

// checkThing reads a type and an id, named by what comes before _type and _id.
func checkThing(name, typ string, id *urn.ID) *fault.Fault {
	if !isType(typ) {
		return badFormat("/"+name+"_type", typeForm)
	}
	at := "/" + name + "_id"
	read, f := urn.NormalizeAny(typ, string(*id))
	switch {
	case f == nil:
		*id = read
		return nil
	case f.Code == fault.InvalidID:
		return f.At(fault.Item{Pointer: at, Code: string(f.Code), Detail: f.Detail})
	}
	return badFormat(at, "is of another type than "+name+"_type says")
}

// KeyInput is a tuple as callers name it.
type KeyInput struct {
	SubjectType string `json:"subject_type" op:"required" doc:"what the subject is: usr, svc, org, scp, obj or another type of 2 to 6 letters a-z"`
	SubjectID   urn.ID `json:"subject_id" op:"required" doc:"the subject, by its id or its UUID"`
	Relation    string `json:"relation" op:"required" doc:"what the subject is to the object: 2 to 32 of a-z and _"`
	ObjectType  string `json:"object_type" op:"required" doc:"what the object is: org, scp, obj, usr or a type of your own, 2 to 6 letters a-z"`
	ObjectID    urn.ID `json:"object_id" op:"required" doc:"the object, by its id or its UUID"`
}

func (in *KeyInput) validate() *fault.Fault {
	if f := checkThing("subject", in.SubjectType, &in.SubjectID); f != nil {
		return f
	}
	if f := checkRelation("/relation", in.Relation); f != nil {
		return f
	}
	return checkThing("object", in.ObjectType, &in.ObjectID)
}

func (in *KeyInput) key() Key { return Key{in.SubjectID, in.Relation, in.ObjectID} }

// ParseObject reads what a relation and an object of a grant are called, where
// the subject is known later. Faults name relation, object_type and object_id.
func ParseObject(relation, objectType string, objectID urn.ID) (Key, *fault.Fault) {
	if f := checkRelation("/relation", relation); f != nil {
		return Key{}, f
	}
	if f := checkThing("object", objectType, &objectID); f != nil {
		return Key{}, f
	}
	return Key{Relation: relation, Object: objectID}, nil
}
