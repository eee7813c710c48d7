package org_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/tenancy"
	"github.com/weir-store/weir/core/tenancy/org"
	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/internal/testkit/stage"
)

// said is an organization as the chapter has it, in a few words.
type said struct {
	id                         urn.ID
	name, slug                 string
	suspended, frozen, revoked bool
	version                    uint64
}

// registry is a model of all of them.
type registry []*said

// holds says whether another one that is not revoked has a slug.
func (r registry) holds(slug string, but *said) bool {
	return slug != "" && slices.ContainsFunc(r, func(o *said) bool { return o != but && o.slug == slug && !o.revoked })
}

// asks is what the model answers to a move, which it makes if that is nothing.
func (r registry) asks(o *said, move string, name, slug op.Patch[string]) fault.Code {
	was := *o
	switch {
	case move == "reinstate" && (!o.suspended || o.revoked), move == "unfreeze" && !o.frozen && !o.revoked:
		return fault.InvalidTransition
	case o.revoked, move == "suspend" && o.suspended:
		return fault.AlreadyTerminal
	case (move == "freeze" || move == "update") && o.frozen:
		return fault.ScopeFrozen
	case move == "update" && r.holds(slug.Or(o.slug), o):
		return fault.OrgSlugConflict
	}
	switch move {
	case "suspend", "reinstate":
		o.suspended = move == "suspend"
	case "freeze", "unfreeze":
		o.frozen = move == "freeze"
	case "revoke":
		o.revoked = true
	case "update":
		o.name, o.slug = name.Or(o.name), slug.Or(o.slug)
	}
	if *o != was {
		o.version++
	}
	return ""
}

// TestRandomHistories compares answers, rows and the list with the model after
// each step of random histories.
func TestRandomHistories(t *testing.T) {
	words := rapid.SampledFrom([]op.Patch[string]{{}, op.Clear[string](), op.Put("a"), op.Put("b"), op.Put("c")})
	rapid.Check(t, func(r *rapid.T) {
		s := setUp(t)
		var all registry
		create := func(r *rapid.T) {
			if len(all) == 5 {
				r.Skip()
			}
			slug := words.Draw(r, "slug")
			made, code := stage.Do(s, ann, org.Create.Call, org.CreateInput{Slug: slug.Value})
			if all.holds(slug.Or(""), nil) != (code == fault.OrgSlugConflict) {
				r.Fatalf("create with %q: %q", slug.Or(""), code)
			}
			if code == "" {
				all = append(all, &said{id: made.Org.ID, slug: slug.Or(""), version: 1})
			}
		}
		pick := func(r *rapid.T) *said {
			if len(all) == 0 {
				r.Skip()
			}
			return rapid.SampledFrom(all).Draw(r, "org")
		}
		actions := map[string]func(*rapid.T){
			"create": create,
			"update": func(r *rapid.T) {
				o, name, slug := pick(r), words.Draw(r, "name"), words.Draw(r, "slug")
				_, code := stage.Do(s, ann, org.Update.Call, org.UpdateInput{ID: o.id, Name: name, Slug: slug})
				if want := all.asks(o, "update", name, slug); code != want {
					r.Fatalf("update: %q, want %q", code, want)
				}
			},
			"": func(r *rapid.T) {
				for _, o := range all {
					got := stage.Must(s, host, org.Get.Call, org.Input{ID: o.id})
					status := map[bool]string{true: "suspended", false: "active"}[o.suspended]
					if o.revoked {
						status = "revoked"
					}
					if got.Status != status || got.Frozen != o.frozen || orEmpty(got.Name) != o.name || orEmpty(got.Slug) != o.slug || got.Version != o.version {
						r.Fatalf("%+v is %+v", o, got)
					}
				}
				if got := stage.Must(s, host, org.List.Call, org.ListInput{}).Items; len(got) != len(all) {
					r.Fatalf("%d are listed of %d", len(got), len(all))
				}
				s.Change(func(tx *op.Tx) {
					for _, slug := range []string{"a", "b", "c"} {
						if _, taken := tenancy.SlugHolder(tx, slug); taken != all.holds(slug, nil) {
							r.Fatalf("%s is taken: %t", slug, taken)
						}
					}
				})
			},
		}
		for _, move := range []string{"suspend", "reinstate", "freeze", "unfreeze", "revoke"} {
			actions[move] = func(r *rapid.T) {
				o := pick(r)
				code := moves[move](s, by(move), o.id)
				if want := all.asks(o, move, op.Patch[string]{}, op.Patch[string]{}); code != want {
					r.Fatalf("%s: %q, want %q", move, code, want)
				}
			}
		}
		r.Repeat(actions)
	})
}
