package weirtest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/weir-store/weir/core/access"
	"github.com/weir-store/weir/core/audit"
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/objects"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/urn"
)

// The kinds of checks that assertions make.
const (
	ContextEnforcement  = "context_enforcement"
	TraceCompleteness   = "trace_completeness"
	VersionIntegrity    = "version_integrity"
	SecretLeakDetection = "secret_leak_detection"
	RevocationImmediacy = "revocation_immediacy"
)

// Check is what one assertion found.
type Check struct {
	Type   string
	Passed bool
	Detail string
}

// Checks are what the assertions found so far, in order.
func (s *Store) Checks() []Check {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.checks)
}

// Reset forgets them.
func (s *Store) Reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.checks = nil
}

// check keeps what an assertion found, and fails the test if it is not so.
func (s *Store) check(kind string, passed bool, format string, args ...any) bool {
	s.tb.Helper()
	detail := fmt.Sprintf(format, args...)
	s.mu.Lock()
	s.checks = append(s.checks, Check{kind, passed, detail})
	s.mu.Unlock()
	if !passed {
		s.tb.Errorf("weirtest: %s", detail)
	}
	return passed
}

// may asks the store, as its administrator, and tries as the actor itself: both
// have to say the same.
func (s *Store) may(a *Actor, action string, object urn.ID) (bool, error) {
	verdict, err := access.Check.Call(s.tb.Context(), s.Root, access.Question{PrincipalID: a.ID, Action: action, ObjectID: object})
	return verdict.Allowed, err
}

func (s *Store) reads(a *Actor, object urn.ID) (bool, error) {
	_, err := objects.Get.Call(s.tb.Context(), a, objects.GetInput{ID: object})
	if fault.Is(err, fault.NotFound) || fault.Is(err, fault.PermissionDenied) || fault.Is(err, fault.APIKeyInvalid) {
		return false, nil
	}
	return err == nil, err
}

// readable says whether an actor reads an object by every way: the object
// itself, the decision, and the actor's list.
func (s *Store) readable(kind string, a *Actor, object urn.ID, want bool) bool {
	s.tb.Helper()
	got, err := s.reads(a, object)
	if err != nil {
		return s.check(kind, false, "%s reads %s: %v", a.ID, object, err)
	}
	decided, err := s.may(a, "read", object)
	if err != nil {
		return s.check(kind, false, "whether %s may read %s is not known: %v", a.ID, object, err)
	}
	listed, err := s.lists(a, object)
	if err != nil && want {
		return s.check(kind, false, "%s lists what it can see: %v", a.ID, err)
	}
	return s.check(kind, got == want && decided == want && listed == want,
		"%s reads %s: %t, may read it: %t, has it in its list: %t; all should be %t", a.ID, object, got, decided, listed, want)
}

func (s *Store) lists(a *Actor, object urn.ID) (bool, error) {
	in := objects.ListInput{}
	for {
		page, err := objects.List.Call(s.tb.Context(), a, in)
		if err != nil {
			return false, err
		}
		if slices.ContainsFunc(page.Items, func(o objects.Object) bool { return o.ID == object }) {
			return true, nil
		}
		if !page.HasMore {
			return false, nil
		}
		in.Cursor = string(page.NextCursor)
	}
}

// CanRead asserts that an actor reads an object, by every way.
func (s *Store) CanRead(object urn.ID, a *Actor) bool {
	s.tb.Helper()
	return s.readable(ContextEnforcement, a, object, true)
}

// CannotRead asserts that an actor does not, by any way.
func (s *Store) CannotRead(object urn.ID, a *Actor) bool {
	s.tb.Helper()
	return s.readable(ContextEnforcement, a, object, false)
}

// Visible is CanRead for several.
func (s *Store) Visible(object urn.ID, to ...*Actor) bool {
	s.tb.Helper()
	return s.each(to, func(a *Actor) bool { return s.CanRead(object, a) })
}

// Isolated asserts that an object does not exist for others.
func (s *Store) Isolated(object urn.ID, from ...*Actor) bool {
	s.tb.Helper()
	return s.each(from, func(a *Actor) bool { return s.CannotRead(object, a) })
}

func (s *Store) each(actors []*Actor, is func(*Actor) bool) bool {
	all := true
	for _, a := range actors {
		all = is(a) && all
	}
	return all
}

// CanWrite asserts that an actor may change an object.
func (s *Store) CanWrite(object urn.ID, a *Actor) bool {
	s.tb.Helper()
	may, err := s.may(a, "write", object)
	return s.check(ContextEnforcement, err == nil && may, "%s may write %s: %t (%v)", a.ID, object, may, err)
}

// CannotWrite asserts that an actor may not change an object, and is refused.
func (s *Store) CannotWrite(object urn.ID, a *Actor) bool {
	s.tb.Helper()
	may, err := s.may(a, "write", object)
	if err != nil || may {
		return s.check(ContextEnforcement, false, "%s may write %s: %t (%v)", a.ID, object, may, err)
	}
	_, err = objects.Update.Call(s.tb.Context(), a, objects.UpdateInput{ID: object, Data: op.JSON(`{}`)})
	return s.Denied(err)
}

// Revoked asserts that an actor has lost an object, at once and by every way.
// It never holds for the owner.
func (s *Store) Revoked(object urn.ID, a *Actor) bool {
	s.tb.Helper()
	return s.readable(RevocationImmediacy, a, object, false)
}

// Denied asserts that a call was refused for want of a right. What one may not
// see is answered like what is not there.
func (s *Store) Denied(err error) bool {
	s.tb.Helper()
	denied := fault.Is(err, fault.PermissionDenied) || fault.Is(err, fault.NotFound)
	return s.check(ContextEnforcement, denied, "the call should be refused for want of a right, and ended with %v", err)
}

// Unauthenticated asserts that nobody acts without a key.
func (s *Store) Unauthenticated() bool {
	s.tb.Helper()
	_, err := objects.List.Call(s.tb.Context(), s.Root.WithToken(""), objects.ListInput{})
	none := fault.Is(err, fault.Unauthenticated) || fault.Is(err, fault.APIKeyInvalid)
	return s.check(ContextEnforcement, none, "a call without a key ended with %v", err)
}

// Audited asserts that the trail tells of an action on a thing, by anybody.
func (s *Store) Audited(target urn.ID, action string) bool {
	s.tb.Helper()
	page, err := audit.Entries.Call(s.tb.Context(), s.Root, audit.EntriesInput{Filter: audit.Filter{TargetID: target, Action: action}})
	return s.check(TraceCompleteness, err == nil && len(page.Items) > 0, "the trail tells %d times of %s of %s (%v)", len(page.Items), action, target, err)
}

// Traced asserts that an actor has left an entry about a thing with an action.
func (s *Store) Traced(a *Actor, action string, target urn.ID) bool {
	s.tb.Helper()
	page, err := audit.Entries.Call(s.tb.Context(), s.Root, audit.EntriesInput{Filter: audit.Filter{ActorID: a.ID, TargetID: target, Action: action}})
	return s.check(TraceCompleteness, err == nil && len(page.Items) > 0, "the trail tells %d times of %s of %s by %s (%v)", len(page.Items), action, target, a.ID, err)
}

// ChainValid asserts that the trail verifies from its beginning to its end.
func (s *Store) ChainValid() bool {
	s.tb.Helper()
	report, err := audit.Verify.Call(s.tb.Context(), s.Root, audit.VerifyInput{})
	return s.check(TraceCompleteness, err == nil && report.Valid, "the trail: %+v (%v)", report, err)
}

// Versions asserts how many versions an object of an actor's has, all of which
// are there. An object that is not there fails the test and does not end it.
func (s *Store) Versions(object urn.ID, a *Actor, want uint64) bool {
	s.tb.Helper()
	for n := uint64(1); n <= want; n++ {
		if _, err := objects.Get.Call(s.tb.Context(), a, objects.GetInput{ID: object, Version: n}); err != nil {
			return s.check(VersionIntegrity, false, "version %d of %s: %v", n, object, err)
		}
	}
	_, err := objects.Get.Call(s.tb.Context(), a, objects.GetInput{ID: object, Version: want + 1})
	return s.check(VersionIntegrity, fault.Is(err, fault.NotFound), "%s should have %d versions; the next one: %v", object, want, err)
}

// Tombstoned asserts that an object of an actor's is deleted and kept.
func (s *Store) Tombstoned(object urn.ID, a *Actor) bool {
	s.tb.Helper()
	_, gone := objects.Get.Call(s.tb.Context(), a, objects.GetInput{ID: object})
	kept, err := objects.Get.Call(s.tb.Context(), a, objects.GetInput{ID: object, Include: objects.Tombstoned})
	return s.check(VersionIntegrity, fault.Is(gone, fault.NotFound) && err == nil && kept.Lifecycle == objects.Tombstoned,
		"%s should be deleted; reading it: %v, reading it as deleted: %q, %v", object, gone, kept.Lifecycle, err)
}

// NeverLeaked asserts that secrets are nowhere in the trail, nor in the texts
// that are given, such as answers, errors and logs, in any form that JSON
// writes them in. Without secrets, or without anything to look at, it holds.
func (s *Store) NeverLeaked(secrets []string, texts ...string) bool {
	s.tb.Helper()
	reply, err := audit.Export.Call(s.tb.Context(), s.Root, audit.ExportInput{})
	if err != nil {
		return s.check(SecretLeakDetection, false, "the trail cannot be read: %v", err)
	}
	for _, secret := range secrets {
		for i, text := range append(texts, string(reply.Body)) {
			if secret != "" && holds(text, secret) {
				return s.check(SecretLeakDetection, false, "a secret is in text %d of %d", i+1, len(texts)+1)
			}
		}
	}
	return s.check(SecretLeakDetection, true, "%d secrets are nowhere", len(secrets))
}

// holds looks for a secret as it is, as JSON escapes it, and in the strings of
// a JSON text.
func holds(text, secret string) bool {
	escaped, err := json.Marshal(secret)
	if err == nil && strings.Contains(text, string(escaped[1:len(escaped)-1])) || strings.Contains(text, secret) {
		return true
	}
	d := json.NewDecoder(strings.NewReader(text))
	for {
		token, err := d.Token()
		if err != nil {
			return false
		}
		if s, ok := token.(string); ok && strings.Contains(s, secret) {
			return true
		}
	}
}
