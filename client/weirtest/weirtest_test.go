package weirtest_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/weir-store/weir/client/weirtest"
	"github.com/weir-store/weir/core/objects"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/tenancy"
)

// recorder takes failures instead of failing.
type recorder struct {
	testing.TB
	failures []string
}

func (r *recorder) Errorf(format string, args ...any) {
	r.failures = append(r.failures, fmt.Sprintf(format, args...))
}

func (r *recorder) Helper() {}

func TestAssertionsHold(t *testing.T) {
	s := weirtest.Start(t)
	alice, bob, carl := s.Principal("alice"), s.Principal("bob"), s.Principal("carl")
	note := alice.Object("note", `{"title":"draft"}`)
	s.Isolated(note, bob, carl)
	s.CanRead(note, alice)
	team := alice.Scope("team", bob)
	alice.Share(note, team, "write")
	s.Visible(note, alice, bob)
	s.CannotWrite(note, bob)
	s.CanWrite(note, alice)
	alice.Add(team, carl, tenancy.Editor)
	s.CanWrite(note, carl)
	alice.Remove(team, bob)
	s.Revoked(note, bob)
	alice.Unshare(note, team)
	s.Revoked(note, carl)
	s.Versions(note, alice, 1)
	s.Audited(note, "create")
	s.Traced(alice, "create", note)
	if _, err := objects.Delete.Call(t.Context(), alice, objects.DeleteInput{ID: note}); err != nil {
		t.Fatal(err)
	}
	s.Tombstoned(note, alice)
	s.ChainValid()
	s.Unauthenticated()
	s.NeverLeaked([]string{alice.Token, bob.Token}, s.URL)
	// E0.5: checks accumulate and can be reset.
	if n := len(s.Checks()); n < 15 {
		t.Errorf("%d checks were kept", n)
	}
	if s.Reset(); len(s.Checks()) != 0 {
		t.Error("reset forgets nothing")
	}
}

func TestAnExpiryPasses(t *testing.T) {
	s := weirtest.Start(t)
	alice, bob := s.Principal("alice"), s.Principal("bob")
	note, team := alice.Object("note", `{}`), alice.Scope("team")
	alice.Share(note, team, "read")
	until := state.Time(s.Now().Add(time.Hour).UnixMicro())
	if _, err := tenancy.Add.Call(t.Context(), alice, tenancy.AddInput{ID: team, PrincipalID: "bob", ExpiresAt: until}); err != nil {
		t.Fatal(err)
	}
	s.CanRead(note, bob)
	s.Advance(time.Hour)
	s.Revoked(note, bob)
}

// TestAssertionsFail shows that each assertion can fail, and that none ends the
// test: E0.4, E0.6 and E0.8 among them.
func TestAssertionsFail(t *testing.T) {
	r := &recorder{TB: t}
	s := weirtest.Start(r)
	alice, bob := s.Principal("alice"), s.Principal("bob")
	note, gone := alice.Object("note", `{"secret":"a \"quoted\" väl"}`), alice.Object("note", `{}`)
	if _, err := objects.Delete.Call(t.Context(), alice, objects.DeleteInput{ID: gone}); err != nil {
		t.Fatal(err)
	}
	for name, assert := range map[string]func() bool{
		"isolated from its owner":            func() bool { return s.Isolated(note, alice) },
		"visible to a stranger":              func() bool { return s.Visible(note, bob) },
		"a stranger reads":                   func() bool { return s.CanRead(note, bob) },
		"the owner does not read":            func() bool { return s.CannotRead(note, alice) },
		"the owner does not write":           func() bool { return s.CannotWrite(note, alice) },
		"a stranger writes":                  func() bool { return s.CanWrite(note, bob) },
		"E0.8 revoked from the owner":        func() bool { return s.Revoked(note, alice) },
		"no refusal":                         func() bool { return s.Denied(nil) },
		"a trace that is not there":          func() bool { return s.Audited(note, "delete") },
		"a trace by somebody else":           func() bool { return s.Traced(bob, "create", note) },
		"E0.6 too few versions":              func() bool { return s.Versions(note, alice, 2) },
		"too many versions":                  func() bool { return s.Versions(note, alice, 0) },
		"E0.6 versions of what is not there": func() bool { return s.Versions("obj_01890a5d0c1e7000a000000000000099", alice, 1) },
		"a living object is tombstoned":      func() bool { return s.Tombstoned(note, alice) },
		"a secret as it is":                  func() bool { return s.NeverLeaked([]string{"hunter2"}, "it is hunter2!") },
		"a secret that JSON escapes":         func() bool { return s.NeverLeaked([]string{"a \"quoted\" väl"}, `{"x":"a \"quoted\" v\u00e4l"}`) },
	} {
		before := len(r.failures)
		if assert() || len(r.failures) == before {
			t.Errorf("%s: it holds", name)
		}
	}
	checks := s.Checks()
	if len(checks) == 0 || checks[len(checks)-1].Passed {
		t.Errorf("the failures were not kept: %+v", checks)
	}
	// E0.7: nothing to look for, nothing found.
	if !s.NeverLeaked(nil) || !s.NeverLeaked([]string{""}, "anything") {
		t.Error("no secret leaked")
	}
}

var _ op.Runner = (*weirtest.Actor)(nil)
