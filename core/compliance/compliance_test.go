package compliance_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weir-store/weir/core/compliance"
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/identity/apikey"
	"github.com/weir-store/weir/core/objects"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/rules"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/tenancy"
	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/internal/testkit"
	"github.com/weir-store/weir/storage"
	"github.com/weir-store/weir/storage/key"
)

// store is a small store with something of everything in it.
type store struct {
	*testkit.Solo
	t                     *testing.T
	scope, child, archive urn.ID
	note, gone, restored  urn.ID
	kept                  urn.ID
	// told is a tuple by which ann reads the note.
	told urn.ID
}

func newStore(t *testing.T) *store {
	t.Helper()
	s := &store{Solo: testkit.New(t), t: t}
	alice, bob := s.User("alice"), s.User("bob")
	create := func(typ string) urn.ID {
		return must(t, alice, objects.Create, objects.CreateInput{Type: typ, Data: op.JSON(`{"n":1}`)}).ID
	}
	s.note, s.gone, s.restored, s.kept = create("note"), create("note"), create("memo"), create("note")
	must(t, alice, objects.Update, objects.UpdateInput{ID: s.note, Data: op.JSON(`{"n":2}`)})
	must(t, alice, objects.Delete, objects.DeleteInput{ID: s.gone})
	must(t, alice, objects.Delete, objects.DeleteInput{ID: s.restored})
	must(t, alice, objects.Restore, objects.RestoreInput{ID: s.restored})
	s.scope = must(t, alice, tenancy.Create, tenancy.CreateInput{Name: "team"}).ID
	s.child = must(t, alice, tenancy.Create, tenancy.CreateInput{Name: "below", ParentID: s.scope}).ID
	s.archive = must(t, alice, tenancy.Create, tenancy.CreateInput{Name: "old"}).ID
	for _, scope := range []urn.ID{s.child, s.archive} {
		must(t, alice, tenancy.Add, tenancy.AddInput{ID: scope, PrincipalID: "bob", Role: tenancy.Editor})
		must(t, alice, tenancy.Project, tenancy.ProjectInput{ID: scope, ObjectID: s.note, Level: "write"})
	}
	must(t, alice, tenancy.Project, tenancy.ProjectInput{ID: s.scope, ObjectID: s.restored})
	must(t, alice, tenancy.Archive, tenancy.ScopeInput{ID: s.archive})
	must(t, bob, objects.Update, objects.UpdateInput{ID: s.note, Data: op.JSON(`{"n":3}`)})
	s.rule(rules.Allow)
	s.organization()
	return s
}

func must[In, Out any](t *testing.T, as op.Runner, c op.Command[In, Out], in In) Out {
	t.Helper()
	out, err := c.Call(context.Background(), as, in)
	if err != nil {
		t.Fatalf("%s: %v", c.Name, err)
	}
	return out
}

// rule binds a rule to a type that nobody uses.
func (s *store) rule(effect string) {
	s.t.Helper()
	r := must(s.t, s.Admin(), rules.Create, rules.CreateInput{Name: effect, Type: "access", Effect: effect})
	must(s.t, s.Admin(), rules.Bind, rules.BindInput{ID: r.ID, TargetType: rules.TargetObjectType, TargetID: "unused"})
}

// TestContradiction is E0.3: the check passes with exactly one warning.
func TestContradiction(t *testing.T) {
	s := newStore(t)
	s.rule(rules.Deny)
	page, err := compliance.Run.Call(context.Background(), s.Admin(), compliance.RunInput{Checks: "rule_consistency"})
	if err != nil || len(page.Items) != 1 || page.Items[0].Outcome != compliance.Passed || len(page.Items[0].Warnings) != 1 {
		t.Errorf("%+v %v", page, err)
	}
}

// view looks at the newest state as the cluster itself.
func (s *store) view() *op.View {
	s.t.Helper()
	snapshot, err := s.Engine.Snapshot(s.Engine.Published())
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(snapshot.Close)
	v, at := state.Over(snapshot), state.Time(s.Clock.Now().UnixMicro())
	return op.NewView(op.View{View: v, Now: v, Caller: op.Caller{ID: op.System}, Time: at, At: at, Sight: s.Sight, Catalog: s.Catalog}, nil)
}

// raw is what an index holds.
type raw []byte

// put writes a row behind everybody's back; nil takes it away.
func (s *store) put(k key.Key, row any) {
	s.t.Helper()
	w := storage.Write{Key: k, Delete: row == nil, Volatile: key.Volatile(k)}
	if b, ok := row.(raw); ok {
		w.Value = b
	} else if row != nil {
		var err error
		if w.Value, err = state.Marshal(row); err != nil {
			s.t.Fatal(err)
		}
	}
	err := s.Engine.Apply(&storage.Batch{Commits: []storage.Commit{{Revision: s.Engine.Published() + 1, Writes: []storage.Write{w}}}})
	if err != nil {
		s.t.Fatal(err)
	}
}

func objectKey(id urn.ID) key.Key { return state.Key(key.Object, id) }

// edit changes a row in place.
func edit[R any](s *store, k key.Key, find func(v state.View) (*R, bool), change func(*R)) {
	s.t.Helper()
	row, ok := find(s.view())
	if !ok {
		s.t.Fatal("there is no such row")
	}
	change(row)
	s.put(k, row)
}

// TestSound is E0.1: an empty store passes, and so does one in use; what is not
// there is not passed but not applicable.
func TestSound(t *testing.T) {
	for name, s := range map[string]*store{"empty": {Solo: testkit.New(t), t: t}, "used": newStore(t)} {
		t.Run(name, func(t *testing.T) {
			page, err := compliance.Run.Call(context.Background(), s.Admin(), compliance.RunInput{})
			if err != nil || page.HasMore {
				t.Fatalf("%+v %v", page, err)
			}
			var names []string
			for _, r := range page.Items {
				names = append(names, r.Check)
				absent := strings.HasPrefix(r.Details, "layer not present: ")
				if want := map[bool]string{true: compliance.NotApplicable, false: compliance.Passed}[absent]; r.Outcome != want {
					t.Errorf("%+v", r)
				}
				if name == "used" && !absent && r.Checked == 0 {
					t.Errorf("%s looked at nothing", r.Check)
				}
			}
			if !slices.Equal(names, compliance.Names()) {
				t.Errorf("ran %v", names)
			}
		})
	}
}

// TestEachLayerIsChecked fails for a new layer of which nobody wrote the check.
func TestEachLayerIsChecked(t *testing.T) {
	s := testkit.New(t)
	if names := compliance.Unknown(s.Catalog); len(names) > 0 {
		t.Errorf("the layers of %v are there, and their checks are not", names)
	}
}

// TestPlantedDefects damages a row for each check, which has to find it.
func TestPlantedDefects(t *testing.T) {
	for _, x := range []struct {
		name, check, want string
		damage            func(s *store)
	}{
		{"a principal without its entry", "registry_completeness", "names the entry", func(s *store) {
			edit(s, state.Key(key.Principal, "alice"), func(v state.View) (*principal, bool) { return findPrincipal(v, "alice") }, func(p *principal) { p.EntryID = "reg_01890a5d0c1e7000a000000000000099" })
		}},
		{"E0.2 a changed entry", "trace_integrity", "entry 5", func(s *store) {
			s.tamper(5)
		}},
		{"an object of nobody's", "isolation_integrity", "its owner ghost is not there", func(s *store) {
			edit(s, objectKey(s.note), s.header(s.note), func(h *objects.Header) { h.OwnerID = "ghost" })
		}},
		{"a membership that lies about its place", "isolation_integrity", "lie above its scope", func(s *store) {
			m := tenancy.Held(s.view(), s.child, "bob")[0]
			m.Above = nil
			s.put(state.Key(key.Membership, "bob", s.child, m.ID), m)
		}},
		{"a scope that lies about its depth", "scope_boundaries", "lies 7 deep", func(s *store) {
			edit(s, state.Key(key.Scope, s.child), func(v state.View) (*tenancy.Header, bool) { return tenancy.Find(v, s.child) }, func(h *tenancy.Header) { h.Depth = 7 })
		}},
		{"a token in a name", "secret_hygiene", "holds what looks like a secret", func(s *store) {
			edit(s, state.Key(key.Scope, s.scope), func(v state.View) (*tenancy.Header, bool) { return tenancy.Find(v, s.scope) }, func(h *tenancy.Header) { h.Name = s.Root })
		}},
		{"a deleted object without its tombstone", "tombstone_integrity", "has 0 open tombstones", func(s *store) {
			edit(s, objectKey(s.note), s.header(s.note), func(h *objects.Header) { h.Lifecycle = objects.Tombstoned })
		}},
		{"a change without a trace", "trace_coverage", "of which the trail does not tell", func(s *store) {
			edit(s, state.Key(key.ObjectVersion, s.note, uint64(2)), s.version(s.note, 2), func(x *objects.Version) { x.CreatedAt++ })
		}},
		{"a trace of what is not there", "trace_coverage", "which is not there", func(s *store) {
			s.put(objectKey(s.note), nil)
		}},
		{"a row that an index does not name", "row_integrity", "the row is not in object_owner", func(s *store) {
			s.unlist(s.note)
		}},
		{"a version that was skipped", "version_integrity", "version 3 and not 2", func(s *store) {
			s.put(state.Key(key.ObjectVersion, s.note, uint64(2)), nil)
		}},
		{"data that were changed", "version_integrity", "not those that were committed to", func(s *store) {
			edit(s, state.Key(key.ObjectVersion, s.note, uint64(2)), s.version(s.note, 2), func(x *objects.Version) { x.Body.Bytes = []byte(`{"n":9}`) })
		}},
		{"a scope without an owner", "ownership", "has no owner", func(s *store) {
			m := tenancy.Held(s.view(), s.scope, "alice")[0]
			s.put(state.Key(key.MembershipOwner, s.scope, m.ID), nil)
		}},
		{"a cluster without an administrator", "ownership", "no active principal holds cluster.admin", func(s *store) {
			s.put(state.Key(key.PrincipalPermission, string(op.Administer), "root"), nil)
		}},
		{"an object that its owner's list does not have", "decision_agreement", "is in its list is not", func(s *store) {
			s.unlist(s.kept)
		}},
		{"a tuple that its subject is not found to have", "decision_agreement", "has read on it, decided was none", func(s *store) {
			s.put(state.Key(key.TupleSubject, "usr", ann, "object", s.note, s.told), nil)
		}},
	} {
		t.Run(x.name, func(t *testing.T) {
			s := newStore(t)
			x.damage(s)
			results := compliance.InParts(s.view(), 1_000_000)
			i := slices.IndexFunc(results, func(r compliance.Result) bool { return r.Check == x.check })
			if r := results[i]; r.Outcome != compliance.Failed || !strings.Contains(strings.Join(r.Violations, "\n"), x.want) {
				t.Errorf("%+v", r)
			}
			for i := range results {
				results[i].Checked = 0
			}
			for budget := 1; budget < 12; budget++ {
				parts := compliance.InParts(s.view(), budget)
				for i := range parts {
					parts[i].Checked = 0
				}
				if d := cmp.Diff(results, parts); d != "" {
					t.Errorf("in parts of %d it finds something else (-whole +parts):\n%s", budget, d)
				}
			}
		})
	}
}

// TestB16 is the scenario of the chapter: there are secrets, and all checks run,
// none crashes, none is passed over in silence.
func TestB16(t *testing.T) {
	s := newStore(t)
	alice := s.As(s.Token("carol"))
	key := must(t, alice, apikey.Create, apikey.CreateInput{PrincipalID: "carol", Name: "second"})
	must(t, alice, objects.Create, objects.CreateInput{Type: "note", Data: op.JSON(fmt.Sprintf(`{"token":%q}`, key.Token))})
	page, err := compliance.Run.Call(context.Background(), s.Admin(), compliance.RunInput{})
	if err != nil {
		t.Fatal(err)
	}
	if len(page.Items) != len(compliance.Names()) {
		t.Fatalf("%d checks gave %d results", len(compliance.Names()), len(page.Items))
	}
	for _, r := range page.Items {
		if !r.Done || r.Outcome == compliance.Failed || r.Outcome == compliance.NotApplicable && r.Details == "" {
			t.Errorf("%+v", r)
		}
		if r.Check == "secret_hygiene" && len(r.Warnings) != 1 {
			t.Errorf("the token in carol's own data is worth one warning: %+v", r)
		}
		for _, text := range append(r.Violations, r.Warnings...) {
			if strings.Contains(text, key.Token) {
				t.Errorf("%s tells the secret", r.Check)
			}
		}
	}
}

func TestWhoMayRun(t *testing.T) {
	s := newStore(t)
	s.User("dave")
	ctx := context.Background()
	if _, err := compliance.Run.Call(ctx, s.As(s.Token("eve")), compliance.RunInput{}); !fault.Is(err, fault.PermissionDenied) {
		t.Errorf("a stranger: %v", err)
	}
	if _, err := compliance.Run.Call(ctx, s.Admin(), compliance.RunInput{Checks: "trace_integrity,astrology"}); !fault.Is(err, fault.ValidationFailed) {
		t.Errorf("an unknown check: %v", err)
	}
	page, err := compliance.Run.Call(ctx, s.Admin(), compliance.RunInput{Checks: "version_integrity,trace_integrity"})
	if err != nil || len(page.Items) != 2 || page.Items[0].Check != "trace_integrity" {
		t.Errorf("two checks: %+v, %v", page, err)
	}
}

func TestReport(t *testing.T) {
	s := newStore(t)
	ctx := context.Background()
	r, err := compliance.Reporting.Call(ctx, s.Admin(), compliance.ReportInput{})
	if err != nil || !r.Passed || !r.Complete || len(r.Checks) != len(compliance.Names()) || r.Registry == nil {
		t.Fatalf("%+v, %v", r, err)
	}
	for _, l := range r.Layers {
		if want := l.Number <= 7 && l.Name != "contracts" && l.Name != "templates"; l.Present != want || (l.Operations > 0) != want {
			t.Errorf("%+v", l)
		}
	}
	for _, want := range []string{"nothing breaks an invariant", "passed", "not_applicable", "version_integrity", "tenancy", "Registry: "} {
		if !strings.Contains(r.Text, want) {
			t.Errorf("the text does not say %q:\n%s", want, r.Text)
		}
	}
	if r, err := compliance.Reporting.Call(ctx, s.Admin(), compliance.ReportInput{Parts: "layers"}); err != nil || len(r.Checks) != 0 || r.Registry != nil {
		t.Errorf("only layers: %+v, %v", r, err)
	}
	if _, err := compliance.Reporting.Call(ctx, s.Admin(), compliance.ReportInput{Parts: "moods"}); !fault.Is(err, fault.ValidationFailed) {
		t.Errorf("an unknown part: %v", err)
	}
	if _, err := compliance.Reporting.Call(ctx, s.As(s.Token("eve")), compliance.ReportInput{}); !fault.Is(err, fault.PermissionDenied) {
		t.Errorf("a stranger: %v", err)
	}
}
