package relation_test

import (
	"strings"
	"testing"

	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/identity"
	"github.com/weir-store/weir/core/identity/relation"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/tenancy"
	"github.com/weir-store/weir/core/urn"
)

func TestAdd(t *testing.T) {
	f := setUp(t)
	f.relate("lab", "carl", relation.Administers)
	scope, code := ask(f, "carl", tenancy.Create.Call, tenancy.CreateInput{Name: "team"})
	if code != "" {
		t.Fatal(code)
	}
	if _, code := ask(f, "carl", tenancy.Add.Call, tenancy.AddInput{ID: scope.ID, PrincipalID: "bob", Role: tenancy.Viewer}); code != "" {
		t.Fatal(code)
	}
	rows := []struct {
		name string
		as   urn.ID
		in   relation.AddInput
		want fault.Code
	}{
		{"by an administrator of the cluster", "root", relation.AddInput{ParentID: "lab", ChildID: "sam"}, ""},
		{"by who administers the parent", "carl", relation.AddInput{ParentID: "lab", ChildID: "bob"}, ""},
		{"below another parent", "carl", relation.AddInput{ParentID: "sales", ChildID: "bob", Label: "leads"}, fault.NotFound},
		{"by a member", "alice", relation.AddInput{ParentID: "lab", ChildID: "alice", Label: "leads"}, fault.PermissionDenied},
		{"by a stranger", "bob", relation.AddInput{ParentID: "carl", ChildID: "bob"}, fault.PermissionDenied},
		{"of somebody who is not seen", "carl", relation.AddInput{ParentID: "lab", ChildID: "sales"}, fault.NotFound},
		{"below oneself", "alice", relation.AddInput{ParentID: "alice", ChildID: "carl"}, ""},
		{"of nobody", "root", relation.AddInput{ParentID: "lab", ChildID: "nobody"}, fault.NotFound},
		{"to nobody", "root", relation.AddInput{ParentID: "nobody", ChildID: "alice"}, fault.NotFound},
		{"to itself", "root", relation.AddInput{ParentID: "alice", ChildID: "alice"}, fault.ValidationFailed},
		{"with too long a label", "root", relation.AddInput{ParentID: "lab", ChildID: "bob", Label: strings.Repeat("x", 65)}, fault.ValidationFailed},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			r, code := ask(f, row.as, relation.Add.Call, row.in)
			if code != row.want {
				t.Errorf("got %q, want %q", code, row.want)
			}
			if code == "" && (r.CreatedBy != row.as || r.Version != 1 || len(f.Records) != 1) {
				t.Errorf("%+v, %d records", r, len(f.Records))
			}
			if denied := f.Denied != nil; denied != (code == fault.PermissionDenied || (code == fault.NotFound && row.as != "root")) {
				t.Errorf("traced as a refusal: %v", denied)
			}
		})
	}
}

// One row to each parent, label and child: it is given back, changed, ended,
// and comes back.
func TestOneRow(t *testing.T) {
	f := setUp(t)
	in := relation.AddInput{ParentID: "lab", ChildID: "bob", Metadata: op.JSON(`{"a":1}`)}
	step := func(what string, in relation.AddInput, version uint64, records int, metadata string) relation.Relationship {
		t.Helper()
		r, code := ask(f, "root", relation.Add.Call, in)
		if code != "" || r.Version != version || len(f.Records) != records || string(r.Metadata) != metadata || r.Lifecycle != identity.Active {
			t.Errorf("%s: %q %+v, %d records", what, code, r, len(f.Records))
		}
		return r
	}
	first := step("first", in, 1, 1, `{"a":1}`)
	step("again", in, 1, 0, `{"a":1}`)
	in.Metadata = nil
	step("without metadata", in, 1, 0, `{"a":1}`)
	in.Metadata = op.JSON(`{"b":2}`)
	step("with others", in, 2, 1, `{"b":2}`)
	for i, records := range []int{1, 0} {
		if _, code := ask(f, "root", relation.Remove.Call, relation.RemoveInput{ID: first.ID}); code != "" || len(f.Records) != records {
			t.Errorf("removal %d: %q, %d records", i, code, len(f.Records))
		}
	}
	if r, code := ask(f, "root", relation.Get.Call, relation.GetInput{ID: first.ID}); code != "" || r.Lifecycle != identity.Archived {
		t.Errorf("the removed one: %q %+v", code, r)
	}
	if _, code := ask(f, "bob", relation.Get.Call, relation.GetInput{ID: first.ID}); code != fault.NotFound {
		t.Errorf("bob sees it yet: %q", code)
	}
	if back := step("back", in, 4, 1, `{"b":2}`); back.ID != first.ID {
		t.Errorf("it came back as %s", back.ID)
	}
	if _, code := ask(f, "root", relation.Remove.Call, relation.RemoveInput{ID: "rel_01890a5d0c1e7000a000000000000099"}); code != fault.NotFound {
		t.Errorf("what there is not: %q", code)
	}
}

func TestList(t *testing.T) {
	f := setUp(t)
	f.relate("alice", "sam", "advised_by")
	gone := f.relate("alice", "bob", "advised_by")
	if _, code := ask(f, "root", relation.Remove.Call, relation.RemoveInput{ID: gone}); code != "" {
		t.Fatal(code)
	}
	all := false
	rows := []struct {
		name string
		as   urn.ID
		in   relation.ListInput
		want string
	}{
		{"both ways", "alice", relation.ListInput{ID: "alice"}, "alice>sam carl>alice lab>alice sales>alice"},
		{"as the parent", "alice", relation.ListInput{ID: "alice", Direction: "parent"}, "alice>sam"},
		{"as the child", "alice", relation.ListInput{ID: "alice", Direction: "child"}, "carl>alice lab>alice sales>alice"},
		{"one label", "alice", relation.ListInput{ID: "alice", Label: "advised_by"}, "alice>sam carl>alice"},
		{"those that were removed too", "root", relation.ListInput{ID: "alice", ActiveOnly: &all}, "alice>bob alice>sam carl>alice lab>alice sales>alice"},
		{"what somebody sees of it", "sam", relation.ListInput{ID: "alice"}, "alice>sam carl>alice lab>alice sales>alice"},
		{"of a team, by a member", "bob", relation.ListInput{ID: "sales"}, "sales>bob company>sales"},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			for _, limit := range []int{0, 1, 2} {
				var found []string
				in := row.in
				for in.Limit = limit; ; {
					page, code := ask(f, row.as, relation.List.Call, in)
					if code != "" {
						t.Fatal(code)
					}
					for _, r := range page.Items {
						found = append(found, string(r.ParentID+">"+r.ChildID))
					}
					if in.Cursor = string(page.NextCursor); in.Cursor == "" {
						break
					}
				}
				if got := strings.Join(found, " "); got != row.want {
					t.Errorf("by %d: %q, want %q", limit, got, row.want)
				}
			}
		})
	}
	for _, cursor := range []string{"x", "parent rel_01890a5d0c1e7000a000000000000099", "child " + string(gone)} {
		if _, code := ask(f, "root", relation.List.Call, relation.ListInput{ID: "alice", Paging: op.Paging{Cursor: cursor}}); code != fault.InvalidCursor {
			t.Errorf("the cursor %q gives %q", cursor, code)
		}
	}
}
