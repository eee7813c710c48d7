package registry_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/weir-store/weir/core/access"
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/identity"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/registry"
	"github.com/weir-store/weir/core/tenancy"
	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/internal/testkit/stage"
)

// house is a stage with root, who administers the cluster, aud, who may read
// the trail, and the users alice, bob and sam; alice and bob share a team.
type house struct {
	*stage.Stage
	t    *testing.T
	team urn.ID
}

// probeInput is one use of what the registry offers to other layers.
type probeInput struct {
	Enroll   string `json:"enroll,omitempty"`
	Refer    urn.ID `json:"refer,omitempty"`
	Revert   urn.ID `json:"revert,omitempty"`
	Revision uint64 `json:"revision,omitempty"`
}

// probed is what came of it.
type probed struct {
	ID      urn.ID `json:"id,omitempty"`
	Warning string `json:"warning,omitempty"`
	Moot    string `json:"moot,omitempty"`
}

var probe = &op.Set{Noun: "probe"}

var use = op.NewCommand(probe, op.Spec[probeInput, probed]{
	Name: "use", Access: op.Anyone[probeInput]("use"), Undo: op.Final("a test"),
}, func(tx *op.Tx, in probeInput) (out probed, err error) {
	switch {
	case in.Enroll != "":
		e, f := registry.Enroll(tx, registry.TypeURN(in.Enroll), "object_type", urn.ID(in.Enroll))
		if f != nil {
			return out, f
		}
		out.ID = e.ID
	case in.Refer != "":
		warning, f := registry.Refer(tx, in.Refer)
		if f != nil {
			return out, f
		}
		out.Warning = warning
	default:
		name := registry.EntityEntry
		if in.Revert == registry.EntityRegistry {
			name = registry.EntityRegistry
		}
		e, _ := tx.Catalog.Entity(name)
		err := e.Revert(tx, in.Revert, tx.Past(in.Revision))
		var moot op.Moot
		if errors.As(err, &moot) {
			return probed{Moot: string(moot)}, nil
		}
		if err != nil {
			return out, err
		}
	}
	tx.Record(op.Record{Action: "use", Entity: "probe", TargetID: "probe"})
	return out, nil
})

func setUp(t *testing.T) *house {
	t.Helper()
	h := &house{Stage: stage.New(t, access.Sight{}, registry.Ops, identity.Ops, tenancy.Ops, probe), t: t}
	h.Principal("root", op.Permissions()...)
	h.Principal("aud", op.ReadAudit)
	for _, id := range []urn.ID{"alice", "bob", "sam"} {
		h.Principal(id)
	}
	h.team = must(h, "alice", tenancy.Create.Call, tenancy.CreateInput{Name: "team"}).ID
	must(h, "alice", tenancy.Add.Call, tenancy.AddInput{ID: h.team, PrincipalID: "bob", Role: tenancy.Viewer})
	return h
}

func do[In, Out any](h *house, as urn.ID, call func(context.Context, op.Runner, In) (Out, error), in In) (Out, fault.Code) {
	h.t.Helper()
	return stage.Do(h.Stage, as, call, in)
}

func must[In, Out any](h *house, as urn.ID, call func(context.Context, op.Runner, In) (Out, error), in In) Out {
	h.t.Helper()
	return stage.Must(h.Stage, as, call, in)
}

func (h *house) register(kind, name string, tags ...string) registry.Entry {
	h.t.Helper()
	return must(h, "root", registry.RegisterEntry.Call, registry.RegisterInput{Kind: kind, Namespace: "app", Name: name, Tags: tags})
}

func (h *house) trail() string {
	var words []string
	for _, r := range h.Records {
		words = append(words, r.Action+" "+r.Entity)
	}
	return strings.Join(words, ", ")
}

func TestRegister(t *testing.T) {
	const ok = fault.Code("")
	model := registry.RegisterInput{Kind: "model", Namespace: "app", Name: "invoice"}
	change := func(edit func(in *registry.RegisterInput)) registry.RegisterInput {
		in := model
		edit(&in)
		return in
	}
	rows := []struct {
		name string
		as   urn.ID
		in   registry.RegisterInput
		want fault.Code
	}{
		{"a name", "root", model, ok},
		{"as somebody", "alice", model, fault.PermissionDenied},
		{"as an auditor", "aud", model, fault.PermissionDenied},
		{"a name with colons", "root", change(func(in *registry.RegisterInput) { in.Name = "a:b" }), ok},
		{"a namespace with a colon", "root", change(func(in *registry.RegisterInput) { in.Namespace = "a:b" }), fault.ValidationFailed},
		{"a kind of nobody", "root", change(func(in *registry.RegisterInput) { in.Kind = "dashboard" }), fault.NotFound},
		{"a draft", "root", change(func(in *registry.RegisterInput) { in.Lifecycle = registry.Draft }), ok},
		{"a lifecycle that there is not", "root", change(func(in *registry.RegisterInput) { in.Lifecycle = "ACTIVE" }), fault.ValidationFailed},
		{"for a thing", "root", change(func(in *registry.RegisterInput) { in.TargetEntity, in.TargetID = op.EntityScope, "$team" }), ok},
		{"for a thing that is not there", "root", change(func(in *registry.RegisterInput) {
			in.TargetEntity, in.TargetID = op.EntityScope, "scp_01890a5d0c1e7000a000000000000099"
		}), fault.NotFound},
		{"for half a thing", "root", change(func(in *registry.RegisterInput) { in.TargetEntity = op.EntityScope }), fault.ValidationFailed},
		{"an empty tag", "root", change(func(in *registry.RegisterInput) { in.Tags = []string{""} }), fault.ValidationFailed},
		{"a version above all", "root", change(func(in *registry.RegisterInput) { in.Version = 1 << 31 }), fault.ValidationFailed},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			h := setUp(t)
			if row.in.TargetID == "$team" {
				row.in.TargetID = h.team
			}
			e, got := do(h, row.as, registry.RegisterEntry.Call, row.in)
			if got != row.want {
				t.Fatalf("got %q, want %q", got, row.want)
			}
			if got != ok {
				return
			}
			if h.trail() != "register registry_entry" || e.EntryVersion != 1 || e.Version != 1 || e.RegisteredBy != "root" || string(e.Metadata) != "{}" {
				t.Errorf("%+v with the trail %s", e, h.trail())
			}
			if again := must(h, "root", registry.GetByURN.Call, registry.URNInput{URN: e.URN}); again.ID != e.ID {
				t.Errorf("its URN leads to %s", again.ID)
			}
		})
	}
}

// TestNamesAreNeverFreed is E1.1 and D12.
func TestNamesAreNeverFreed(t *testing.T) {
	h := setUp(t)
	one := h.register("model", "invoice")
	again := registry.RegisterInput{Kind: "model", Namespace: "app", Name: "invoice", Metadata: op.JSON(`{"a":1}`)}
	if _, got := do(h, "root", registry.RegisterEntry.Call, again); got != fault.AlreadyRegistered {
		t.Errorf("the same name: %q", got)
	}
	must(h, "root", registry.Archive.Call, registry.EntryInput{ID: one.ID})
	if _, got := do(h, "root", registry.RegisterEntry.Call, again); got != fault.AlreadyRegistered {
		t.Errorf("the name of an archived entry: %q", got)
	}
	again.Version = 3
	three := must(h, "root", registry.RegisterEntry.Call, again)
	if three.PreviousID != one.ID || three.URN != "weir:model:app:invoice:3" {
		t.Errorf("got %+v, which should follow %s", three, one.ID)
	}
	again.Version = 2
	if _, got := do(h, "root", registry.RegisterEntry.Call, again); got != fault.AlreadyRegistered {
		t.Errorf("a lower version: %q", got)
	}
	if kept := must(h, "root", registry.Get.Call, registry.EntryInput{ID: one.ID}); kept.EntryVersion != 2 || string(kept.Metadata) != "{}" {
		t.Errorf("the first entry is %+v", kept)
	}
}

func TestTransitions(t *testing.T) {
	all := []string{registry.Draft, registry.Active, registry.Deprecated, registry.Archived}
	legal := map[string][]string{
		registry.Draft:      {registry.Active, registry.Archived},
		registry.Active:     {registry.Deprecated, registry.Archived},
		registry.Deprecated: {registry.Active, registry.Archived},
	}
	for _, from := range all {
		for _, to := range all {
			t.Run(from+" to "+to, func(t *testing.T) {
				h := setUp(t)
				e := must(h, "root", registry.RegisterEntry.Call, registry.RegisterInput{Kind: "model", Namespace: "app", Name: "x", Lifecycle: from})
				moved, got := do(h, "root", registry.Transition.Call, registry.TransitionInput{ID: e.ID, Lifecycle: to})
				switch {
				case to == registry.Draft && got != fault.ValidationFailed:
					t.Errorf("got %q", got)
				case to == registry.Draft:
				case slices.Contains(legal[from], to) && (got != "" || moved.EntryVersion != 2 || moved.Lifecycle != to || h.trail() != "lifecycle_change registry_entry"):
					t.Errorf("got %q, %+v, %s", got, moved, h.trail())
				case !slices.Contains(legal[from], to) && got != fault.InvalidTransition:
					t.Errorf("got %q", got)
				}
			})
		}
	}
}

func TestUpdate(t *testing.T) {
	tags := func(t ...string) *[]string { t = append([]string{}, t...); return &t }
	rows := []struct {
		name    string
		as      urn.ID
		in      registry.UpdateInput
		want    fault.Code
		version uint64
		meta    string
		tags    string
	}{
		{"nothing given writes nothing", "root", registry.UpdateInput{}, "", 1, `{"a":1}`, "x"},
		{"the same writes nothing", "root", registry.UpdateInput{Metadata: op.JSON(`{"a":1}`), Tags: tags("x")}, "", 1, `{"a":1}`, "x"},
		{"metadata merge", "root", registry.UpdateInput{Metadata: op.JSON(`{"b":2}`)}, "", 2, `{"a":1,"b":2}`, "x"},
		{"null takes away", "root", registry.UpdateInput{Metadata: op.JSON(`{"a":null}`)}, "", 2, `{}`, "x"},
		{"tags are replaced, sorted and single", "root", registry.UpdateInput{Tags: tags("z", "b", "z")}, "", 2, `{"a":1}`, "b z"},
		{"no tags at all", "root", registry.UpdateInput{Tags: tags()}, "", 2, `{"a":1}`, ""},
		{"an old version", "root", registry.UpdateInput{Tags: tags(), EntryVersion: 7}, fault.VersionConflict, 1, `{"a":1}`, "x"},
		{"as somebody who sees it", "alice", registry.UpdateInput{Tags: tags()}, fault.PermissionDenied, 1, `{"a":1}`, "x"},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			h := setUp(t)
			e := must(h, "root", registry.RegisterEntry.Call, registry.RegisterInput{Kind: "model", Namespace: "app", Name: "n", Metadata: op.JSON(`{"a":1}`), Tags: []string{"x"}})
			row.in.ID = e.ID
			if _, got := do(h, row.as, registry.Update.Call, row.in); got != row.want {
				t.Fatalf("got %q, want %q", got, row.want)
			}
			if row.want == fault.PermissionDenied && h.Denied == nil {
				t.Error("the refusal leaves no trace")
			}
			e = must(h, "root", registry.Get.Call, registry.EntryInput{ID: e.ID})
			if e.EntryVersion != row.version || string(e.Metadata) != row.meta || strings.Join(e.Tags, " ") != row.tags {
				t.Errorf("version %d, %s, %v", e.EntryVersion, e.Metadata, e.Tags)
			}
		})
	}
}

// What other operations register belongs to who made it, and is seen by who
// sees the thing.
func TestWhoSeesAndChangesEntries(t *testing.T) {
	h := setUp(t)
	e := must(h, "root", registry.GetByTarget.Call, registry.TargetInput{Entity: op.EntityScope, ID: h.team})
	if e.RegisteredBy != "alice" || e.Kind != "scope" {
		t.Errorf("the entry of a scope is %+v", e)
	}
	rows := []struct {
		as          urn.ID
		see, change fault.Code
	}{
		{"alice", "", ""},
		{"bob", "", fault.PermissionDenied},
		{"sam", fault.NotFound, fault.NotFound},
		{"aud", "", fault.PermissionDenied},
		{"root", "", ""},
	}
	for _, row := range rows {
		_, byID := do(h, row.as, registry.Get.Call, registry.EntryInput{ID: e.ID})
		_, byURN := do(h, row.as, registry.GetByURN.Call, registry.URNInput{URN: e.URN})
		_, byTarget := do(h, row.as, registry.GetByTarget.Call, registry.TargetInput{Entity: op.EntityScope, ID: h.team})
		if byID != row.see || byURN != row.see || byTarget != row.see {
			t.Errorf("%s: %q, %q and %q, want %q", row.as, byID, byURN, byTarget, row.see)
		}
		found := must(h, row.as, registry.FindEntry.Call, registry.FindInput{URN: e.URN})
		if (found.Entry != nil) != (row.see == "") {
			t.Errorf("%s finds %v", row.as, found.Entry)
		}
		listed := must(h, row.as, registry.Query.Call, registry.QueryInput{Kind: "scope"}).Items
		if (len(listed) == 1) != (row.see == "") {
			t.Errorf("%s lists %v", row.as, listed)
		}
		tags := []string{string(row.as)}
		if _, got := do(h, row.as, registry.Update.Call, registry.UpdateInput{ID: e.ID, Tags: &tags}); got != row.change {
			t.Errorf("%s changes: %q, want %q", row.as, got, row.change)
		}
	}
}

// E1.2: what is not there is refused by get and reported by find.
func TestAbsent(t *testing.T) {
	h := setUp(t)
	if _, got := do(h, "root", registry.Get.Call, registry.EntryInput{ID: "reg_01890a5d0c1e7000a000000000000099"}); got != fault.NotFound {
		t.Errorf("get: %q", got)
	}
	if found := must(h, "root", registry.FindEntry.Call, registry.FindInput{Entity: op.EntityScope, ID: "none"}); found.Entry != nil {
		t.Errorf("find: %+v", found)
	}
	for name, in := range map[string]registry.FindInput{
		"E1.8 a version that is no number": {URN: "weir:model:app:x:one"},
		"nothing":                          {},
		"both":                             {URN: "weir:model:app:x:1", Entity: "scope", ID: "x"},
	} {
		if _, got := do(h, "root", registry.FindEntry.Call, in); got != fault.ValidationFailed {
			t.Errorf("%s: %q", name, got)
		}
	}
}
