package org_test

import (
	"testing"

	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/objects"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/tenancy"
	"github.com/weir-store/weir/internal/testkit/stage"
)

// TestSharesAreTakenBack has what is shared in an organization taken back, by the
// object's owner and by an administrator, in each state.
func TestSharesAreTakenBack(t *testing.T) {
	for state, want := range map[string]fault.Code{"active": "", "suspended": "", "frozen": "", "both": "", "revoked": fault.AlreadyTerminal} {
		for _, as := range []string{"owner", "administrator"} {
			s := setUp(t)
			id := found(s, ann, "acme").Org.ID
			join(s, id, bea, tenancy.Admin)
			join(s, id, cyd, tenancy.Editor)
			note := stage.Must(s, cyd, objects.Create.Call, objects.CreateInput{Type: "note", Data: op.JSON(`{}`)})
			stage.Must(s, cyd, tenancy.Project.Call, tenancy.ProjectInput{ID: id, ObjectID: note.ID})
			for _, move := range states[state] {
				moves[move](s, by(move), id)
			}
			who := map[string]op.Runner{"owner": s.As(cyd), "administrator": s.As(bea)}[as]
			_, err := tenancy.Unproject.Call(t.Context(), who, tenancy.UnprojectInput{ID: id, ObjectID: note.ID})
			if f, _ := fault.Of(err); want == "" && err != nil || want != "" && (f == nil || f.Code != want) {
				t.Errorf("by the %s, in one that is %s: %v, want %q", as, state, err, want)
			}
		}
	}
}
