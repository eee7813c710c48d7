package org_test

import (
	"testing"
	"unicode"

	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/tenancy"
	"github.com/weir-store/weir/core/tenancy/org"
	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/internal/testkit/stage"
)

// TestUpdate has what a change does to name and slug, and when it writes.
func TestUpdate(t *testing.T) {
	none := op.Patch[string]{}
	for _, row := range []struct {
		what       string
		name, slug op.Patch[string]
		wantName   string
		wantSlug   string
		code       fault.Code
		writes     bool
	}{
		{"neither", none, none, "Acme", "acme", "", false},
		{"a name", op.Put("Apex"), none, "Apex", "acme", "", true},
		{"the name it has", op.Put("Acme"), none, "Acme", "acme", "", false},
		{"no name", op.Clear[string](), none, "", "acme", "", true},
		{"a slug", none, op.Put("apex"), "Acme", "apex", "", true},
		{"the slug it has", none, op.Put("acme"), "Acme", "acme", "", false},
		{"no slug", none, op.Clear[string](), "Acme", "", "", true},
		{"neither any more", op.Clear[string](), op.Clear[string](), "", "", "", true},
		{"a slug that another has", op.Put("Apex"), op.Put("taken"), "Acme", "acme", fault.OrgSlugConflict, false},
		{"the slug of one that is suspended", none, op.Put("paused"), "Acme", "acme", fault.OrgSlugConflict, false},
		{"the slug of one that was revoked", none, op.Put("over"), "Acme", "over", "", true},
		{"no legal slug", none, op.Put("Apex"), "Acme", "acme", fault.OrgSlugFormat, false},
		{"an empty slug", none, op.Put(""), "Acme", "acme", fault.OrgSlugFormat, false},
		{"an empty name", op.Put(""), none, "Acme", "acme", fault.ValidationFailed, false},
	} {
		s := setUp(t)
		found(s, bea, "taken")
		moves["suspend"](s, host, found(s, bea, "paused").Org.ID)
		moves["revoke"](s, bea, found(s, bea, "over").Org.ID)
		name, slug := "Acme", "acme"
		o := stage.Must(s, ann, org.Create.Call, org.CreateInput{Name: &name, Slug: &slug}).Org
		got, code := stage.Do(s, ann, org.Update.Call, org.UpdateInput{ID: o.ID, Name: row.name, Slug: row.slug})
		left := s.Records
		now := stage.Must(s, ann, org.Get.Call, org.Input{ID: o.ID})
		if code != row.code || orEmpty(now.Name) != row.wantName || orEmpty(now.Slug) != row.wantSlug || (now.Version > o.Version) != row.writes {
			t.Errorf("%s: %q, %+v", row.what, code, now)
		}
		if code == "" && (got.Version != now.Version || (len(left) > 0) != row.writes) {
			t.Errorf("%s: the answer is %+v, the trail %+v", row.what, got, left)
		}
	}
}

func orEmpty(text *string) string {
	if text == nil {
		return ""
	}
	return *text
}

// TestSlugIsFreeAtOnce has a slug go from one to another when it is cleared or
// changed, and an organization keep what it was refused to give up.
func TestSlugIsFreeAtOnce(t *testing.T) {
	for what, slug := range map[string]op.Patch[string]{"cleared": op.Clear[string](), "changed": op.Put("apex")} {
		s := setUp(t)
		o := found(s, ann, "acme")
		stage.Must(s, ann, org.Update.Call, org.UpdateInput{ID: o.Org.ID, Slug: slug})
		other := found(s, bea, "acme")
		if _, code := stage.Do(s, ann, org.Update.Call, org.UpdateInput{ID: o.Org.ID, Slug: op.Put("acme")}); code != fault.OrgSlugConflict {
			t.Errorf("%s: taking it back: %q", what, code)
		}
		s.Change(func(tx *op.Tx) {
			if h, ok := tenancy.SlugHolder(tx, "acme"); !ok || h.ID != other.Org.ID {
				t.Errorf("%s: %+v has the slug", what, h)
			}
		})
	}
}

func TestUpdateOfAVersion(t *testing.T) {
	s := setUp(t)
	o := found(s, ann, "acme").Org
	in := org.UpdateInput{ID: o.ID, Name: op.Put("Apex"), Version: o.Version}
	stage.Must(s, ann, org.Update.Call, in)
	if _, code := stage.Do(s, ann, org.Update.Call, in); code != fault.VersionConflict {
		t.Errorf("the old version: %q", code)
	}
}

// TestFoldingIsPinned stops a new table of letters from changing what a query
// finds without anybody noticing.
func TestFoldingIsPinned(t *testing.T) {
	if unicode.Version != "15.0.0" {
		t.Errorf("letters are folded by Unicode %s; look at what became a case of what, and name it here", unicode.Version)
	}
}

// TestList has a row for each filter.
func TestList(t *testing.T) {
	s := setUp(t)
	found2 := func(name, slug string) {
		in := org.CreateInput{}
		if name != "" {
			in.Name = &name
		}
		if slug != "" {
			in.Slug = &slug
		}
		stage.Must(s, ann, org.Create.Call, in)
	}
	found2("Größe 100%", "a")
	found2("", "b-100")
	found2("", "")
	found2("B_100 K", "")
	stage.Must(s, ann, tenancy.Create.Call, tenancy.CreateInput{Name: "100% no organization"})
	all := stage.Must(s, host, org.List.Call, org.ListInput{}).Items
	if len(all) != 4 {
		t.Fatalf("%+v", all)
	}
	moves["suspend"](s, host, all[1].ID)
	moves["revoke"](s, ann, all[2].ID)
	for _, row := range []struct {
		status, query string
		want          []int
	}{
		{"", "", []int{0, 1, 2, 3}},
		{"active", "", []int{0, 3}},
		{"suspended", "", []int{1}},
		{"revoked", "", []int{2}},
		{"", "100", []int{0, 1, 3}},
		{"active", "100", []int{0, 3}},
		{"", "%", []int{0}},
		{"", "_", []int{3}},
		{"", ".*", nil},
		{"", "GRÖßE", []int{0}},
		{"", "grösse", nil},
		{"", "B", []int{1, 3}},
		{"", "k", []int{3}}, // the sign of the kelvin is a case of k
		{"", "zzz", nil},
	} {
		got := stage.Must(s, root, org.List.Call, org.ListInput{Status: row.status, Query: row.query}).Items
		ids := map[urn.ID]bool{}
		for _, o := range got {
			ids[o.ID] = true
		}
		good := len(got) == len(row.want)
		for _, i := range row.want {
			good = good && ids[all[i].ID]
		}
		if !good {
			t.Errorf("%q %q: %+v", row.status, row.query, got)
		}
	}
	for _, as := range []urn.ID{ann, sam} {
		if _, code := stage.Do(s, as, org.List.Call, org.ListInput{}); code != fault.PermissionDenied {
			t.Errorf("%s lists all organizations: %q", as, code)
		}
	}
	// Pages of one give the same in the same order, and end with nothing more.
	var in org.ListInput
	in.Limit = 1
	for i := range all {
		page := stage.Must(s, host, org.List.Call, in)
		if len(page.Items) != 1 || page.Items[0].ID != all[i].ID {
			t.Fatalf("page %d is %+v", i, page)
		}
		in.Cursor = string(page.NextCursor)
	}
	if in.Cursor != "" {
		t.Errorf("there is more after the last: %q", in.Cursor)
	}
}
