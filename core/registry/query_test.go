package registry_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/registry"
	"github.com/weir-store/weir/core/tenancy"
	"github.com/weir-store/weir/core/urn"
)

func names(entries []registry.Entry) string {
	var found []string
	for _, e := range entries {
		found = append(found, e.Name)
	}
	return strings.Join(found, " ")
}

// TestQuery is E1.3: filters that are combined must all fit.
func TestQuery(t *testing.T) {
	h := setUp(t)
	for _, in := range []registry.RegisterInput{
		{Kind: "model", Namespace: "app", Name: "a", Tags: []string{"x", "y"}},
		{Kind: "model", Namespace: "lib", Name: "b", Tags: []string{"x"}},
		{Kind: "task", Namespace: "app", Name: "c", Tags: []string{"y"}, Lifecycle: registry.Draft},
		{Kind: "task", Namespace: "app", Name: "d", Lifecycle: registry.Deprecated},
		{Kind: "task", Namespace: "app", Name: "e", Tags: []string{"x"}, Lifecycle: registry.Archived},
		{Kind: "view", Namespace: "app", Name: "f", TargetEntity: op.EntityScope, TargetID: h.team},
	} {
		must(h, "root", registry.RegisterEntry.Call, in)
	}
	rows := []struct {
		in   registry.QueryInput
		want string
	}{
		{registry.QueryInput{Namespace: "app"}, "a c d f"},
		{registry.QueryInput{Kind: "model"}, "a b"},
		{registry.QueryInput{Kind: "task"}, "c d"},
		{registry.QueryInput{Tag: "x"}, "a b"},
		{registry.QueryInput{Tag: "x", Kind: "model", Namespace: "lib"}, "b"},
		{registry.QueryInput{Tag: "y", Lifecycle: registry.Draft}, "c"},
		{registry.QueryInput{Lifecycle: registry.Deprecated}, "d"},
		{registry.QueryInput{Lifecycle: registry.Archived}, "e"},
		{registry.QueryInput{Lifecycle: registry.Archived, Tag: "x"}, "e"},
		{registry.QueryInput{Lifecycle: registry.Archived, Tag: "y"}, ""},
		{registry.QueryInput{Lifecycle: registry.Active, Namespace: "app"}, "a f"},
		{registry.QueryInput{TargetEntity: op.EntityScope, TargetID: h.team, Kind: "view"}, "f"},
		{registry.QueryInput{Kind: "nothing"}, ""},
	}
	for _, row := range rows {
		for _, limit := range []int{0, 1} {
			row.in.Limit, row.in.Cursor = limit, ""
			var all []registry.Entry
			for {
				page := must(h, "root", registry.Query.Call, row.in)
				all = append(all, page.Items...)
				if row.in.Cursor = string(page.NextCursor); !page.HasMore {
					break
				}
			}
			if got := names(all); got != row.want {
				t.Errorf("%+v gives %q, want %q", row.in, got, row.want)
			}
		}
	}
}

// Who asks for changes again and again sees each entry after its last change,
// those that other operations make included.
func TestChanges(t *testing.T) {
	h := setUp(t)
	a, b := h.register("model", "a"), h.register("model", "b")
	since := b.Revision
	follow := func() string {
		in := registry.ChangesInput{Since: since, Paging: op.Paging{Limit: 1}}
		var all []registry.Entry
		for {
			page := must(h, "root", registry.Changes.Call, in)
			all = append(all, page.Items...)
			if in.Cursor = string(page.NextCursor); !page.HasMore {
				break
			}
		}
		if len(all) > 0 {
			since = all[len(all)-1].Revision
		}
		return names(all)
	}
	if got := follow(); got != "" {
		t.Errorf("nothing changed, and there is %q", got)
	}
	must(h, "root", registry.Archive.Call, registry.EntryInput{ID: a.ID})
	scope := must(h, "alice", tenancy.Create.Call, tenancy.CreateInput{Name: "second"}).ID
	must(h, "root", registry.Transition.Call, registry.TransitionInput{ID: b.ID, Lifecycle: registry.Deprecated})
	if got, want := follow(), "a "+string(scope)+" b"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := follow(); got != "" {
		t.Errorf("nothing more changed, and there is %q", got)
	}
	if _, got := do(h, "alice", registry.Changes.Call, registry.ChangesInput{}); got != fault.PermissionDenied {
		t.Errorf("as somebody: %q", got)
	}
}

func TestKinds(t *testing.T) {
	h := setUp(t)
	var all []string
	in := registry.KindsInput{Paging: op.Paging{Limit: 10}}
	list := func() {
		all, in.Cursor = nil, ""
		for {
			page := must(h, "alice", registry.Kinds.Call, in)
			for _, k := range page.Items {
				all = append(all, k.Name)
			}
			if in.Cursor = string(page.NextCursor); !page.HasMore {
				return
			}
		}
	}
	if list(); len(all) != 36 || !slices.Contains(all, "flow_channel") {
		t.Errorf("%d kinds: %v", len(all), all)
	}
	first := must(h, "root", registry.DefineKind.Call, registry.DefineKindInput{Name: "dashboard", Description: "one"})
	if h.trail() != "register registry_kind" {
		t.Errorf("the trail is %s", h.trail())
	}
	again := must(h, "root", registry.DefineKind.Call, registry.DefineKindInput{Name: "dashboard", Description: "two"})
	if again != first || len(h.Records) != 0 {
		t.Errorf("defined again it is %+v, was %+v", again, first)
	}
	must(h, "root", registry.DefineKind.Call, registry.DefineKindInput{Name: "album"})
	if list(); !slices.Equal(all[36:], []string{"album", "dashboard"}) || len(all) != 38 {
		t.Errorf("the kinds end with %v", all[36:])
	}
	h.register("dashboard", "sales")
	for name, want := range map[string]fault.Code{"a:b": fault.ValidationFailed, "model": ""} {
		if _, got := do(h, "root", registry.DefineKind.Call, registry.DefineKindInput{Name: name}); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if _, got := do(h, "alice", registry.DefineKind.Call, registry.DefineKindInput{Name: "mine"}); got != fault.PermissionDenied {
		t.Errorf("as somebody: %q", got)
	}
}

// A frozen registry refuses constructs and kinds, and stops no other operation.
func TestFreeze(t *testing.T) {
	h := setUp(t)
	must(h, "root", registry.DefineKind.Call, registry.DefineKindInput{Name: "dashboard"})
	if s := must(h, "root", registry.Freeze.Call, op.Nothing{}); !s.Frozen || h.trail() != "lifecycle_change registry" {
		t.Errorf("%+v, %s", s, h.trail())
	}
	if must(h, "root", registry.Freeze.Call, op.Nothing{}); len(h.Records) != 0 {
		t.Error("frozen twice, it is traced twice")
	}
	for kind, want := range map[string]fault.Code{
		"model": fault.RegistryFrozen, "view": fault.RegistryFrozen, "custom": fault.RegistryFrozen, "dashboard": fault.RegistryFrozen,
		"plugin": "", "manifest": "",
	} {
		if _, got := do(h, "root", registry.RegisterEntry.Call, registry.RegisterInput{Kind: kind, Namespace: "app", Name: "x"}); got != want {
			t.Errorf("%s: %q, want %q", kind, got, want)
		}
	}
	if _, got := do(h, "root", registry.DefineKind.Call, registry.DefineKindInput{Name: "album"}); got != fault.RegistryFrozen {
		t.Errorf("a new kind: %q", got)
	}
	must(h, "root", registry.DefineKind.Call, registry.DefineKindInput{Name: "dashboard"})
	must(h, "alice", tenancy.Create.Call, tenancy.CreateInput{Name: "another"})
	must(h, "alice", use.Call, probeInput{Enroll: "invoice"})
	must(h, "root", registry.Unfreeze.Call, op.Nothing{})
	h.register("model", "y")
	if _, got := do(h, "alice", registry.Freeze.Call, op.Nothing{}); got != fault.PermissionDenied {
		t.Errorf("as somebody: %q", got)
	}
}

func TestIntrospect(t *testing.T) {
	h := setUp(t)
	h.register("model", "a")
	must(h, "root", registry.Archive.Call, registry.EntryInput{ID: h.register("model", "b").ID})
	h.Change(func(tx *op.Tx) {
		if _, f := registry.Register(tx, urn.URN{Kind: "scope", Namespace: "tenancy", Name: "lost", Version: 1}, op.EntityScope, "scp_01890a5d0c1e7000a000000000000099"); f != nil {
			t.Fatal(f)
		}
	})
	r := must(h, "aud", registry.Introspect.Call, registry.IntrospectInput{})
	if got := fmt.Sprint(r.Entries, r.ByKind, r.ByLifecycle); got != "9 [{model 2} {principal 5} {scope 2}] [{active 8} {archived 1}]" {
		t.Errorf("got %s", got)
	}
	if r.Named == 0 || r.Covered != r.Named-1 || r.Coverage != r.Covered*100/r.Named || len(r.Duplicates) != 0 ||
		!slices.Equal(r.Orphans, []string{"weir:scope:tenancy:lost:1"}) {
		t.Errorf("got %+v", r)
	}
	if _, got := do(h, "alice", registry.Introspect.Call, registry.IntrospectInput{}); got != fault.PermissionDenied {
		t.Errorf("as somebody: %q", got)
	}
}

func TestEnrollAndRefer(t *testing.T) {
	h := setUp(t)
	id := must(h, "alice", use.Call, probeInput{Enroll: "invoice"}).ID
	if again := must(h, "bob", use.Call, probeInput{Enroll: "invoice"}).ID; again != id {
		t.Errorf("enrolled twice: %s and %s", id, again)
	}
	refer := func(warns bool, want fault.Code) {
		t.Helper()
		out, got := do(h, "alice", use.Call, probeInput{Refer: id})
		if got != want || (out.Warning != "") != warns {
			t.Errorf("got %q %q, want %q", got, out.Warning, want)
		}
	}
	refer(false, "")
	// Whoever uses a name first does not decide whether others may use it.
	for _, as := range []urn.ID{"alice", "bob"} {
		if _, got := do(h, as, registry.Archive.Call, registry.EntryInput{ID: id}); got == "" {
			t.Errorf("%s archives the type", as)
		}
		if _, got := do(h, as, registry.Transition.Call, registry.TransitionInput{ID: id, Lifecycle: registry.Deprecated}); got == "" {
			t.Errorf("%s deprecates the type", as)
		}
	}
	must(h, "root", registry.Transition.Call, registry.TransitionInput{ID: id, Lifecycle: registry.Deprecated})
	refer(true, "")
	must(h, "root", registry.Archive.Call, registry.EntryInput{ID: id})
	refer(false, fault.PreconditionFailed)
	next := must(h, "root", registry.RegisterEntry.Call, registry.RegisterInput{Kind: "model", Namespace: "objects", Name: "invoice", Version: 2, Lifecycle: registry.Draft})
	refer(false, fault.PreconditionFailed)
	must(h, "root", registry.Transition.Call, registry.TransitionInput{ID: next.ID, Lifecycle: registry.Active})
	refer(false, "")
}

// TestTakingBack is the row of the registry in the inverse table: register,
// transition, archive and update; and the freeze.
func TestTakingBack(t *testing.T) {
	tags := []string{"z"}
	rows := []struct {
		name string
		act  func(h *house, id urn.ID)
		want string
	}{
		{"transition", func(h *house, id urn.ID) {
			must(h, "root", registry.Transition.Call, registry.TransitionInput{ID: id, Lifecycle: registry.Deprecated})
		}, "deprecated x"},
		{"archive", func(h *house, id urn.ID) { must(h, "root", registry.Archive.Call, registry.EntryInput{ID: id}) }, "archived x"},
		{"update", func(h *house, id urn.ID) {
			must(h, "root", registry.Update.Call, registry.UpdateInput{ID: id, Tags: &tags})
		}, "active z"},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			h := setUp(t)
			id := h.register("model", "a", "x").ID
			is := func() string {
				e := must(h, "root", registry.Get.Call, registry.EntryInput{ID: id})
				return e.Lifecycle + " " + strings.Join(e.Tags, " ")
			}
			start := h.Revision()
			row.act(h, id)
			done := h.Revision()
			for _, step := range []struct {
				revision uint64
				want     string
			}{{start, "active x"}, {done, row.want}} {
				if out := must(h, "root", use.Call, probeInput{Revert: id, Revision: step.revision}); out.Moot != "" || is() != step.want {
					t.Errorf("%s: it is %s, want %s", out.Moot, is(), step.want)
				}
				if out := must(h, "root", use.Call, probeInput{Revert: id, Revision: step.revision}); out.Moot == "" {
					t.Error("the same is brought back twice")
				}
			}
		})
	}
	t.Run("register", func(t *testing.T) {
		h := setUp(t)
		start := h.Revision()
		id := h.register("model", "a").ID
		must(h, "root", use.Call, probeInput{Revert: id, Revision: start})
		if e := must(h, "root", registry.Get.Call, registry.EntryInput{ID: id}); e.Lifecycle != registry.Archived {
			t.Errorf("it is %s", e.Lifecycle)
		}
	})
	t.Run("freeze", func(t *testing.T) {
		h := setUp(t)
		start := h.Revision()
		must(h, "root", registry.Freeze.Call, op.Nothing{})
		must(h, "root", use.Call, probeInput{Revert: registry.EntityRegistry, Revision: start})
		h.register("model", "a")
	})
}
