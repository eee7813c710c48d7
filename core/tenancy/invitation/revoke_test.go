package invitation_test

import (
	"testing"

	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/identity"
	"github.com/weir-store/weir/core/tenancy/invitation"
	"github.com/weir-store/weir/core/urn"
)

// Who may decline, and who revoke.
func TestDeclineAndRevoke(t *testing.T) {
	rows := []struct {
		name            string
		as              any
		token           string
		decline, revoke fault.Code
		by              urn.ID
	}{
		{"the invitee", "known", "", "", fault.PermissionDenied, "known"},
		{"a host for the invitee", actor{host, "known"}, "", "", fault.PermissionDenied, "known"},
		{"a user with the token", eve, "right", "", fault.NotFound, eve},
		{"a user with another token", eve, "wrong", fault.NotFound, fault.NotFound, ""},
		{"an outsider", eve, "", fault.NotFound, fault.NotFound, ""},
		{"a member", cyd, "", fault.NotFound, fault.PermissionDenied, ""},
		{"the owner", ann, "", fault.PermissionDenied, "", ann},
		{"the inviter", bea, "", fault.PermissionDenied, "", bea},
		{"a host", host, "", "", "", host},
		{"nobody with the token", "", "right", "", fault.APIKeyInvalid, ""},
		{"nobody with another token", "", "wrong", fault.PermissionDenied, fault.APIKeyInvalid, ""},
		{"nobody", "", "", fault.PermissionDenied, fault.APIKeyInvalid, ""},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			y := newYard(t)
			known := y.known("dan@example.com")
			if row.as == any("known") {
				row.as = known
			}
			if row.as == any(actor{host, "known"}) {
				row.as = forUser(known)
			}
			if row.by == "known" {
				row.by = known
			}
			one, two := y.invite(bea, invitation.CreateInput{Identifier: "Dan@example.com"}), y.invite(bea, invitation.CreateInput{Identifier: "dan@example.com"})
			in := invitation.DeclineInput{ID: one.ID}
			switch row.token {
			case "right":
				in.Token = &one.Token
			case "wrong":
				in.Token = &two.Token
			}
			got, err := do(y, row.as, invitation.Decline, in)
			if c := code(t, err); c != row.decline {
				t.Errorf("decline: %q, want %q (%v)", c, row.decline, err)
			}
			if err == nil {
				by := row.by
				if by == host {
					by = ""
				}
				if (by == "") != (got.TerminalBy == nil) || by != "" && *got.TerminalBy != by || got.Status != "declined" {
					t.Errorf("declined as %+v", got)
				}
				if _, err := do(y, row.as, invitation.Decline, in); code(t, err) != fault.InvitationNotPending {
					t.Errorf("again: %v", err)
				}
			}
			got, err = do(y, row.as, invitation.Revoke, invitation.Input{ID: two.ID})
			if c := code(t, err); c != row.revoke {
				t.Errorf("revoke: %q, want %q (%v)", c, row.revoke, err)
			}
			if err == nil {
				if got.Status != "revoked" || *got.TerminalBy != row.by {
					t.Errorf("revoked as %+v", got)
				}
				if _, err := do(y, row.as, invitation.Revoke, invitation.Input{ID: two.ID}); code(t, err) != fault.InvitationNotPending {
					t.Errorf("again: %v", err)
				}
			}
			y.Verify()
		})
	}
}

// Who sees an invitation.
func TestGet(t *testing.T) {
	y := newYard(t)
	known := y.known("dan@example.com")
	i := y.invite(bea, invitation.CreateInput{})
	for _, row := range []struct {
		as         any
		one, lists fault.Code
	}{
		{ann, "", ""},
		{bea, "", ""},
		{host, "", ""},
		{chef, "", ""},
		{known, "", fault.NotFound},
		{forUser(known), "", fault.NotFound},
		{cyd, fault.NotFound, fault.PermissionDenied},
		{eve, fault.NotFound, fault.NotFound},
		{tool, fault.NotFound, fault.NotFound},
	} {
		if _, err := do(y, row.as, invitation.Get, invitation.Input{ID: i.ID}); code(t, err) != row.one {
			t.Errorf("%v gets it: %v", row.as, err)
		}
		if _, err := do(y, row.as, invitation.List, invitation.ListInput{ID: y.org}); code(t, err) != row.lists {
			t.Errorf("%v lists: %v", row.as, err)
		}
	}
}

// An identifier that a user has makes no second user.
func TestIdentifierInUse(t *testing.T) {
	y := newYard(t)
	known := y.known("Dan@Example.com")
	i := y.invite(ann, invitation.CreateInput{Identifier: "dan@example.com"})
	for _, who := range []any{host, ""} {
		if _, err := y.accept(who, i.ID, "", i.Token); code(t, err) != fault.IdentifierInUse {
			t.Errorf("as %v: %v", who, err)
		}
	}
	// The user with it accepts; byte for byte is another matter than having it.
	if _, err := y.accept(known, i.ID, "Dan@Example.com", ""); code(t, err) != fault.IdentifierMismatch {
		t.Errorf("with what it has: %v", err)
	}
	if _, err := y.accept(known, i.ID, "dan@example.com", ""); err != nil {
		t.Errorf("with what it was sent to: %v", err)
	}
	must(y, "root", identity.Archive, identity.ArchiveInput{ID: known})
	next := y.invite(ann, invitation.CreateInput{Identifier: "dan@example.com"})
	if _, err := y.accept("", next.ID, "", next.Token); err != nil {
		t.Errorf("once its user is archived: %v", err)
	}
	y.Verify()
}
