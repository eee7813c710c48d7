package relation_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/weir-store/weir/core/access"
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/identity"
	"github.com/weir-store/weir/core/identity/relation"
	"github.com/weir-store/weir/core/objects"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/tenancy"
	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/internal/testkit/stage"
)

// family is a stage with a graph: company above sales and lab, which are teams;
// alice in both, bob in sales; alice is also advised by carl.
type family struct {
	*stage.Stage
	t testing.TB
}

func setUp(tb testing.TB) *family {
	tb.Helper()
	f := &family{stage.New(tb, access.Sight{}, identity.Ops, relation.Ops, relation.Resolve, objects.Ops, tenancy.Ops, access.Ops), tb}
	f.Principal("root", op.Administer)
	for _, id := range []urn.ID{"company", "sales", "lab", "alice", "bob", "carl", "sam"} {
		f.Principal(id)
	}
	f.relate("company", "sales", "part_of")
	f.relate("company", "lab", "part_of")
	f.relate("sales", "alice", "")
	f.relate("lab", "alice", "")
	f.relate("sales", "bob", "")
	f.relate("carl", "alice", "advised_by")
	return f
}

func (f *family) relate(parent, child urn.ID, label string) urn.ID {
	f.t.Helper()
	r, code := ask(f, "root", relation.Add.Call, relation.AddInput{ParentID: parent, ChildID: child, Label: label})
	if code != "" {
		f.t.Fatalf("relate %s to %s: %s", child, parent, code)
	}
	return r.ID
}

func ask[In, Out any](f *family, as urn.ID, call func(context.Context, op.Runner, In) (Out, error), in In) (Out, fault.Code) {
	f.t.Helper()
	return stage.Do(f.Stage, as, call, in)
}

func depth(n int64) *int64 { return &n }

func names(k relation.Kin) string {
	var found []string
	for _, r := range k.Items {
		found = append(found, fmt.Sprintf("%s:%d", r.ID, r.Depth))
	}
	return strings.Join(found, " ")
}

type kinCall = func(context.Context, op.Runner, relation.KinInput) (relation.Kin, error)

func near(call func(context.Context, op.Runner, relation.NearInput) (relation.Kin, error)) kinCall {
	return func(ctx context.Context, r op.Runner, in relation.KinInput) (relation.Kin, error) {
		return call(ctx, r, relation.NearInput{ID: in.ID, Label: in.Label})
	}
}

func TestKin(t *testing.T) {
	rows := []struct {
		name string
		as   urn.ID
		call kinCall
		in   relation.KinInput
		want string
	}{
		{"several parents, nearest first, each once", "root", relation.Ancestors.Call, relation.KinInput{ID: "alice"}, "carl:1 lab:1 sales:1 company:2"},
		{"one label on the whole way", "root", relation.Ancestors.Call, relation.KinInput{ID: "alice", Label: "member_of"}, "lab:1 sales:1"},
		{"depth 1", "root", relation.Ancestors.Call, relation.KinInput{ID: "alice", MaxDepth: depth(1)}, "carl:1 lab:1 sales:1"},
		{"depth 0", "root", relation.Ancestors.Call, relation.KinInput{ID: "alice", MaxDepth: depth(0)}, ""},
		{"downward", "root", relation.Descendants.Call, relation.KinInput{ID: "company"}, "lab:1 sales:1 alice:2 bob:2"},
		{"of a leaf", "root", relation.Descendants.Call, relation.KinInput{ID: "alice"}, ""},
		{"parents", "root", near(relation.Parents.Call), relation.KinInput{ID: "alice"}, "carl:1 lab:1 sales:1"},
		{"children", "root", near(relation.Children.Call), relation.KinInput{ID: "sales", Label: "member_of"}, "alice:1 bob:1"},
		{"all related, and none beside", "root", relation.AllRelated.Call, relation.KinInput{ID: "bob"}, "bob:0 sales:1 company:2"},
		{"all related of the middle", "root", relation.AllRelated.Call, relation.KinInput{ID: "sales"}, "sales:0 company:1 alice:1 bob:1"},
		{"as a member sees it", "bob", relation.Ancestors.Call, relation.KinInput{ID: "bob"}, "sales:1 company:2"},
		{"without those that a member does not see", "bob", relation.Descendants.Call, relation.KinInput{ID: "company"}, "sales:1 bob:2"},
	}
	f := setUp(t)
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			k, code := ask(f, row.as, row.call, row.in)
			if code != "" || names(k) != row.want || k.Truncated {
				t.Errorf("got %q %q %v, want %q", code, names(k), k.Truncated, row.want)
			}
		})
	}
	if _, code := ask(f, "sam", relation.Ancestors.Call, relation.KinInput{ID: "alice"}); code != fault.NotFound {
		t.Errorf("a stranger is answered %q", code)
	}
	if _, code := ask(f, "root", relation.Ancestors.Call, relation.KinInput{ID: "nobody"}); code != fault.NotFound {
		t.Errorf("an unknown principal is answered %q", code)
	}
}

// A cycle ends, and nobody is above himself.
func TestCycles(t *testing.T) {
	f := setUp(t)
	f.relate("alice", "company", "owned_by")
	for call, want := range map[string]string{"up": "carl:1 lab:1 sales:1 company:2", "down": "company:1 lab:2 sales:2 bob:3"} {
		ask1 := relation.Ancestors.Call
		if call == "down" {
			ask1 = relation.Descendants.Call
		}
		if k, code := ask(f, "root", ask1, relation.KinInput{ID: "alice"}); code != "" || names(k) != want {
			t.Errorf("%s: %q %s, want %s", call, code, names(k), want)
		}
	}
}

func TestPaths(t *testing.T) {
	f := setUp(t)
	f.relate("sam", "carl", "friend_of")
	rows := []struct {
		name string
		as   urn.ID
		in   relation.PathInput
		want string
	}{
		{"to oneself", "root", relation.PathInput{ID: "alice", To: "alice"}, "alice | "},
		{"to oneself, no step allowed", "root", relation.PathInput{ID: "alice", To: "alice", MaxDepth: depth(0)}, "alice | "},
		{"up", "root", relation.PathInput{ID: "bob", To: "company"}, "bob sales company | member_of part_of"},
		{"down", "root", relation.PathInput{ID: "company", To: "bob"}, "company sales bob | part_of member_of"},
		{"siblings", "root", relation.PathInput{ID: "alice", To: "bob"}, "alice sales bob | member_of member_of"},
		{"the length exactly", "root", relation.PathInput{ID: "alice", To: "bob", MaxDepth: depth(2)}, "alice sales bob | member_of member_of"},
		{"one too short", "root", relation.PathInput{ID: "alice", To: "bob", MaxDepth: depth(1)}, ""},
		{"no step allowed", "root", relation.PathInput{ID: "bob", To: "sales", MaxDepth: depth(0)}, ""},
		{"by one label", "root", relation.PathInput{ID: "alice", To: "company", Label: "member_of"}, ""},
		{"far", "root", relation.PathInput{ID: "sam", To: "bob"}, "sam carl alice sales bob | friend_of advised_by member_of member_of"},
		{"through somebody who is not seen", "bob", relation.PathInput{ID: "bob", To: "lab"}, "not-found"},
		{"as a member sees it", "bob", relation.PathInput{ID: "bob", To: "company"}, "bob sales company | member_of part_of"},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			p, code := ask(f, row.as, relation.FindPath.Call, row.in)
			got := string(code)
			if p.Found {
				var ids []string
				for _, id := range p.PrincipalIDs {
					ids = append(ids, string(id))
				}
				got = strings.Join(ids, " ") + " | " + strings.Join(p.Relationships, " ")
			}
			if got != row.want || p.Length != len(p.Relationships) || p.Truncated {
				t.Errorf("got %q, %+v; want %q", got, p, row.want)
			}
			if r, _ := ask(f, row.as, relation.IsRelated.Call, row.in); r.Related != p.Found {
				t.Errorf("related is %v, and there is a path: %v", r.Related, p.Found)
			}
		})
	}
}

// A walk meets a bounded number of principals and says when it ended early.
func TestWalksAreBounded(t *testing.T) {
	f := setUp(t)
	for i := range 1100 {
		id := urn.ID(fmt.Sprintf("m%04d", i))
		f.Principal(id)
		f.relate("lab", id, "")
	}
	k, code := ask(f, "root", relation.Descendants.Call, relation.KinInput{ID: "lab"})
	if code != "" || len(k.Items) != 1000 || !k.Truncated {
		t.Errorf("%q, %d met, truncated %v", code, len(k.Items), k.Truncated)
	}
	if p, _ := ask(f, "root", relation.FindPath.Call, relation.PathInput{ID: "lab", To: "sam"}); p.Found || !p.Truncated {
		t.Errorf("the search ended with %+v", p)
	}
	if p, _ := ask(f, "root", relation.FindPath.Call, relation.PathInput{ID: "m1099", To: "lab"}); p.Length != 1 || p.Truncated {
		t.Errorf("upward the path is %+v", p)
	}
	if r, _ := ask(f, "root", relation.IsRelated.Call, relation.PathInput{ID: "lab", To: "sam"}); r.Related || !r.Truncated {
		t.Errorf("related: %+v", r)
	}
	if k, _ := ask(f, "m0007", relation.Descendants.Call, relation.KinInput{ID: "company"}); names(k) != "lab:1 m0007:2" || k.Truncated {
		t.Errorf("a member meets %s, truncated %v", names(k), k.Truncated)
	}
}

// A relationship counts while both ends are active, whatever its row says.
func TestEndsDecide(t *testing.T) {
	f := setUp(t)
	up := func(of urn.ID) string {
		t.Helper()
		k, _ := ask(f, "root", relation.Ancestors.Call, relation.KinInput{ID: of})
		return names(k)
	}
	if _, code := ask(f, "root", identity.Suspend.Call, identity.LifecycleInput{ID: "sales"}); code != "" {
		t.Fatal(code)
	}
	if got := up("bob"); got != "" {
		t.Errorf("above bob are %s", got)
	}
	if got := up("sales"); got != "" {
		t.Errorf("above what is suspended are %s", got)
	}
	if _, code := ask(f, "bob", identity.Get.Call, identity.GetInput{ID: "sales"}); code != fault.NotFound {
		t.Errorf("bob sees sales: %q", code)
	}
	all := false
	page, code := ask(f, "root", relation.List.Call, relation.ListInput{ID: "bob", ActiveOnly: &all})
	if code != "" || len(page.Items) != 1 || page.Items[0].Lifecycle != identity.Suspended {
		t.Errorf("%q %+v", code, page.Items)
	}
	if _, code := ask(f, "root", identity.Resume.Call, identity.LifecycleInput{ID: "sales"}); code != "" {
		t.Fatal(code)
	}
	if got := up("bob"); got != "sales:1 company:2" {
		t.Errorf("above bob are %s", got)
	}
}
