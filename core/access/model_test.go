package access_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/weir-store/weir/core/access"
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/identity"
	"github.com/weir-store/weir/core/objects"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/tenancy"
	"github.com/weir-store/weir/core/tenancy/tuple"
	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/internal/testkit/stage"
)

// facts is the store as the chapter describes it, kept as plainly as can be.
type facts struct {
	lifecycle map[urn.ID]string
	owner     map[urn.ID]urn.ID // of objects
	deleted   map[urn.ID]bool
	parent    map[urn.ID]urn.ID // of scopes
	frozen    map[urn.ID]bool
	archived  map[urn.ID]bool
	members   map[belonging]state.Time // the expiry, 0 for never
	shares    map[share]op.Level
	tuples    map[saying]urn.ID
}

// saying is a tuple about an object.
type saying struct {
	principal, object urn.ID
	relation          string
}

type belonging struct {
	scope, principal urn.ID
	role             tenancy.Role
}

type share struct{ scope, object urn.ID }

func (f *facts) clone() facts {
	return facts{
		maps.Clone(f.lifecycle), maps.Clone(f.owner), maps.Clone(f.deleted), maps.Clone(f.parent),
		maps.Clone(f.frozen), maps.Clone(f.archived), maps.Clone(f.members), maps.Clone(f.shares), maps.Clone(f.tuples),
	}
}

var caps = map[tenancy.Role]op.Level{
	tenancy.Owner: op.Admin, tenancy.Admin: op.Admin, tenancy.Editor: op.Write,
	tenancy.Member: op.Read, tenancy.Viewer: op.Read, tenancy.Guest: op.None,
}

// level is rule 4.5, step by step, with what a tuple gives that names a role.
func (f *facts) level(principal, object urn.ID, at state.Time) op.Level {
	switch {
	case f.lifecycle[principal] != identity.Active:
		return op.None
	case f.owner[object] == principal:
		return op.Own
	case f.deleted[object]:
		return op.None
	}
	best := op.None
	for s := range f.tuples {
		if s.principal == principal && s.object == object {
			best = max(best, caps[tenancy.Role(s.relation)])
		}
	}
	for m, expires := range f.members {
		if m.principal != principal || (expires != 0 && at >= expires) || f.archived[m.scope] || caps[m.role] == op.None {
			continue
		}
		direct := min(f.shares[share{m.scope, object}], caps[m.role])
		if f.frozen[m.scope] {
			direct = min(direct, op.Read)
		}
		best = max(best, direct)
		for s := f.parent[m.scope]; s != "" && !f.archived[s]; s = f.parent[s] {
			best = max(best, min(f.shares[share{s, object}], op.Read))
		}
	}
	return best
}

// world runs random operations on a stage and keeps the facts beside it.
type world struct {
	*stage.Stage
	facts
	principals, objects, scopes []urn.ID
	types                       map[urn.ID]string // of objects
	// past is what was true at earlier revisions.
	past []memory
}

type memory struct {
	revision uint64
	time     state.Time
	facts    facts
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{
		Stage: stage.New(t, access.Sight{}, identity.Ops, objects.Ops, tenancy.Ops, tuple.Ops, access.Ops),
		types: map[urn.ID]string{},
		facts: facts{
			lifecycle: map[urn.ID]string{}, owner: map[urn.ID]urn.ID{}, deleted: map[urn.ID]bool{}, parent: map[urn.ID]urn.ID{},
			frozen: map[urn.ID]bool{}, archived: map[urn.ID]bool{}, members: map[belonging]state.Time{}, shares: map[share]op.Level{}, tuples: map[saying]urn.ID{},
		},
	}
	for i := range 4 {
		id := urn.ID(fmt.Sprintf("usr_01890a5d0c1e7000a0000000000000e%d", i))
		w.Principal(id)
		w.lifecycle[id] = identity.Active
		w.principals = append(w.principals, id)
	}
	w.Principal("root", op.Permissions()...)
	return w
}

// run runs an operation and says whether it was let; only faults that a caller
// can cause are taken for an answer.
func run[In, Out any](w *world, r *rapid.T, as urn.ID, call func(context.Context, op.Runner, In) (Out, error), in In) (Out, bool) {
	out, err := call(context.Background(), w.As(as), in)
	if err == nil {
		return out, true
	}
	if f, ok := fault.Of(err); !ok || f.Code == fault.Internal {
		r.Fatalf("%+v as %s: %v", in, as, err)
	}
	return out, false
}

// ownerOf gives the first of the principals that is an owner of a scope.
func (w *world) ownerOf(scope urn.ID) urn.ID {
	i := slices.IndexFunc(w.principals, func(p urn.ID) bool {
		_, owns := w.members[belonging{scope, p, tenancy.Owner}]
		return owns
	})
	return w.principals[i]
}

func pick(r *rapid.T, from []urn.ID, label string) urn.ID {
	if len(from) == 0 {
		r.Skip("none yet")
	}
	return rapid.SampledFrom(from).Draw(r, label)
}

// actions are the steps of a random history: changes of objects and people,
// changes of scopes, and the comparison after each.
func (w *world) actions() map[string]func(*rapid.T) {
	all := w.changesOfObjects()
	maps.Copy(all, w.changesOfScopes())
	maps.Copy(all, w.changesOfTuples())
	all[""] = func(r *rapid.T) {
		now := memory{w.Revision(), w.Now, w.clone()}
		w.past = append(w.past, now)
		w.compare(r, now)
		w.compare(r, w.past[rapid.IntRange(0, len(w.past)-1).Draw(r, "earlier")])
	}
	return all
}

func (w *world) changesOfObjects() map[string]func(*rapid.T) {
	who := func(r *rapid.T) urn.ID { return pick(r, w.principals, "who") }
	return map[string]func(*rapid.T){
		"create object": func(r *rapid.T) {
			as := who(r)
			typ := rapid.SampledFrom([]string{"note", "memo", "no", "note2"}).Draw(r, "type")
			if o, ok := run(w, r, as, objects.Create.Call, objects.CreateInput{Type: typ, Data: op.JSON(`{}`)}); ok {
				w.objects, w.owner[o.ID], w.types[o.ID] = append(w.objects, o.ID), as, typ
			}
		},
		"delete object": func(r *rapid.T) {
			id := pick(r, w.objects, "object")
			if _, ok := run(w, r, who(r), objects.Delete.Call, objects.DeleteInput{ID: id}); ok {
				w.deleted[id] = true
			}
		},
		"restore object": func(r *rapid.T) {
			id := pick(r, w.objects, "object")
			if _, ok := run(w, r, w.owner[id], objects.Restore.Call, objects.RestoreInput{ID: id}); ok {
				w.deleted[id] = false
			}
		},
		"project": func(r *rapid.T) {
			level := rapid.SampledFrom([]op.Level{op.Read, op.Write, op.Admin}).Draw(r, "level")
			in := tenancy.ProjectInput{ID: pick(r, w.scopes, "scope"), ObjectID: pick(r, w.objects, "object"), Level: level.String()}
			if _, ok := run(w, r, w.owner[in.ObjectID], tenancy.Project.Call, in); ok {
				w.shares[share{in.ID, in.ObjectID}] = level
			}
		},
		"unproject": func(r *rapid.T) {
			in := tenancy.UnprojectInput{ID: pick(r, w.scopes, "scope"), ObjectID: pick(r, w.objects, "object")}
			if _, ok := run(w, r, who(r), tenancy.Unproject.Call, in); ok {
				delete(w.shares, share{in.ID, in.ObjectID})
			}
		},
		"suspend or reactivate": func(r *rapid.T) {
			id := who(r)
			next := identity.Suspended
			if w.lifecycle[id] == identity.Suspended {
				next = identity.Active
			}
			w.SetLifecycle(id, next)
			w.lifecycle[id] = next
		},
		"an hour passes": func(*rapid.T) { w.Now += stage.Hour },
	}
}

func (w *world) changesOfTuples() map[string]func(*rapid.T) {
	relations := []string{"owner", "admin", "editor", "member", "viewer", "guest", "reviewer"}
	return map[string]func(*rapid.T){
		"write tuple": func(r *rapid.T) {
			s := saying{pick(r, w.principals, "subject"), pick(r, w.objects, "object"), rapid.SampledFrom(relations).Draw(r, "relation")}
			as := w.owner[s.object]
			if rapid.Bool().Draw(r, "as anybody") {
				as = pick(r, w.principals, "who")
			}
			in := tuple.KeyInput{SubjectType: "usr", SubjectID: s.principal, Relation: s.relation, ObjectType: "obj", ObjectID: s.object}
			if written, ok := run(w, r, as, tuple.Create.Call, tuple.CreateInput{KeyInput: in}); ok {
				if w.level(as, s.object, w.Now) < op.Admin {
					r.Fatalf("%s may do %s on %s and writes a tuple", as, w.level(as, s.object, w.Now), s.object)
				}
				w.tuples[s] = written.ID
			}
		},
		"delete tuple": func(r *rapid.T) {
			if len(w.tuples) == 0 {
				r.Skip("none yet")
			}
			all := slices.SortedFunc(maps.Keys(w.tuples), func(a, b saying) int { return strings.Compare(string(w.tuples[a]), string(w.tuples[b])) })
			s := rapid.SampledFrom(all).Draw(r, "tuple")
			if _, ok := run(w, r, pick(r, w.principals, "who"), tuple.Delete.Call, tuple.DeleteInput{ID: w.tuples[s]}); ok {
				delete(w.tuples, s)
			}
		},
	}
}

func (w *world) changesOfScopes() map[string]func(*rapid.T) {
	who := func(r *rapid.T) urn.ID { return pick(r, w.principals, "who") }
	roles := []tenancy.Role{tenancy.Owner, tenancy.Admin, tenancy.Editor, tenancy.Member, tenancy.Viewer, tenancy.Guest}
	return map[string]func(*rapid.T){
		"create scope": func(r *rapid.T) {
			as, parent := who(r), urn.ID("")
			if len(w.scopes) > 0 && rapid.Bool().Draw(r, "below") {
				parent = pick(r, w.scopes, "parent")
				as = w.ownerOf(parent)
			}
			if s, ok := run(w, r, as, tenancy.Create.Call, tenancy.CreateInput{Name: "s", ParentID: parent}); ok {
				w.scopes, w.parent[s.ID] = append(w.scopes, s.ID), parent
				w.members[belonging{s.ID, as, tenancy.Owner}] = 0
			}
		},
		"add member": func(r *rapid.T) {
			in := tenancy.AddInput{ID: pick(r, w.scopes, "scope"), PrincipalID: pick(r, w.principals, "member"), Role: rapid.SampledFrom(roles).Draw(r, "role")}
			if in.Role != tenancy.Owner && rapid.Bool().Draw(r, "expires") {
				in.ExpiresAt = w.Now + stage.Hour*state.Time(rapid.IntRange(1, 3).Draw(r, "hours"))
			}
			as := w.ownerOf(in.ID)
			if rapid.IntRange(0, 3).Draw(r, "as anybody") == 0 {
				as = who(r)
			}
			if _, ok := run(w, r, as, tenancy.Add.Call, in); ok {
				w.members[belonging{in.ID, in.PrincipalID, in.Role}] = in.ExpiresAt
			}
		},
		"remove member": func(r *rapid.T) {
			in := tenancy.RemoveInput{ID: pick(r, w.scopes, "scope"), PrincipalID: pick(r, w.principals, "member"), WhileFrozen: rapid.Bool().Draw(r, "while frozen")}
			if _, ok := run(w, r, who(r), tenancy.Remove.Call, in); ok {
				maps.DeleteFunc(w.members, func(m belonging, _ state.Time) bool { return m.scope == in.ID && m.principal == in.PrincipalID })
			}
		},
		"freeze": func(r *rapid.T) {
			id := pick(r, w.scopes, "scope")
			if _, ok := run(w, r, who(r), tenancy.Freeze.Call, tenancy.ScopeInput{ID: id}); ok {
				w.frozen[id] = true
			}
		},
		"unfreeze": func(r *rapid.T) {
			id := pick(r, w.scopes, "scope")
			if _, ok := run(w, r, who(r), tenancy.Unfreeze.Call, tenancy.ScopeInput{ID: id}); ok {
				w.frozen[id] = false
			}
		},
		"archive": func(r *rapid.T) {
			id := pick(r, w.scopes, "scope")
			if rapid.IntRange(0, 2).Draw(r, "really") > 0 {
				return
			}
			if _, ok := run(w, r, who(r), tenancy.Archive.Call, tenancy.ScopeInput{ID: id}); ok {
				w.archived[id] = true
			}
		},
	}
}

// compare holds the decision, the walk and the lists to the facts of a moment.
func (w *world) compare(r *rapid.T, m memory) {
	sight := access.Sight{}
	for _, p := range w.principals {
		var want []access.Seen
		w.LookAt(m.revision, func(v state.View) {
			for _, o := range w.objects {
				level := op.None
				if _, known := m.facts.owner[o]; known {
					level = m.facts.level(p, o, m.time)
				}
				if level > op.None {
					want = append(want, access.Seen{ObjectID: o, Level: level})
				}
				for _, closed := range []bool{false, true} {
					d := sight.Decide(v, op.Request{Principal: p, Action: "read", Target: op.Object(o), Need: op.Read, Time: m.time, Closed: closed})
					if d.Level != level || d.Allowed != (level > op.None) || d.Visible != d.Allowed {
						r.Fatalf("revision %d: %s has %s on %s, decided was %+v", m.revision, p, level, o, d)
					}
				}
			}
			w.compareWalks(r, v, p, m, want)
		})
		if m.revision == w.Revision() && m.time == w.Now {
			w.compareLists(r, p, want)
		}
	}
}

// compareWalks holds the walk in each order and under each filter, from the
// beginning and from a place within, to what is to be seen in order of id.
func (w *world) compareWalks(r *rapid.T, v state.View, p urn.ID, m memory, seen []access.Seen) {
	for _, g := range []op.Gaze{
		{},
		{Reverse: true},
		{ByType: true},
		{ByType: true, Reverse: true},
		{Owned: true},
		{Owned: true, ByType: true, Reverse: true},
		{Type: "note"},
		{Type: "note", Reverse: true, ByType: true},
		{Type: "none"},
	} {
		want := slices.DeleteFunc(slices.Clone(seen), func(s access.Seen) bool {
			return g.Type != "" && w.types[s.ObjectID] != g.Type || g.Owned && m.facts.owner[s.ObjectID] != p
		})
		if g.ByType {
			slices.SortStableFunc(want, func(a, b access.Seen) int { return strings.Compare(w.types[a.ObjectID], w.types[b.ObjectID]) })
		}
		if g.Reverse {
			slices.Reverse(want)
		}
		if len(want) > 1 && rapid.Bool().Draw(r, "from within") {
			g.After = want[0].ObjectID
			want = want[1:]
		}
		g.Principal, g.Time = p, m.time
		walk := access.Sight{}.Visible(v, g)
		var got []access.Seen
		for walk.Next() {
			got = append(got, access.Seen{ObjectID: walk.ID(), Level: walk.Level()})
		}
		walk.Close()
		if !slices.Equal(got, want) {
			r.Fatalf("revision %d: %+v of %s is %v, the walk gave %v", m.revision, g, p, want, got)
		}
	}
}

// compareLists holds the operations that callers use to the same answer.
func (w *world) compareLists(r *rapid.T, p urn.ID, want []access.Seen) {
	var listed, seen []access.Seen
	in := access.VisibleInput{PrincipalID: p, Paging: op.Paging{Limit: 2}}
	for {
		page, ok := run(w, r, "root", access.Visible.Call, in)
		if !ok {
			r.Fatal("the administrator may not ask")
		}
		seen = append(seen, page.Items...)
		if in.Cursor = string(page.NextCursor); !page.HasMore {
			break
		}
	}
	if !slices.Equal(seen, want) {
		r.Fatalf("%s sees %v, visible gave %v", p, want, seen)
	}
	if w.lifecycle[p] != identity.Active {
		return
	}
	page, _ := run(w, r, p, objects.List.Call, objects.ListInput{Include: objects.Tombstoned})
	for _, o := range page.Items {
		verdict, _ := run(w, r, p, access.Check.Call, access.Question{Action: "read", ObjectID: o.ID})
		listed = append(listed, access.Seen{ObjectID: o.ID, Level: verdict.Level})
	}
	if !slices.Equal(listed, want) {
		r.Fatalf("%s sees %v, list and check gave %v", p, want, listed)
	}
}

// grow begins a history with enough scopes, members and shares for the later
// steps to matter.
func (w *world) grow(r *rapid.T) {
	all := w.actions()
	for _, step := range []string{"create object", "create scope", "add member", "add member", "project", "write tuple"} {
		do := all[step]
		for range rapid.IntRange(4, 6).Draw(r, step) {
			do(r)
		}
	}
}

// TestDecideAgreesWithModel compares decision, walk, lists and checks with
// brute force on random histories, at their end and at earlier revisions.
func TestDecideAgreesWithModel(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		w := newWorld(t)
		w.grow(r)
		r.Repeat(w.actions())
	})
}
