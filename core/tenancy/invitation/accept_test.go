package invitation_test

import (
	"bytes"
	"context"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/weir-store/weir/core/audit"
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/identity"
	"github.com/weir-store/weir/core/identity/identifier"
	"github.com/weir-store/weir/core/objects"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/tenancy"
	"github.com/weir-store/weir/core/tenancy/invitation"
	"github.com/weir-store/weir/core/tenancy/org"
	"github.com/weir-store/weir/core/tenancy/tuple"
	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/storage"
)

// As whom an invitation is accepted, and by what.
func TestBinding(t *testing.T) {
	const sent = "Dan@Example.com"
	rows := []struct {
		name        string
		as          any
		text, token string
		want        fault.Code
		isNew       bool
	}{
		{"a user for whom a host acts", forUser(dan), sent, "", "", false},
		{"without the identifier", forUser(dan), "", "", fault.IdentifierBindingRequired, false},
		{"with the token instead", forUser(dan), "", "right", fault.IdentifierBindingRequired, false},
		{"another identifier", forUser(dan), "eve@example.com", "", fault.IdentifierMismatch, false},
		{"another case", forUser(dan), "dan@example.com", "", fault.IdentifierMismatch, false},
		{"space around it", forUser(dan), sent + " ", "", fault.IdentifierMismatch, false},
		{"a user by a key of its own, who has it", "known", sent, "", "", false},
		{"one who has it not", eve, sent, "", fault.IdentifierMismatch, false},
		{"one who has it not, with the token", eve, sent, "right", fault.IdentifierMismatch, false},
		{"who has it and names another", "known", "x@example.com", "", fault.IdentifierMismatch, false},
		{"who has it and names none", "known", "", "", fault.IdentifierBindingRequired, false},
		{"a host as itself", host, "", "", "", true},
		{"a host as itself, whatever it names", host, "x", "wrong", "", true},
		{"nobody with the token", "", "", "right", "", true},
		{"nobody with the token, whatever he names", "", "x", "right", "", true},
		{"nobody with another token", "", sent, "wrong", fault.PermissionDenied, false},
		{"nobody", "", sent, "", fault.PermissionDenied, false},
		{"a service", tool, sent, "right", fault.PermissionDenied, false},
		{"a cluster administrator", chef, sent, "right", fault.PermissionDenied, false},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			y := newYard(t)
			var known urn.ID
			if row.as == any("known") { // by another way of writing it
				known = y.known("DAN@example.com")
				row.as = known
			}
			i := y.invite(ann, invitation.CreateInput{Identifier: sent, Role: tenancy.Viewer})
			token := map[string]string{"right": i.Token, "wrong": strings.Repeat("A", 43), "": ""}[row.token]
			before := y.Engine.Published()
			out, err := y.accept(row.as, i.ID, row.text, token)
			if got := code(t, err); got != row.want {
				t.Fatalf("%q, want %q (%v)", got, row.want, err)
			}
			if err != nil {
				if row.as == any("") && y.Engine.Published() != before {
					t.Error("the refusal of nobody reached the log")
				}
				if s := y.get(i.ID); s.Status != "pending" {
					t.Errorf("it is %s after a refusal", s.Status)
				}
				return
			}
			user := *out.Invitation.InvitedUserID
			m := out.Membership
			if s := out.Invitation; s.Status != "accepted" || *s.TerminalBy != user || s.TerminalAt == nil || *s.Identifier != sent {
				t.Errorf("accepted as %+v", s)
			}
			if m.UsrID != user || m.OrgID != y.org || m.Role != tenancy.Viewer || m.InvitedBy == nil || *m.InvitedBy != ann || m.Replaces != nil || m.Status != "active" {
				t.Errorf("the membership is %+v", m)
			}
			list := must(y, host, identifier.List, identifier.ListInput{ID: user}).Items
			if row.isNew && (len(list) != 1 || *list[0].Text != sent) {
				t.Errorf("the new user has %+v", list)
			}
			if isOld := user == known || user == dan; isOld == row.isNew {
				t.Errorf("accepted as %s", user)
			}
			if _, err := y.accept(row.as, i.ID, row.text, token); code(t, err) != fault.InvitationNotPending {
				t.Errorf("again: %v", err)
			}
			y.Verify()
		})
	}
}

// In all that is kept of invitations, nothing says whom they were sent to, or
// with what they are accepted.
func TestNothingInClear(t *testing.T) {
	y := newYard(t)
	const sent, other = "mallory@plain.example", "trudy@plain.example"
	i := y.invite(ann, invitation.CreateInput{Identifier: sent})
	_, mismatch := y.accept(forUser(dan), i.ID, other, "")
	f, ok := fault.Of(mismatch)
	if !ok || f.Code != fault.IdentifierMismatch {
		t.Fatal(mismatch)
	}
	shown := map[string]any{}
	for _, m := range f.Members {
		shown[m.Name] = m.Value
	}
	if shown["invitation_identifier"] != sent || shown["accepting_identifier"] != other {
		t.Errorf("the host is told %v", shown)
	}
	_, mismatch = y.accept(eve, i.ID, sent, "")
	if f, ok := fault.Of(mismatch); !ok || len(f.Members) != 0 {
		t.Errorf("a user is told %v", mismatch)
	}
	second := y.invite(ann, invitation.CreateInput{Identifier: other})
	made := strconv.FormatUint(y.Engine.Published(), 10)
	if _, err := y.accept("", i.ID, sent, i.Token); err != nil {
		t.Fatal(err)
	}
	if _, err := do(y, "", invitation.Decline, invitation.DeclineInput{ID: second.ID, Token: &second.Token}); err != nil {
		t.Fatal(err)
	}
	secrets := [][]byte{[]byte("plain.example"), []byte("mallory"), []byte("trudy"), []byte(i.Token), []byte(second.Token)}
	clean := func(where string, b []byte) {
		t.Helper()
		for _, s := range secrets {
			if bytes.Contains(b, s) {
				t.Errorf("%s holds %s", where, s)
			}
		}
	}
	for n, e := range y.Entries {
		clean("entry "+strconv.Itoa(n+1)+" of the log", e)
	}
	err := y.Engine.Dump(context.Background(), y.Engine.Published(), func(v storage.Version) error {
		clean("a row", append(bytes.Clone(v.Key), v.Value...))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	trail, err := y.as("root").Run(context.Background(), &op.Call{Op: audit.Entries.Name, Input: op.JSON(`{"limit":200}`)})
	if err != nil {
		t.Fatal(err)
	}
	clean("the trail", trail.Output)
	past, err := y.as(ann).Run(context.Background(), &op.Call{Op: "temporal.reconstruct", Input: op.JSON(`{"entity":"invitation","id":"` + string(i.ID) + `"}`), At: made})
	if err != nil {
		t.Fatal(err)
	}
	clean("the past", past.Output)
	y.Verify()
}

// What is asked at acceptance, in this order.
func TestOrderOfAcceptance(t *testing.T) {
	y := newYard(t)
	i := y.invite(bea, invitation.CreateInput{Role: tenancy.Admin, ExpiresAt: y.later(time.Hour)})
	accept := func(who any, text string, want fault.Code) {
		t.Helper()
		_, err := y.accept(who, i.ID, text, "")
		if got := code(t, err); got != want {
			t.Errorf("%q, want %q (%v)", got, want, err)
		}
	}
	if _, err := y.accept(forUser(cyd), "inv_01890a5d0c1e7000a0000000000000ff", "", ""); code(t, err) != fault.NotFound {
		t.Errorf("of none: %v", err)
	}
	// All at once stands against it, and is taken away from the front.
	must(y, "root", identity.Suspend, identity.LifecycleInput{ID: bea})
	must(y, host, org.Suspend, org.Input{ID: y.org})
	accept(forUser(cyd), "", fault.OrgNotActive)
	must(y, host, org.Reinstate, org.Input{ID: y.org})
	accept(forUser(cyd), "", fault.PermissionDenied)
	must(y, "root", identity.Resume, identity.LifecycleInput{ID: bea})
	accept(forUser(cyd), "", fault.IdentifierBindingRequired)
	accept(forUser(cyd), "x", fault.IdentifierMismatch)
	accept(forUser(cyd), "dan@example.com", fault.DuplicateMembership)
	accept(forUser(dan), "dan@example.com", "")
	again := y.invite(bea, invitation.CreateInput{})
	accept(forUser(dan), "", fault.InvitationNotPending)
	i = again
	y.Clock.Advance(2 * time.Hour)
	must(y, host, org.Suspend, org.Input{ID: y.org})
	accept(forUser(dan), "", fault.InvitationExpired)
}

// An invitation is over at its instant, noted or not.
func TestExpiry(t *testing.T) {
	y := newYard(t)
	i := y.invite(ann, invitation.CreateInput{ExpiresAt: y.later(time.Hour)})
	stays := y.invite(ann, invitation.CreateInput{Identifier: "x@x", ExpiresAt: y.later(3 * time.Hour)})
	y.Clock.Advance(time.Hour)
	check := func(when string) {
		t.Helper()
		s := y.get(i.ID)
		if s.Status != "expired" || s.TerminalAt == nil || *s.TerminalAt != i.ExpiresAt || s.TerminalBy != nil {
			t.Errorf("%s it is shown as %+v", when, s)
		}
		_, accepted := y.accept(host, i.ID, "", "")
		_, declined := do(y, host, invitation.Decline, invitation.DeclineInput{ID: i.ID})
		_, revoked := do(y, ann, invitation.Revoke, invitation.Input{ID: i.ID})
		for _, err := range []error{accepted, declined, revoked} {
			if code(t, err) != fault.InvitationExpired {
				t.Errorf("%s: %v", when, err)
			}
		}
	}
	check("before the sweep")
	var due []urn.ID
	look := func() {
		if err := y.Look(func(v state.View) error {
			due = invitation.Expired(v, state.Time(y.Clock.Now().UnixMicro()))
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	if look(); len(due) != 1 || due[0] != i.ID {
		t.Errorf("due are %v", due)
	}
	y.System(invitation.Expire.Operation, invitation.ExpireInput{IDs: []urn.ID{i.ID, stays.ID}})
	check("after it")
	if look(); len(due) != 0 || y.get(stays.ID).Status != "pending" {
		t.Errorf("still due are %v, the other is %s", due, y.get(stays.ID).Status)
	}
	// In the past it was pending.
	y.Verify()
}

// What was promised is granted for as long as the stay; what was there already
// is not touched.
func TestPreTuples(t *testing.T) {
	y := newYard(t)
	plan := must(y, ann, objects.Create, objects.CreateInput{Type: "plan", Data: op.JSON(`{}`)})
	note := must(y, ann, objects.Create, objects.CreateInput{Type: "note", Data: op.JSON(`{}`)})
	had := must(y, ann, tuple.Create, tuple.CreateInput{KeyInput: tuple.KeyInput{SubjectType: "usr", SubjectID: dan, Relation: "reader", ObjectType: "obj", ObjectID: note.ID}})
	i := y.invite(ann, invitation.CreateInput{PreTuples: []invitation.PreTuple{
		{Relation: "editor", ObjectType: "obj", ObjectID: plan.ID}, {Relation: "reader", ObjectType: "obj", ObjectID: note.ID},
	}})
	out, err := y.accept(forUser(dan), i.ID, "dan@example.com", "")
	if err != nil {
		t.Fatal(err)
	}
	if len(out.Tuples) != 2 || out.Tuples[0].SubjectID != dan || out.Tuples[0].Relation != "editor" || out.Tuples[0].ObjectID != plan.ID ||
		out.Tuples[0].CreatedBy != ann || out.Tuples[0].MembershipID != out.Membership.ID || out.Tuples[1].ID != had.ID || out.Tuples[1].MembershipID != "" {
		t.Errorf("materialized %+v", out.Tuples)
	}
	held := func() (n int) {
		page := must(y, host, tuple.List, tuple.ListInput{SubjectType: "usr", SubjectID: dan})
		for _, p := range page.Items {
			if p.ObjectType == "obj" {
				n++
			}
		}
		return n
	}
	if held() != 2 {
		t.Errorf("%d grants are in force, want 2", held())
	}
	y.Verify()
}

// What the inviter cannot grant any more is not granted, and nothing is changed.
func TestPreTuplesThatCannotBeGiven(t *testing.T) {
	y := newYard(t)
	plan := must(y, ann, objects.Create, objects.CreateInput{Type: "plan", Data: op.JSON(`{}`)})
	i := y.invite(ann, invitation.CreateInput{PreTuples: []invitation.PreTuple{{Relation: "editor", ObjectType: "obj", ObjectID: plan.ID}}})
	must(y, ann, objects.Transfer, objects.TransferInput{ID: plan.ID, OwnerID: eve})
	for _, who := range []any{forUser(dan), host, ""} {
		if _, err := y.accept(who, i.ID, "dan@example.com", i.Token); code(t, err) != fault.PermissionDenied {
			t.Errorf("as %v: %v", who, err)
		}
	}
	if s := y.get(i.ID); s.Status != "pending" {
		t.Errorf("it is %s", s.Status)
	}
	must(y, eve, objects.Transfer, objects.TransferInput{ID: plan.ID, OwnerID: ann})
	if _, err := y.accept(forUser(dan), i.ID, "dan@example.com", ""); err != nil {
		t.Error(err)
	}
	y.Verify()
}

// A stranger's repeat gets the first answer; another stranger's call under the
// same key is another call.
func TestStrangersRepeat(t *testing.T) {
	y := newYard(t)
	one, two := y.invite(ann, invitation.CreateInput{Identifier: "a@x"}), y.invite(ann, invitation.CreateInput{Identifier: "b@x"})
	call := func(id urn.ID, token string) (*op.Reply, error) {
		raw, err := op.Marshal(invitation.AcceptInput{ID: id, Token: &token})
		if err != nil {
			t.Fatal(err)
		}
		return y.Run(context.Background(), &op.Call{Op: invitation.Accept.Name, Input: raw, IdempotencyKey: "1"})
	}
	first, err := call(one.ID, one.Token)
	if err != nil {
		t.Fatal(err)
	}
	length := y.Length()
	again, err := call(one.ID, one.Token)
	if err != nil || !again.Replayed || !bytes.Equal(again.Output, first.Output) || !bytes.Contains(again.Output, []byte("a@x")) {
		t.Errorf("again: %+v %v", again, err)
	}
	if _, err := call(one.ID, two.Token); code(t, err) != fault.InvitationNotPending || y.Length() != length+1 {
		t.Errorf("with another token: %v, %d entries", err, y.Length()-length)
	}
	if other, err := call(two.ID, two.Token); err != nil || other.Replayed {
		t.Errorf("another invitation: %+v %v", other, err)
	}
}

// What is open needs no key, and judges one that is sent; a batch needs one.
func TestOpenCommands(t *testing.T) {
	y := newYard(t)
	i := y.invite(ann, invitation.CreateInput{})
	raw, err := op.Marshal(invitation.AcceptInput{ID: i.ID, Token: &i.Token})
	if err != nil {
		t.Fatal(err)
	}
	must(y, "root", identity.Suspend, identity.LifecycleInput{ID: eve})
	length := y.Length()
	for name, call := range map[string]op.Call{
		"a key of no form":      {Op: invitation.Accept.Name, Input: raw, Token: "x"},
		"a suspended principal": {Op: invitation.Accept.Name, Input: raw, Token: y.tokens[eve]},
		"a batch without a key": {Items: []op.Item{{Op: invitation.Accept.Name, Input: raw}}},
		"such a batch, named":   {Op: invitation.Accept.Name, Items: []op.Item{{Op: invitation.Accept.Name, Input: raw}}},
		"for a user, by nobody": {Op: invitation.Accept.Name, Input: raw, ActAs: dan},
	} {
		if _, err := y.Run(context.Background(), &call); code(t, err) != fault.APIKeyInvalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, id := range []urn.ID{i.ID, "inv_01890a5d0c1e7000a0000000000000ff"} {
		for _, token := range []string{"", strings.Repeat("A", 43)} {
			if _, err := y.accept("", id, "x", token); err == nil {
				t.Error("nobody accepts")
			}
		}
	}
	if y.Length() != length {
		t.Errorf("%d entries came of refused strangers", y.Length()-length)
	}
	in := op.JSON(`{"id":"` + string(i.ID) + `"}`)
	batch := op.Call{Items: []op.Item{{Op: invitation.Decline.Name, Input: in}}, Token: y.tokens[host]}
	if out, err := y.Run(context.Background(), &batch); err != nil || !bytes.Contains(out.Output, []byte(`"identifier":"dan@example.com"`)) {
		t.Errorf("a batch with a key: %v", err)
	}
}
