package tenancy_test

import (
	"slices"
	"testing"

	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/tenancy"
	"github.com/weir-store/weir/core/urn"
)

func ids(scopes []tenancy.Scope) []urn.ID {
	found := []urn.ID{}
	for _, s := range scopes {
		found = append(found, s.ID)
	}
	return found
}

// forest is a scope with two children, one of which has a child that sam is
// an editor of, and a root of sam's own.
type forest struct {
	*troupe
	child, sibling, grandchild, other urn.ID
}

func plant(t *testing.T) forest {
	t.Helper()
	f := forest{troupe: setUp(t)}
	f.child = f.create("alice", f.scope)
	f.sibling = f.create("bob", f.scope)
	f.grandchild = f.create("alice", f.child)
	f.add("alice", f.grandchild, "sam", tenancy.Editor)
	f.other = f.create("sam", "")
	return f
}

func TestList(t *testing.T) {
	f := plant(t)
	tr, child, sibling, grandchild, other := f.troupe, f.child, f.sibling, f.grandchild, f.other
	rows := []struct {
		name string
		as   urn.ID
		in   tenancy.ListInput
		want []urn.ID
	}{
		{"a member sees what lies below", "vic", tenancy.ListInput{}, []urn.ID{tr.scope, child, sibling, grandchild}},
		{"a guest sees its scope alone", "gus", tenancy.ListInput{}, []urn.ID{tr.scope}},
		{"a member below does not see what lies above", "sam", tenancy.ListInput{}, []urn.ID{grandchild, other}},
		{"a cluster administrator sees all", "root", tenancy.ListInput{}, []urn.ID{tr.scope, child, sibling, grandchild, other}},
		{"by creator", "vic", tenancy.ListInput{Filter: tenancy.Filter{OwnerID: "bob"}}, []urn.ID{sibling}},
		{"by parent", "vic", tenancy.ListInput{Filter: tenancy.Filter{ParentID: child}}, []urn.ID{grandchild}},
		{"by a parent that the caller does not see", "sam", tenancy.ListInput{Filter: tenancy.Filter{ParentID: child}}, []urn.ID{grandchild}},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			if got := ids(must(tr, row.as, tenancy.List.Call, row.in).Items); !slices.Equal(got, row.want) {
				t.Errorf("got %v, want %v", got, row.want)
			}
			var paged []urn.ID
			for in := row.in; ; {
				in.Limit = 1
				page := must(tr, row.as, tenancy.List.Call, in)
				paged = append(paged, ids(page.Items)...)
				if in.Cursor = string(page.NextCursor); !page.HasMore {
					break
				}
			}
			if !slices.Equal(paged, row.want) {
				t.Errorf("page by page %v, want %v", paged, row.want)
			}
		})
	}
}

func TestTree(t *testing.T) {
	f := plant(t)
	tr, child, sibling, grandchild := f.troupe, f.child, f.sibling, f.grandchild

	t.Run("E4.13 ancestors, nearest first, as far as they are seen", func(t *testing.T) {
		for as, want := range map[urn.ID][]urn.ID{"alice": {child, tr.scope}, "sam": {}, "root": {child, tr.scope}} {
			if got := ids(must(tr, as, tenancy.Ancestors.Call, tenancy.ScopeInput{ID: grandchild}).Items); !slices.Equal(got, want) {
				t.Errorf("%s: got %v, want %v", as, got, want)
			}
		}
		if got := must(tr, "alice", tenancy.Ancestors.Call, tenancy.ScopeInput{ID: tr.scope}).Items; len(got) != 0 {
			t.Errorf("above the root: %v", got)
		}
	})

	t.Run("who sees a scope from above does not see into it", func(t *testing.T) {
		must(tr, "vic", tenancy.Get.Call, tenancy.ScopeInput{ID: child})
		if _, got := do(tr, "vic", tenancy.Members.Call, tenancy.MembersInput{ID: child}); got != fault.PermissionDenied {
			t.Errorf("members: %q", got)
		}
		if _, got := do(tr, "bob", tenancy.Update.Call, tenancy.UpdateInput{ID: child, Metadata: op.JSON(`{"a":1}`)}); got != fault.PermissionDenied {
			t.Errorf("update by the parent's administrator: %q", got)
		}
	})

	t.Run("an archived scope conducts nothing", func(t *testing.T) {
		must(tr, "alice", tenancy.Archive.Call, tenancy.ScopeInput{ID: child})
		if got := ids(must(tr, "vic", tenancy.List.Call, tenancy.ListInput{}).Items); !slices.Equal(got, []urn.ID{tr.scope, sibling}) {
			t.Errorf("listed are %v", got)
		}
		if got := ids(must(tr, "vic", tenancy.List.Call, tenancy.ListInput{Filter: tenancy.Filter{Archived: true}}).Items); !slices.Equal(got, []urn.ID{tr.scope, child, sibling}) {
			t.Errorf("with archived ones %v", got)
		}
		if got := ids(must(tr, "vic", tenancy.Children.Call, tenancy.ChildrenInput{ID: tr.scope}).Items); !slices.Equal(got, []urn.ID{sibling}) {
			t.Errorf("children are %v", got)
		}
		if _, got := do(tr, "vic", tenancy.Get.Call, tenancy.ScopeInput{ID: grandchild}); got != fault.NotFound {
			t.Errorf("below the archived scope: %q", got)
		}
	})
}

func TestPathAndDescendants(t *testing.T) {
	f := plant(t)
	tr, child, sibling, grandchild := f.troupe, f.child, f.sibling, f.grandchild
	for as, want := range map[urn.ID][]urn.ID{"vic": {tr.scope, child, grandchild}, "sam": {grandchild}} {
		if got := ids(must(tr, as, tenancy.Path.Call, tenancy.ScopeInput{ID: grandchild}).Items); !slices.Equal(got, want) {
			t.Errorf("the path for %s is %v, want %v", as, got, want)
		}
	}
	below := tr.create("bob", sibling)
	deep := tr.create("bob", below)
	last := tr.create("alice", grandchild)
	descend := func(limit int) (found []urn.ID) {
		in := tenancy.ChildrenInput{ID: tr.scope, Paging: op.Paging{Limit: limit}}
		for {
			page := must(tr, "vic", tenancy.Descendants.Call, in)
			found = append(found, ids(page.Items)...)
			if in.Cursor = string(page.NextCursor); !page.HasMore {
				return found
			}
		}
	}
	want := []urn.ID{child, sibling, grandchild, below, last, deep}
	for _, limit := range []int{1, 2, 3, 200} {
		if got := descend(limit); !slices.Equal(got, want) {
			t.Errorf("%d at a time %v, want %v", limit, got, want)
		}
	}
	must(tr, "bob", tenancy.Archive.Call, tenancy.ScopeInput{ID: sibling})
	for _, limit := range []int{1, 2, 200} {
		if got := descend(limit); !slices.Equal(got, []urn.ID{child, grandchild, last}) {
			t.Errorf("below an archived scope, %d at a time: %v", limit, got)
		}
	}
	for _, cursor := range []string{"x", "1", "0 " + string(child), "1 " + string(child) + " " + string(child), "99 " + string(child), "1 obj"} {
		if _, got := do(tr, "vic", tenancy.Descendants.Call, tenancy.ChildrenInput{ID: tr.scope, Paging: op.Paging{Cursor: cursor}}); got != fault.InvalidCursor {
			t.Errorf("the cursor %q: %q", cursor, got)
		}
	}
	if _, got := do(tr, "gus", tenancy.Descendants.Call, tenancy.ChildrenInput{ID: child}); got != fault.NotFound {
		t.Errorf("as a guest of the scope above: %q", got)
	}
}

func TestOrdersAndCount(t *testing.T) {
	f := plant(t)
	tr, child, sibling, grandchild, other := f.troupe, f.child, f.sibling, f.grandchild, f.other
	for id, name := range map[urn.ID]string{tr.scope: "c", child: "a", sibling: "d", grandchild: "b"} {
		owner := urn.ID("alice")
		if id == sibling {
			owner = "bob"
		}
		must(tr, owner, tenancy.Update.Call, tenancy.UpdateInput{ID: id, Name: &name})
	}
	rows := []struct {
		as   urn.ID
		in   tenancy.ListInput
		want []urn.ID
	}{
		{"vic", tenancy.ListInput{Order: "created_at"}, []urn.ID{tr.scope, child, sibling, grandchild}},
		{"vic", tenancy.ListInput{Order: "-created_at"}, []urn.ID{grandchild, sibling, child, tr.scope}},
		{"vic", tenancy.ListInput{Order: "name"}, []urn.ID{child, grandchild, tr.scope, sibling}},
		{"vic", tenancy.ListInput{Order: "-name"}, []urn.ID{sibling, tr.scope, grandchild, child}},
		{"root", tenancy.ListInput{Order: "-created_at"}, []urn.ID{other, grandchild, sibling, child, tr.scope}},
		{"vic", tenancy.ListInput{Order: "-created_at", Filter: tenancy.Filter{ParentID: tr.scope}}, []urn.ID{sibling, child}},
		{"vic", tenancy.ListInput{Order: "name", Filter: tenancy.Filter{ParentID: tr.scope}}, []urn.ID{child, sibling}},
	}
	for _, row := range rows {
		for _, limit := range []int{1, 2, 200} {
			in := row.in
			in.Limit = limit
			var found []urn.ID
			for {
				page := must(tr, row.as, tenancy.List.Call, in)
				found = append(found, ids(page.Items)...)
				if in.Cursor = string(page.NextCursor); !page.HasMore {
					break
				}
			}
			if !slices.Equal(found, row.want) {
				t.Errorf("%s, %+v, %d at a time: %v, want %v", row.as, row.in, limit, found, row.want)
			}
		}
		if n := must(tr, row.as, tenancy.Counted.Call, row.in.Filter); !n.Complete || n.Count != uint64(len(row.want)) {
			t.Errorf("%s counts %+v of %d", row.as, n, len(row.want))
		}
	}
	if _, got := do(tr, "vic", tenancy.List.Call, tenancy.ListInput{Order: "size"}); got != fault.ValidationFailed {
		t.Errorf("C8 an unknown order: %q", got)
	}
}
