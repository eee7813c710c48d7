package temporal_test

import (
	"strconv"
	"testing"

	"github.com/weir-store/weir/core/access"
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/identity"
	"github.com/weir-store/weir/core/op"
)

// What somebody could do then: asked by the owner of the object, by who has
// admin on it, by auditors and administrators, and by nobody else.
func TestAccessInThePast(t *testing.T) {
	s := setUpTeam(t)
	then := strconv.FormatUint(s.Engine.Published(), 10)
	s.removeBob()
	must(s.play, s.Admin(), identity.Permit, identity.PermitInput{ID: "zoe", Permission: op.ReadAudit})
	in := access.Question{PrincipalID: "bob", Action: "write", ObjectID: s.note.ID}
	for who, r := range map[string]op.Runner{"the owner": s.alice, "the administrator": s.Admin(), "an auditor": s.zoe} {
		if got := must(s.play, op.Runner(at{r, then}), access.Check, in); !got.Allowed {
			t.Errorf("%s is told %+v of then", who, got)
		}
		if got := must(s.play, r, access.Check, in); got.Allowed {
			t.Errorf("%s is told %+v of now", who, got)
		}
	}
	if c := refused(s.play, op.Runner(at{s.bob, then}), access.Check, access.Question{PrincipalID: "alice", Action: "read", ObjectID: s.note.ID}); c != fault.NotFound {
		t.Errorf("one who lost his right: %q", c)
	}
	visible := access.VisibleInput{PrincipalID: "bob"}
	for who, r := range map[string]op.Runner{"the administrator": s.Admin(), "an auditor": s.zoe} {
		page := must(s.play, op.Runner(at{r, then}), access.Visible, visible)
		if len(page.Items) != 1 || page.Items[0].ObjectID != s.note.ID {
			t.Errorf("%s is told %+v", who, page)
		}
	}
	if c := refused(s.play, op.Runner(at{s.alice, then}), access.Visible, visible); c != fault.PermissionDenied && c != fault.NotFound {
		t.Errorf("the owner of one object asks for all: %q", c)
	}
}
