package rules_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/weir-store/weir/core/access"
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/identity"
	"github.com/weir-store/weir/core/objects"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/rules"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/tenancy"
	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/internal/testkit/stage"
)

// house is a stage on which alice owns a scope with a child and a note in it,
// ann administers the scope, vic views it, root runs the cluster and aud audits.
type house struct {
	*stage.Stage
	t                  testing.TB
	scope, child, note urn.ID
}

func setUp(t *testing.T) *house {
	t.Helper()
	h := &house{Stage: stage.New(t, access.Sight{}, identity.Ops, objects.Ops, tenancy.Ops, rules.Ops, access.Ops), t: t}
	for _, id := range []urn.ID{"alice", "ann", "vic", "sam"} {
		h.Principal(id)
	}
	h.Principal("root", op.Administer)
	h.Principal("aud", op.ReadAudit)
	h.scope = must(h, "alice", tenancy.Create.Call, tenancy.CreateInput{Name: "team"}).ID
	h.child = must(h, "alice", tenancy.Create.Call, tenancy.CreateInput{Name: "below", ParentID: h.scope}).ID
	h.note = must(h, "alice", objects.Create.Call, objects.CreateInput{Type: "note", Data: op.JSON(`{}`)}).ID
	must(h, "alice", tenancy.Add.Call, tenancy.AddInput{ID: h.scope, PrincipalID: "ann", Role: tenancy.Admin})
	must(h, "alice", tenancy.Add.Call, tenancy.AddInput{ID: h.scope, PrincipalID: "vic", Role: tenancy.Viewer})
	must(h, "alice", tenancy.Project.Call, tenancy.ProjectInput{ID: h.scope, ObjectID: h.note, Level: "admin"})
	return h
}

func ask[In, Out any](h *house, as urn.ID, call func(context.Context, op.Runner, In) (Out, error), in In) (Out, fault.Code) {
	h.t.Helper()
	return stage.Do(h.Stage, as, call, in)
}

func must[In, Out any](h *house, as urn.ID, call func(context.Context, op.Runner, In) (Out, error), in In) Out {
	h.t.Helper()
	return stage.Must(h.Stage, as, call, in)
}

func (h *house) create(as urn.ID, in rules.CreateInput) rules.Rule {
	h.t.Helper()
	if in.Name == "" {
		in.Name = "r"
	}
	if in.Type == "" {
		in.Type = "access"
	}
	if in.Effect == "" {
		in.Effect = rules.Deny
	}
	return must(h, as, rules.Create.Call, in)
}

func TestWhoMayMakeRules(t *testing.T) {
	h := setUp(t)
	scoped := rules.CreateInput{Name: "r", Type: "access", Effect: rules.Deny, ScopeID: h.scope}
	own := rules.CreateInput{Name: "r", Type: "access", Effect: rules.Deny, ObjectID: h.note}
	global := rules.CreateInput{Name: "r", Type: "access", Effect: rules.Deny}
	for _, row := range []struct {
		as   urn.ID
		in   rules.CreateInput
		want fault.Code
	}{
		{"root", global, ""},
		{"root", scoped, ""},
		{"root", own, ""},
		{"alice", global, fault.PermissionDenied},
		{"alice", scoped, ""},
		{"alice", own, ""},
		{"ann", scoped, ""},
		{"ann", own, fault.PermissionDenied},
		{"vic", scoped, fault.PermissionDenied},
		{"vic", own, fault.PermissionDenied},
		{"sam", scoped, fault.NotFound},
		{"sam", own, fault.NotFound},
		{"aud", global, fault.PermissionDenied},
	} {
		if _, code := ask(h, row.as, rules.Create.Call, row.in); code != row.want {
			t.Errorf("%s makes %+v: %q, want %q", row.as, row.in, code, row.want)
		}
	}
}

func TestWhoMayChangeAndReadRules(t *testing.T) {
	h := setUp(t)
	scoped, own, global := h.create("ann", rules.CreateInput{ScopeID: h.scope}), h.create("alice", rules.CreateInput{ObjectID: h.note}), h.create("root", rules.CreateInput{})
	const no, gone = fault.PermissionDenied, fault.NotFound
	for _, row := range []struct {
		as           urn.ID
		rule         rules.Rule
		read, change fault.Code
	}{
		{"root", scoped, "", ""},
		{"root", own, "", ""},
		{"root", global, "", ""},
		{"ann", scoped, "", ""},
		{"ann", own, gone, gone},
		{"ann", global, gone, gone},
		{"alice", scoped, "", ""},
		{"alice", own, "", ""},
		{"alice", global, gone, gone},
		{"vic", scoped, gone, gone},
		{"vic", own, gone, gone},
		{"sam", scoped, gone, gone},
		{"aud", scoped, "", gone},
		{"aud", own, "", gone},
		{"aud", global, "", no},
	} {
		if _, code := ask(h, row.as, rules.Get.Call, rules.RuleInput{ID: row.rule.ID}); code != row.read {
			t.Errorf("%s reads %+v: %q, want %q", row.as, row.rule, code, row.read)
		}
		priority := int64(h.Revision())
		if _, code := ask(h, row.as, rules.Update.Call, rules.UpdateInput{ID: row.rule.ID, Priority: &priority}); code != row.change {
			t.Errorf("%s changes %+v: %q, want %q", row.as, row.rule, code, row.change)
		}
	}
	for as, want := range map[urn.ID]int{"root": 3, "aud": 3, "alice": 2, "ann": 1, "vic": 0, "sam": 0} {
		if got := len(must(h, as, rules.List.Call, rules.ListInput{}).Items); got != want {
			t.Errorf("%s lists %d rules, want %d", as, got, want)
		}
	}
}

func TestHomes(t *testing.T) {
	h := setUp(t)
	harmless := op.JSON(`{"action":"delete"}`)
	scoped, own := h.create("ann", rules.CreateInput{ScopeID: h.scope, Conditions: harmless}), h.create("alice", rules.CreateInput{ObjectID: h.note, Conditions: harmless})
	global := h.create("root", rules.CreateInput{})
	other := must(h, "ann", tenancy.Create.Call, tenancy.CreateInput{Name: "other"}).ID
	for _, row := range []struct {
		as       urn.ID
		rule     urn.ID
		kind, to string
		want     fault.Code
	}{
		{"ann", scoped.ID, rules.TargetScope, string(h.scope), ""},
		{"ann", scoped.ID, rules.TargetScope, string(h.child), ""},
		{"ann", scoped.ID, rules.TargetScope, string(other), fault.ValidationFailed},
		{"ann", scoped.ID, rules.TargetObject, string(h.note), fault.ValidationFailed},
		{"root", scoped.ID, rules.TargetPrincipal, "vic", fault.ValidationFailed},
		{"ann", scoped.ID, rules.TargetPrincipal, "nobody", fault.ValidationFailed},
		{"ann", scoped.ID, rules.TargetScope, "scp_01890a5d0c1e7000a000000000000099", fault.ValidationFailed},
		{"alice", own.ID, rules.TargetObject, "obj_01890a5d0c1e7000a000000000000099", fault.ValidationFailed},
		{"alice", own.ID, rules.TargetObject, string(h.note), ""},
		{"alice", own.ID, rules.TargetObjectType, "note", fault.ValidationFailed},
		{"alice", global.ID, rules.TargetObject, string(h.note), fault.NotFound},
		{"root", global.ID, rules.TargetPrincipal, "nobody", fault.NotFound},
		{"root", global.ID, rules.TargetObjectType, "not yet", ""},
		{"root", global.ID, rules.TargetScope, "team", fault.ValidationFailed},
		{"root", global.ID, rules.TargetEnvironment, "env_01890a5d0c1e7000a000000000000099", ""},
		{"root", global.ID, rules.TargetEnvironment, "production", fault.ValidationFailed},
		{"root", global.ID, rules.TargetConnector, "con_01890a5d0c1e7000a000000000000099", ""},
	} {
		if _, code := ask(h, row.as, rules.Bind.Call, rules.BindInput{ID: row.rule, TargetType: row.kind, TargetID: row.to}); code != row.want {
			t.Errorf("%s binds to %s %s: %q, want %q", row.as, row.kind, row.to, code, row.want)
		}
	}
}

func TestVersions(t *testing.T) {
	h := setUp(t)
	r := h.create("root", rules.CreateInput{Conditions: op.JSON(`{"action":["update","delete","update"]}`)})
	if string(r.Conditions) != `{"action":["delete","update"]}` {
		t.Errorf("the one form is %s", r.Conditions)
	}
	in := rules.UpdateInput{ID: r.ID, Effect: rules.Allow, Reason: "why not", Version: 1}
	if after := must(h, "root", rules.Update.Call, in); after.Version != 2 || after.Effect != rules.Allow {
		t.Errorf("after the update %+v", after)
	}
	if _, code := ask(h, "root", rules.Update.Call, rules.UpdateInput{ID: r.ID, Effect: rules.Deny, Version: 1}); code != fault.VersionConflict {
		t.Errorf("with the old version: %q", code)
	}
	at := h.Revision()
	if same := must(h, "root", rules.Update.Call, rules.UpdateInput{ID: r.ID, Conditions: op.JSON(`{"action":["delete","update"]}`)}); same.Version != 2 || len(h.Records) != 0 {
		t.Errorf("no change is %+v, recorded %+v since %d", same, h.Records, at)
	}
	page := must(h, "root", rules.Versions.Call, rules.VersionsInput{ID: r.ID, Paging: op.Paging{Limit: 1}})
	if len(page.Items) != 1 || page.Items[0].Effect != rules.Deny || !page.HasMore {
		t.Fatalf("E5.8 version 1 is %+v", page)
	}
	page = must(h, "root", rules.Versions.Call, rules.VersionsInput{ID: r.ID, Paging: op.Paging{Cursor: string(page.NextCursor)}})
	if len(page.Items) != 1 || page.Items[0].Number != 2 || page.Items[0].Reason != "why not" {
		t.Errorf("version 2 is %+v", page)
	}
	must(h, "root", rules.Archive.Call, rules.RuleInput{ID: r.ID})
	if _, code := ask(h, "root", rules.Update.Call, rules.UpdateInput{ID: r.ID, Effect: rules.Deny}); code != fault.PreconditionFailed {
		t.Errorf("archived, it is updated: %q", code)
	}
	if _, code := ask(h, "root", rules.Bind.Call, rules.BindInput{ID: r.ID, TargetType: rules.TargetPrincipal, TargetID: "vic"}); code != fault.PreconditionFailed {
		t.Errorf("archived, it is bound: %q", code)
	}
	must(h, "root", rules.Archive.Call, rules.RuleInput{ID: r.ID})
	if len(h.Records) != 0 {
		t.Errorf("archived again it leaves %+v", h.Records)
	}
}

func TestE57ArchivedRulesHideTheirBindings(t *testing.T) {
	h := setUp(t)
	r := h.create("root", rules.CreateInput{})
	must(h, "root", rules.Bind.Call, rules.BindInput{ID: r.ID, TargetType: rules.TargetPrincipal, TargetID: "vic"})
	count := func(all *bool) [2]int {
		return [2]int{
			len(must(h, "root", rules.Bindings.Call, rules.BindingsInput{ID: r.ID, ActiveOnly: all}).Items),
			len(must(h, "root", rules.TargetBindings.Call, rules.TargetInput{TargetType: rules.TargetPrincipal, TargetID: "vic", ActiveOnly: all}).Items),
		}
	}
	if count(nil) != [2]int{1, 1} {
		t.Errorf("active: %v", count(nil))
	}
	must(h, "root", rules.Archive.Call, rules.RuleInput{ID: r.ID})
	if count(nil) != [2]int{} || count(new(bool)) != [2]int{1, 1} {
		t.Errorf("archived: %v, with ended ones %v", count(nil), count(new(bool)))
	}
}

func TestListIsByPriority(t *testing.T) {
	h := setUp(t)
	for _, p := range []int64{3, -7, 0, 1_000_000, 3, -1_000_000} {
		h.create("root", rules.CreateInput{Priority: p})
	}
	var got []int64
	in := rules.ListInput{Paging: op.Paging{Limit: 1}}
	for {
		page := must(h, "root", rules.List.Call, in)
		for _, r := range page.Items {
			got = append(got, r.Priority)
		}
		if in.Cursor = string(page.NextCursor); !page.HasMore {
			break
		}
	}
	if want := []int64{1_000_000, 3, 3, 0, -7, -1_000_000}; !slices.Equal(got, want) {
		t.Errorf("listed %v, want %v", got, want)
	}
	for _, cursor := range []string{"x", "1", "1/rul_x", "9999999999/rul_01890a5d0c1e7000a000000000000008"} {
		if _, code := ask(h, "root", rules.List.Call, rules.ListInput{Paging: op.Paging{Cursor: cursor}}); code != fault.InvalidCursor {
			t.Errorf("cursor %q: %q", cursor, code)
		}
	}
}

func TestBoundOfRulesPerTarget(t *testing.T) {
	h := setUp(t)
	var last fault.Code
	for n := 0; last == "" && n <= rules.MaxBound; n++ {
		r := h.create("root", rules.CreateInput{})
		_, last = ask(h, "root", rules.Bind.Call, rules.BindInput{ID: r.ID, TargetType: rules.TargetPrincipal, TargetID: "vic"})
	}
	if last != fault.LimitExceeded {
		t.Errorf("the rule beyond the bound: %q", last)
	}
}

func TestConditionsAreChecked(t *testing.T) {
	h := setUp(t)
	many := `["` + strings.Join(slices.Collect(func(yield func(string) bool) {
		for i := range 65 {
			if !yield("kind" + strconv.Itoa(i)) {
				return
			}
		}
	}), `","`) + `"]`
	for _, row := range []struct{ conditions, at string }{
		{`{"acton":"read"}`, "/conditions/acton"},
		{`{"custom":{}}`, "/conditions/custom"},
		{`{"action":""}`, "/conditions/action"},
		{`{"action":[]}`, "/conditions/action"},
		{`{"action":7}`, "/conditions/action"},
		{`{"action":null}`, "/conditions/action"},
		{`{"action":["read",{}]}`, "/conditions/action/1"},
		{`{"action":"Read"}`, "/conditions/action"},
		{`{"role":"boss"}`, "/conditions/role"},
		{`{"scope_id":"team"}`, "/conditions/scope_id"},
		{`{"principal_kind":` + many + `}`, "/conditions/principal_kind"},
		{`{"object_type":"` + strings.Repeat("x", 129) + `"}`, "/conditions/object_type"},
	} {
		_, err := rules.Create.Call(context.Background(), h.As("root"), rules.CreateInput{Name: "r", Type: "access", Effect: rules.Deny, Conditions: op.JSON(row.conditions)})
		var f *fault.Fault
		if !errors.As(err, &f) || f.Code != fault.ValidationFailed || len(f.Items) != 1 || f.Items[0].Pointer != row.at {
			t.Errorf("%.60s: %v", row.conditions, err)
		}
	}
}

func TestRecordsAndCounts(t *testing.T) {
	h := setUp(t)
	r := h.create("ann", rules.CreateInput{ScopeID: h.scope})
	if len(h.Records) != 1 || h.Records[0].Action != "rule_change" || h.Records[0].ScopeID != h.scope || h.Records[0].Before != nil || h.Records[0].After == nil {
		t.Errorf("create leaves %+v", h.Records)
	}
	b := must(h, "ann", rules.Bind.Call, rules.BindInput{ID: r.ID, TargetType: rules.TargetScope, TargetID: string(h.child)})
	if len(h.Records) != 1 || h.Records[0].TargetID != b.ID || h.Records[0].Entity != rules.EntityBinding || h.Records[0].ScopeID != h.child {
		t.Errorf("bind leaves %+v", h.Records)
	}
	must(h, "ann", rules.Bind.Call, rules.BindInput{ID: r.ID, TargetType: rules.TargetScope, TargetID: string(h.child)})
	if len(h.Records) != 0 {
		t.Errorf("bound again it leaves %+v", h.Records)
	}
	must(h, "ann", rules.Archive.Call, rules.RuleInput{ID: r.ID})
	if len(h.Records) != 1 || h.Records[0].Action != "lifecycle_change" {
		t.Errorf("archive leaves %+v", h.Records)
	}
}

// TestRevert takes changes of rules and bindings back to each earlier revision,
// and compares content.
func TestRevert(t *testing.T) {
	h := setUp(t)
	catalog := op.NewCatalog(rules.Ops)
	r := h.create("root", rules.CreateInput{Conditions: op.JSON(`{"action":"read"}`)})
	b := must(h, "root", rules.Bind.Call, rules.BindInput{ID: r.ID, TargetType: rules.TargetPrincipal, TargetID: "vic"})
	content := func(v state.View, name string, id urn.ID) string {
		e, _ := catalog.Entity(name)
		k, ok := e.Known(v, id)
		if !ok {
			return "absent"
		}
		raw, err := op.Marshal(k.Content)
		if err != nil {
			t.Fatal(err)
		}
		return string(raw)
	}
	revert := func(name string, id urn.ID, revision uint64) error {
		e, _ := catalog.Entity(name)
		var out error
		h.Change(func(tx *op.Tx) {
			past := tx.Past(revision)
			want := content(past, name, id)
			if out = e.Revert(tx, id, past); out == nil && want != "absent" && content(tx, name, id) != want {
				t.Errorf("%s is %s, was %s", name, content(tx, name, id), want)
			}
		})
		return out
	}
	denied := func() bool {
		return !must(h, "vic", access.Check.Call, access.Question{Action: "read", ObjectID: h.note}).Allowed
	}
	bound := h.Revision()
	must(h, "root", rules.Update.Call, rules.UpdateInput{ID: r.ID, Conditions: op.JSON(`{"action":"delete"}`)})
	updated := h.Revision()
	if denied() {
		t.Error("after the update it denies still")
	}
	if err := revert(rules.Entity, r.ID, bound); err != nil || !denied() {
		t.Errorf("the update is taken back: %v", err)
	}
	if v := must(h, "root", rules.Get.Call, rules.RuleInput{ID: r.ID}); v.Version != 3 {
		t.Errorf("the way back is version %d", v.Version)
	}
	var moot op.Moot
	if err := revert(rules.Entity, r.ID, bound); !errors.As(err, &moot) {
		t.Errorf("taken back twice: %v", err)
	}
	must(h, "root", rules.Archive.Call, rules.RuleInput{ID: r.ID})
	if err := revert(rules.Entity, r.ID, bound); err != nil || !denied() {
		t.Errorf("archiving is taken back, with the bindings: %v", err)
	}
	must(h, "root", rules.Archive.Call, rules.RuleInput{ID: r.ID})
	archived := h.Revision()
	must(h, "root", rules.Create.Call, rules.CreateInput{Name: "x", Type: "access", Effect: rules.Deny})
	if err := revert(rules.Entity, r.ID, archived); !errors.As(err, &moot) {
		t.Errorf("archived then as now: %v", err)
	}
	if err := revert(rules.EntityBinding, b.ID, bound-2); fault.Is(err, fault.PreconditionFailed) {
		t.Errorf("to end a binding of an archived rule: %v", err)
	}
	if err := revert(rules.EntityBinding, b.ID, bound); !fault.Is(err, fault.PreconditionFailed) {
		t.Errorf("to bind an archived rule: %v", err)
	}
	if err := revert(rules.Entity, r.ID, updated); err != nil || denied() {
		t.Errorf("to the state after the update: %v", err)
	}
	if err := revert(rules.EntityBinding, b.ID, bound); err != nil {
		t.Errorf("bound again: %v", err)
	}
	must(h, "root", rules.Unbind.Call, rules.UnbindInput{ID: r.ID, TargetType: rules.TargetPrincipal, TargetID: "vic"})
	if err := revert(rules.EntityBinding, b.ID, bound); err != nil {
		t.Errorf("unbinding is taken back: %v", err)
	}
	if err := revert(rules.Entity, r.ID, 1); err != nil || must(h, "root", rules.Get.Call, rules.RuleInput{ID: r.ID}).Lifecycle != rules.Archived {
		t.Errorf("the creation is taken back: %v", err)
	}
}

func TestEvaluate(t *testing.T) {
	h := setUp(t)
	evaluate := func(as urn.ID, in access.RequestInput) access.Evaluation {
		t.Helper()
		return must(h, as, access.Evaluate.Call, in)
	}
	read := access.RequestInput{Action: "read", ObjectID: h.note}
	if e := evaluate("vic", read); e.Allowed || e.Verdict != rules.VerdictNone || len(e.Matching) != 0 {
		t.Errorf("E5.1 without rules %+v", e)
	}
	for i := range 3 {
		r := h.create("root", rules.CreateInput{Name: fmt.Sprint("allow ", i), Effect: rules.Allow, Priority: int64(10 - i)})
		must(h, "root", rules.Bind.Call, rules.BindInput{ID: r.ID, TargetType: rules.TargetObjectType, TargetID: "note"})
	}
	if e := evaluate("vic", read); !e.Allowed || e.Verdict != rules.Allow || len(h.Traced) != 1 || h.Traced[0].Action != "access_check" {
		t.Errorf("E5.2 with allowances %+v, traced %+v", e, h.Traced)
	}
	viewers := h.create("root", rules.CreateInput{Name: "no viewers", Conditions: op.JSON(`{"role":"viewer"}`), Priority: -5})
	must(h, "root", rules.Bind.Call, rules.BindInput{ID: viewers.ID, TargetType: rules.TargetScope, TargetID: string(h.scope)})
	e := evaluate("vic", read)
	if e.Allowed || e.Verdict != rules.Deny || len(e.Allowing) != 3 || len(e.Denying) != 1 || len(e.Matching) != 4 || e.Matching[0].Priority != 10 {
		t.Errorf("E5.2 three allowances and a denial %+v", e)
	}
	if e := evaluate("ann", read); e.Verdict != rules.Allow {
		t.Errorf("an admin is no viewer: %+v", e)
	}
	x := must(h, "ann", access.ExplainRules.Call, read)
	if len(h.Traced) != 0 || len(x.Rules) != 4 {
		t.Fatalf("E5.10 explained %+v, traced %+v", x, h.Traced)
	}
	last := x.Rules[3]
	if last.Matched || last.Reason != "role does not fit" || len(last.Conditions) != 1 || !slices.Equal(last.Conditions[0].Actual, []string{"admin"}) || len(x.Rules[0].Conditions) != 0 {
		t.Errorf("E5.10 explained %+v", x.Rules)
	}
	if x = must(h, "vic", access.ExplainRules.Call, read); !strings.HasPrefix(x.Summary, "denied by no viewers") {
		t.Errorf("summary %q", x.Summary)
	}
	for _, row := range []struct {
		as   urn.ID
		in   access.RequestInput
		want fault.Code
	}{
		{"vic", access.RequestInput{Action: "read", PrincipalID: "ann"}, fault.PermissionDenied},
		{"aud", access.RequestInput{Action: "read", PrincipalID: "ann"}, fault.PermissionDenied},
		{"root", access.RequestInput{Action: "read", PrincipalID: "ann", ObjectID: h.note}, ""},
		{"root", access.RequestInput{Action: "read", PrincipalID: "nobody"}, fault.NotFound},
		{"sam", read, fault.NotFound},
		{"sam", access.RequestInput{Action: "read", ScopeIDs: []urn.ID{h.scope}}, fault.NotFound},
		{"sam", access.RequestInput{Action: "create", ObjectType: "note"}, ""},
		{"vic", access.RequestInput{Action: "read", ObjectID: h.note, ObjectType: "note"}, fault.ValidationFailed},
	} {
		if _, code := ask(h, row.as, access.Evaluate.Call, row.in); code != row.want {
			t.Errorf("%s asks %+v: %q, want %q", row.as, row.in, code, row.want)
		}
	}
}
