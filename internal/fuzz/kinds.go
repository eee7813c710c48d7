package fuzz

import (
	"github.com/weir-store/weir/core/identity"
	"github.com/weir-store/weir/core/objects"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/tenancy"
)

// kind is a kind of mutation: how often it comes, and what it does to store
// and model.
type kind struct {
	name   string
	weight int
	run    func(w *world, s step) error
}

// growth makes a graph that later mutations can matter in.
var growth = []kind{
	{"create object", 4, createObject},
	{"create scope", 3, createScope},
	{"add member", 5, addMember},
	{"project", 5, project},
	{"write tuple", 2, writeTuple},
}

// mutations are all that can happen to a graph.
var mutations = []kind{
	{"create object", 3, createObject},
	{"update object", 4, updateObject},
	{"delete object", 3, deleteObject},
	{"restore object", 3, restoreObject},
	{"create scope", 3, createScope},
	{"add member", 9, addMember},
	{"remove member", 6, removeMember},
	{"leave", 2, leave},
	{"project", 9, project},
	{"unproject", 6, unproject},
	{"write tuple", 6, writeTuple},
	{"delete tuple", 4, deleteTuple},
	{"freeze", 2, freeze},
	{"unfreeze", 3, unfreeze},
	{"archive scope", 1, archiveScope},
	{"time passes", 4, pass},
	{"transfer object", 3, transferObject},
	{"suspend", 2, suspend},
	{"resume", 4, resume},
	{"create rule", 3, createRule},
	{"bind rule", 5, bindRule},
	{"unbind rule", 4, unbindRule},
	{"archive rule", 1, archiveRule},
}

var (
	types  = []string{"note", "memo"}
	levels = []op.Level{op.Read, op.Write, op.Admin}
	roles  = []tenancy.Role{tenancy.Owner, tenancy.Admin, tenancy.Editor, tenancy.Member, tenancy.Viewer, tenancy.Viewer, tenancy.Guest}
)

// The bounds of a graph: small ones meet in more ways.
const (
	maxObjects = 10
	maxScopes  = 8
)

func createObject(w *world, s step) error {
	if len(w.objects) == maxObjects {
		return nil
	}
	who := w.actor(s.a)
	typ := types[s.b%2]
	o, ok, err := try(w, who, true, objects.Create, objects.CreateInput{Type: typ, Data: op.JSON(`{}`)})
	if ok {
		w.objects = append(w.objects, object{id: o.ID, typ: typ, owner: who})
	}
	return err
}

func updateObject(w *world, s step) error {
	o, ok := of(s.b, len(w.objects))
	if !ok {
		return nil
	}
	who := w.actor(s.a)
	_, _, err := try(w, who, w.level(who, o, w.next()) >= op.Write, objects.Update, objects.UpdateInput{ID: w.objects[o].id, Data: op.JSON(`{"n":1}`)})
	return err
}

func deleteObject(w *world, s step) error {
	o, ok := of(s.b, len(w.objects))
	if !ok {
		return nil
	}
	who := w.actor(s.a, w.objects[o].owner)
	_, ok, err := try(w, who, w.level(who, o, w.next()) >= op.Admin, objects.Delete, objects.DeleteInput{ID: w.objects[o].id})
	if ok {
		w.objects[o].deleted = true
	}
	return err
}

func restoreObject(w *world, s step) error {
	o, ok := of(s.b, len(w.objects))
	if !ok {
		return nil
	}
	who := w.actor(s.a, w.objects[o].owner)
	_, ok, err := try(w, who, w.level(who, o, w.next()) >= op.Admin, objects.Restore, objects.RestoreInput{ID: w.objects[o].id})
	if ok {
		w.objects[o].deleted = false
	}
	return err
}

func transferObject(w *world, s step) error {
	o, ok := of(s.b, len(w.objects))
	if !ok {
		return nil
	}
	who, to := w.actor(s.a, w.objects[o].owner), int(s.c)%len(w.principals)
	_, ok, err := try(w, who, w.level(who, o, w.next()) >= op.Own, objects.Transfer, objects.TransferInput{ID: w.objects[o].id, OwnerID: w.principals[to].id})
	if ok {
		w.objects[o].owner = to
	}
	return err
}

func suspend(w *world, s step) error {
	p := int(s.a) % len(w.principals)
	_, ok, err := administer(w, identity.Suspend, identity.LifecycleInput{ID: w.principals[p].id})
	if ok {
		w.principals[p].active = false
	}
	return err
}

func resume(w *world, s step) error {
	p := int(s.a) % len(w.principals)
	_, ok, err := administer(w, identity.Resume, identity.LifecycleInput{ID: w.principals[p].id})
	if ok {
		w.principals[p].active = true
	}
	return err
}

func createScope(w *world, s step) error {
	if len(w.scopes) == maxScopes {
		return nil
	}
	parent, who, may := none, w.actor(s.a), true
	in := tenancy.CreateInput{Name: "s"}
	if p, ok := of(s.b, len(w.scopes)); ok && s.c%4 > 0 {
		parent, in.ParentID = p, w.scopes[p].id
		who = w.actor(s.a, w.owners(p, w.next())...)
		may = w.scopeLevel(who, p, w.next()) >= op.Admin
	}
	made, ok, err := try(w, who, may, tenancy.Create, in)
	if ok {
		w.scopes = append(w.scopes, scope{id: made.ID, parent: parent})
		w.grant(len(w.scopes)-1, who, tenancy.Owner, 0)
	}
	return err
}

func addMember(w *world, s step) error {
	in, ok := of(s.b, len(w.scopes))
	if !ok {
		return nil
	}
	who, whom, role := w.actor(s.a, w.owners(in, w.next())...), int(s.c)%len(w.principals), roles[s.d%uint32(len(roles))]
	need := op.Admin
	if role == tenancy.Owner || role == tenancy.Admin {
		need = op.Own
	}
	var expires state.Time
	if role != tenancy.Owner && s.d/8%2 == 0 {
		expires = w.now + hour*state.Time(1+s.d/16%3)
	}
	_, ok, err := try(w, who, w.scopeLevel(who, in, w.next()) >= need, tenancy.Add, tenancy.AddInput{
		ID: w.scopes[in].id, PrincipalID: w.principals[whom].id, Role: role, ExpiresAt: expires,
	})
	if ok {
		w.grant(in, whom, role, expires)
	}
	return err
}

func removeMember(w *world, s step) error {
	in, ok := of(s.b, len(w.scopes))
	if !ok {
		return nil
	}
	at := w.next()
	who, whom := w.actor(s.a, w.owners(in, at)...), int(s.c)%len(w.principals)
	if n, ok := of(s.d, len(w.members)); ok && s.c%2 == 0 {
		in, whom = w.members[n].scope, w.members[n].principal
	}
	may := w.scopeLevel(who, in, at) >= op.Admin || who == whom && w.scopeLevel(who, in, at) >= op.Read
	input := tenancy.RemoveInput{ID: w.scopes[in].id, PrincipalID: w.principals[whom].id}
	if s.d%3 == 0 {
		input.Role = roles[s.d/3%uint32(len(roles))]
	}
	if s.d%2 == 0 {
		input.WhileFrozen = true
		// To pass while it is frozen takes an owner.
		may = may && (!w.scopes[in].frozen || w.scopeLevel(who, in, at) >= op.Own || w.held(in, whom, input.Role, at) == 0)
	}
	_, ok, err := try(w, who, may, tenancy.Remove, input)
	if ok {
		w.revoke(in, whom, input.Role, at)
	}
	return err
}

func leave(w *world, s step) error {
	n, ok := of(s.b, len(w.members))
	if !ok {
		return nil
	}
	m, at := w.members[n], w.next()
	_, ok, err := try(w, m.principal, w.scopeLevel(m.principal, m.scope, at) >= op.Read, tenancy.Leave, tenancy.ScopeInput{ID: w.scopes[m.scope].id})
	if ok {
		w.revoke(m.scope, m.principal, "", at)
	}
	return err
}

func project(w *world, s step) error {
	o, ok := of(s.c, len(w.objects))
	if !ok || len(w.scopes) == 0 {
		return nil
	}
	in := w.scopeFor(s.b, w.objects[o].owner)
	who, level := w.actor(s.a, w.objects[o].owner), levels[s.d%3]
	may := w.objects[o].owner == who && w.scopeLevel(who, in, w.next()) >= op.Write
	_, ok, err := try(w, who, may, tenancy.Project, tenancy.ProjectInput{ID: w.scopes[in].id, ObjectID: w.objects[o].id, Level: level.String()})
	if ok {
		w.project(in, o, level)
	}
	return err
}

// scopeFor is any scope, or mostly one that a principal may share into.
func (w *world) scopeFor(n uint32, p int) int {
	var open []int
	for s := range w.scopes {
		if w.scopeLevel(p, s, w.next()) >= op.Write {
			open = append(open, s)
		}
	}
	if len(open) == 0 || n%4 == 0 {
		return int(n/4) % len(w.scopes)
	}
	return open[int(n/4)%len(open)]
}

func unproject(w *world, s step) error {
	n, ok := of(s.b, len(w.shares))
	if !ok {
		return nil
	}
	in, o, at := w.shares[n].scope, w.shares[n].object, w.next()
	who := w.actor(s.a, append(w.owners(in, at), w.objects[o].owner)...)
	frozen := s.d%2 == 0
	owns := w.objects[o].owner == who
	may := owns || w.scopeLevel(who, in, at) >= op.Admin
	if frozen && !owns && w.scopes[in].frozen && !w.shares[n].revoked {
		may = may && w.scopeLevel(who, in, at) >= op.Own
	}
	_, ok, err := try(w, who, may, tenancy.Unproject, tenancy.UnprojectInput{ID: w.scopes[in].id, ObjectID: w.objects[o].id, WhileFrozen: frozen})
	if ok {
		w.shares[n].revoked = true
	}
	return err
}

// change runs a command on a scope that takes an owner of it.
func change(w *world, s step, c op.Command[tenancy.ScopeInput, tenancy.Scope], set func(*scope)) error {
	n, ok := of(s.b, len(w.scopes))
	if !ok {
		return nil
	}
	who := w.actor(s.a, w.owners(n, w.next())...)
	_, ok, err := try(w, who, w.scopeLevel(who, n, w.next()) >= op.Own, c, tenancy.ScopeInput{ID: w.scopes[n].id})
	if ok {
		set(&w.scopes[n])
	}
	return err
}

func freeze(w *world, s step) error {
	return change(w, s, tenancy.Freeze, func(x *scope) { x.frozen = true })
}

func unfreeze(w *world, s step) error {
	return change(w, s, tenancy.Unfreeze, func(x *scope) { x.frozen = false })
}

func archiveScope(w *world, s step) error {
	return change(w, s, tenancy.Archive, func(x *scope) { x.archived = true })
}

// pass lets time pass, mostly up to the very moment at which something expires.
func pass(w *world, s step) error {
	next := w.now + hour*state.Time(1+s.b%3)/2
	for _, m := range w.members {
		if s.a%3 > 0 && !m.revoked && m.expires > w.now {
			next = min(next, m.expires)
		}
	}
	w.now = next
	w.say("it is %s", w.now)
	return nil
}

// next is the time of the next command.
func (w *world) next() state.Time { return w.now + 1000 }

// held counts the memberships of a principal in a scope that count, in one role
// or in any.
func (w *world) held(s, p int, role tenancy.Role, at state.Time) int {
	n := 0
	for _, x := range w.members {
		if x.scope == s && x.principal == p && (role == "" || x.role == role) && w.counts(x, at) {
			n++
		}
	}
	return n
}

// revoke is what the end of memberships leaves.
func (w *world) revoke(s, p int, role tenancy.Role, at state.Time) {
	for i := range w.members {
		if x := &w.members[i]; x.scope == s && x.principal == p && (role == "" || x.role == role) && w.counts(*x, at) {
			x.revoked = true
		}
	}
}
