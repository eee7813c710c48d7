package tuple_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/identity"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/tenancy"
	"github.com/weir-store/weir/core/tenancy/tuple"
	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/internal/testkit/stage"
)

// TestCheckAgreesWithLists runs random histories of tuples, memberships, stays
// and suspensions, and holds check to the lists by subject and by object, read
// page by page, whose ids rise.
func TestCheckAgreesWithLists(t *testing.T) {
	relations := []string{"owner", "admin", "editor", "member", "viewer", "guest", "reviewer", "parent"}
	users := []urn.ID{bea, cyd, sam}
	rapid.Check(t, func(r *rapid.T) {
		s := setUp(t)
		below := stage.Must(s.Stage, ann, tenancy.Create.Call, tenancy.CreateInput{Name: "below", ParentID: s.org}).ID
		objects := []urn.ID{s.note, s.org, s.scope, below, thing("doc", 1)}
		var written []urn.ID
		var past []answer
		joined := map[urn.ID]urn.ID{}
		user := func() urn.ID { return rapid.SampledFrom(users).Draw(r, "user") }
		r.Repeat(map[string]func(*rapid.T){
			"write": func(*rapid.T) {
				in := input(user(), rapid.SampledFrom(relations).Draw(r, "relation"), rapid.SampledFrom(objects).Draw(r, "object"))
				if got, code := s.write(app, in); code == "" {
					written = append(written, got.ID)
				}
			},
			"delete": func(*rapid.T) {
				if len(written) > 0 {
					_, _ = stage.Do(s.Stage, app, tuple.Delete.Call, tuple.DeleteInput{ID: rapid.SampledFrom(written).Draw(r, "tuple")})
				}
			},
			"join": func(*rapid.T) {
				id := user()
				if m := s.join(id, tenancy.Role(rapid.SampledFrom(relations[1:6]).Draw(r, "role"))); m != nil {
					joined[id] = m.ID
				}
			},
			"grant": func(r *rapid.T) {
				id := user()
				if joined[id] == "" {
					r.Skip("not joined yet")
				}
				s.Change(func(tx *op.Tx) {
					if m, ok := tenancy.FindMembership(tx, joined[id]); ok {
						_, _, _ = tuple.Grant(tx, tuple.Key{Subject: id, Relation: "reviewer", Object: s.note}, ann, m.Root)
					}
				})
			},
			"leave": func(r *rapid.T) {
				id := user()
				if joined[id] == "" {
					r.Skip("not joined yet")
				}
				s.Change(func(tx *op.Tx) {
					if m, ok := tenancy.FindMembership(tx, joined[id]); ok && m.Status == tenancy.StatusActive {
						m.End(tx, tenancy.EndLeft, "")
					}
				})
			},
			"below": func(*rapid.T) {
				in := tenancy.AddInput{ID: rapid.SampledFrom([]urn.ID{below, s.scope}).Draw(r, "scope"), PrincipalID: user(), Role: tenancy.Viewer}
				if rapid.Bool().Draw(r, "expires") {
					in.ExpiresAt = s.Now + stage.Hour
				}
				_, _ = stage.Do(s.Stage, ann, tenancy.Add.Call, in)
			},
			"suspend": func(*rapid.T) { s.SetLifecycle(user(), identity.Suspended) },
			"resume":  func(*rapid.T) { s.SetLifecycle(user(), identity.Active) },
			"organization": func(*rapid.T) {
				s.Change(func(tx *op.Tx) {
					h, _ := tenancy.Find(tx, s.org)
					h.Suspended = !h.Suspended
					scopes.Put(tx.Tx, h)
				})
			},
			"an hour passes": func(*rapid.T) { s.Now += stage.Hour },
			"": func(*rapid.T) {
				s.agrees(r, user(), objects, relations)
				past = append(past, s.answer(t, user(), objects[0]), s.answer(t, user(), objects[1]))
				then := rapid.SampledFrom(past).Draw(r, "earlier")
				if now := s.answerAt(t, then.user, then.object, then.revision); now != then {
					r.Fatalf("it was %+v, and the past says %+v", then, now)
				}
			},
		})
	})
}

// answer is what a set of relations was at a revision.
type answer struct {
	revision     uint64
	user, object urn.ID
	output       string
}

// answer asks now, once the clock has come to where the newest command was.
func (s *store) answer(t *testing.T, user, object urn.ID) answer {
	s.Change(func(*op.Tx) {})
	return s.answerAt(t, user, object, s.Revision())
}

func (s *store) answerAt(t *testing.T, user, object urn.ID, revision uint64) answer {
	reply, err := s.As(app).Run(t.Context(), &op.Call{Op: tuple.Check.Name, At: itoa(revision), Input: marshal(t, about(user, object, "member", "admin", "viewer", "reviewer"))})
	if err != nil {
		t.Fatal(err)
	}
	return answer{revision, user, object, string(reply.Output)}
}

// agrees holds check to the lists for one user.
func (s *store) agrees(r *rapid.T, u urn.ID, objects []urn.ID, relations []string) {
	all := s.pages(r, tuple.ListInput{SubjectType: "usr", SubjectID: u})
	for _, o := range objects {
		in := input(u, "", o)
		on := s.pages(r, tuple.ListInput{ObjectType: in.ObjectType, ObjectID: o})
		both := s.pages(r, tuple.ListInput{SubjectType: "usr", SubjectID: u, ObjectType: in.ObjectType, ObjectID: o})
		for _, relation := range relations {
			in.Relation = relation
			a, code := s.check(app, in)
			if code != "" {
				r.Fatal(code)
			}
			says := func(x tuple.Tuple) bool {
				return x.SubjectID == u && x.Relation == relation && x.ObjectID == answered(o)
			}
			for _, list := range [][]tuple.Tuple{all, on, both, s.pages(r, tuple.ListInput{ObjectType: in.ObjectType, ObjectID: o, Relation: relation})} {
				if i := slices.IndexFunc(list, says); (i >= 0) != a.Allowed || a.Allowed && list[i].ID != *a.MatchedTupleID {
					r.Fatalf("%s %s %s: check says %+v, listed are %+v", u, relation, o, a, list)
				}
			}
		}
	}
}

// answered is an id as answers show it.
func answered(id urn.ID) urn.ID {
	if _, uuid, f := urn.DecodeAny(id); f == nil && !urn.IsValid(id) {
		return urn.ID(uuid)
	}
	return id
}

// pages reads a list two items at a time.
func (s *store) pages(r *rapid.T, in tuple.ListInput) []tuple.Tuple {
	var all []tuple.Tuple
	in.Limit = 2
	for {
		page, code := stage.Do(s.Stage, app, tuple.List.Call, in)
		if code != "" {
			r.Fatalf("%+v: %s", in, code)
		}
		all = append(all, page.Items...)
		if (page.NextCursor == "") == page.HasMore {
			r.Fatalf("a page says more %v and goes on at %q", page.HasMore, page.NextCursor)
		}
		if in.Cursor = string(page.NextCursor); in.Cursor == "" {
			break
		}
	}
	if !slices.IsSortedFunc(all, func(a, b tuple.Tuple) int { return slices.Compare([]byte(a.ID), []byte(b.ID)) }) {
		r.Fatalf("ids do not rise: %+v", all)
	}
	return all
}

// said is a tuple of the model.
type said struct {
	subject  urn.ID
	relation string
	object   urn.ID
}

// TestRulesAgreeWithBruteForce holds check to what follows when rules are
// applied to all things until nothing new comes out, on random tuples and rules.
func TestRulesAgreeWithBruteForce(t *testing.T) {
	relations := []string{"aa", "bb", "cc"}
	var things []urn.ID
	for _, typ := range []string{"doc", "dir"} {
		for i := range 3 {
			things = append(things, thing(typ, i))
		}
	}
	subjects := append([]urn.ID{bea, cyd}, things...)
	rapid.Check(t, func(r *rapid.T) {
		s := setUp(t)
		relation := rapid.SampledFrom(relations)
		tuples := map[said]bool{}
		for range rapid.IntRange(2, 14).Draw(r, "tuples") {
			x := said{rapid.SampledFrom(subjects).Draw(r, "subject"), relation.Draw(r, "relation"), rapid.SampledFrom(things).Draw(r, "object")}
			if !tuples[x] {
				tuples[x] = true
				s.say(t, x.subject, x.relation, x.object)
			}
		}
		rules := map[string]map[string][]tuple.Node{"doc": {}, "dir": {}}
		for range rapid.IntRange(1, 6).Draw(r, "nodes") {
			n := tuple.Node{Type: rapid.SampledFrom([]string{"this", "computed_userset", "tuple_to_userset", "tuple_to_userset"}).Draw(r, "node")}
			switch n.Type {
			case "computed_userset":
				n.Relation = relation.Draw(r, "other")
			case "tuple_to_userset":
				n.Tupleset, n.Computed = relation.Draw(r, "tupleset"), relation.Draw(r, "computed")
				n.SubjectType = rapid.SampledFrom([]string{"", "", "doc", "dir"}).Draw(r, "subject type")
			}
			of, rel := rapid.SampledFrom([]string{"doc", "dir"}).Draw(r, "type"), relation.Draw(r, "of")
			rules[of][rel] = append(rules[of][rel], n)
		}
		s.put(t, "doc", rules["doc"])
		s.put(t, "dir", rules["dir"])
		for _, user := range []urn.ID{bea, cyd} {
			want := closure(user, relations, things, tuples, rules)
			for _, o := range things {
				for _, rel := range relations {
					a, code := stage.Do(s.Stage, app, tuple.Check.Call, about(user, o, rel))
					if code == fault.EvaluationLimit {
						continue
					}
					if code != "" || a.Allowed != want[said{user, rel, o}] {
						r.Fatalf("%s %s %s is %v, check says %q %+v", user, rel, o, want[said{user, rel, o}], code, a)
					}
					if a.Allowed && a.MatchedTupleID == nil {
						r.Fatal("allowed, and by no tuple")
					}
				}
			}
		}
	})
}

// closure applies rules to all things until nothing new comes out.
func closure(user urn.ID, relations []string, things []urn.ID, tuples map[said]bool, rules map[string]map[string][]tuple.Node) map[said]bool {
	has := map[said]bool{}
	for x := range tuples {
		if x.subject == user {
			has[x] = true
		}
	}
	follows := func(o urn.ID, n tuple.Node) bool {
		switch n.Type {
		case "computed_userset":
			return has[said{user, n.Relation, o}]
		case "tuple_to_userset":
			return slices.ContainsFunc(things, func(via urn.ID) bool {
				return tuples[said{via, n.Tupleset, o}] && (n.SubjectType == "" || n.SubjectType == string(via[:3])) && has[said{user, n.Computed, via}]
			})
		}
		return false
	}
	for {
		before := len(has)
		for _, o := range things {
			for _, rel := range relations {
				if slices.ContainsFunc(rules[string(o[:3])][rel], func(n tuple.Node) bool { return follows(o, n) }) {
					has[said{user, rel, o}] = true
				}
			}
		}
		if len(has) == before {
			return has
		}
	}
}
