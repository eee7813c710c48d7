// Package weirtest is Weir for the tests of applications: a whole store in the
// process of the test, reached over HTTP on the loopback like any other; short
// ways to people, objects and shares; and assertions about who sees what and
// what the trail tells, all by the public client.
//
//	s := weirtest.Start(t)
//	alice, bob := s.Principal("alice"), s.Principal("bob")
//	note := alice.Object("note", `{"title":"draft"}`)
//	s.Isolated(note, bob)
//	alice.Share(note, alice.Scope("team", bob), "read")
//	s.CanRead(note, bob)
//
// The store has a clock of its own, which only Advance moves by more than the
// work takes; nothing of it outlives the test.
package weirtest

import (
	"log/slog"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/weir-store/weir/client"
	"github.com/weir-store/weir/core"
	"github.com/weir-store/weir/core/identity/apikey"
	"github.com/weir-store/weir/core/objects"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/tenancy"
	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/internal/testkit"
	"github.com/weir-store/weir/transport"
)

// Store is a running store.
type Store struct {
	// URL is where it serves.
	URL string
	// Root is the first administrator.
	Root *Actor

	tb   testing.TB
	solo *testkit.Solo
	mu   sync.Mutex // guards checks
	// checks are what the assertions found so far.
	checks []Check
}

// Start starts a store that ends with the test.
func Start(tb testing.TB) *Store {
	tb.Helper()
	solo := testkit.New(tb)
	server, err := transport.NewServer(transport.Config{
		Sets: core.Sets(), Runner: solo.Edge, Version: "test", Logger: slog.New(slog.DiscardHandler), Timeout: time.Minute,
	})
	if err != nil {
		tb.Fatalf("weirtest: %v", err)
	}
	listening := httptest.NewServer(server.Handler)
	tb.Cleanup(listening.Close)
	s := &Store{URL: listening.URL, tb: tb, solo: solo}
	s.Root = s.actor(apikey.Root, solo.Root)
	return s
}

// Advance moves the clock of the store, past an expiry for example.
func (s *Store) Advance(d time.Duration) { s.solo.Clock.Advance(d) }

// Now is the time of the store's clock.
func (s *Store) Now() time.Time { return s.solo.Clock.Now() }

// Actor is a principal with a key: a client that acts as it.
type Actor struct {
	*client.Client
	ID    urn.ID
	Token string
	store *Store
}

func (s *Store) actor(id urn.ID, token string) *Actor {
	s.tb.Helper()
	c, err := client.New([]string{s.URL}, token)
	if err != nil {
		s.tb.Fatalf("weirtest: %v", err)
	}
	s.tb.Cleanup(c.Close)
	return &Actor{Client: c, ID: id, Token: token, store: s}
}

// Principal makes a user with a key.
func (s *Store) Principal(id urn.ID) *Actor {
	s.tb.Helper()
	return s.actor(id, s.solo.Token(id))
}

// do runs a command that has to succeed.
func do[In, Out any](a *Actor, c op.Command[In, Out], in In) Out {
	a.store.tb.Helper()
	out, err := c.Call(a.store.tb.Context(), a, in)
	if err != nil {
		a.store.tb.Fatalf("weirtest: %s as %s: %v", c.Name, a.ID, err)
	}
	return out
}

// Object makes an object of the actor's, of a type and with data in JSON.
func (a *Actor) Object(typ, data string) urn.ID {
	a.store.tb.Helper()
	return do(a, objects.Create, objects.CreateInput{Type: typ, Data: op.JSON(data)}).ID
}

// Scope makes a scope of the actor's, with viewers.
func (a *Actor) Scope(name string, viewers ...*Actor) urn.ID {
	a.store.tb.Helper()
	id := do(a, tenancy.Create, tenancy.CreateInput{Name: name}).ID
	for _, v := range viewers {
		a.Add(id, v, tenancy.Viewer)
	}
	return id
}

// Add makes somebody a member of a scope that the actor administers.
func (a *Actor) Add(scope urn.ID, member *Actor, role tenancy.Role) {
	a.store.tb.Helper()
	do(a, tenancy.Add, tenancy.AddInput{ID: scope, PrincipalID: member.ID, Role: role})
}

// Remove takes somebody out of a scope again.
func (a *Actor) Remove(scope urn.ID, member *Actor) {
	a.store.tb.Helper()
	do(a, tenancy.Remove, tenancy.RemoveInput{ID: scope, PrincipalID: member.ID})
}

// Share shares an object of the actor's with a scope, at read, write or admin.
func (a *Actor) Share(object, scope urn.ID, level string) {
	a.store.tb.Helper()
	do(a, tenancy.Project, tenancy.ProjectInput{ID: scope, ObjectID: object, Level: level})
}

// Unshare takes a share back.
func (a *Actor) Unshare(object, scope urn.ID) {
	a.store.tb.Helper()
	do(a, tenancy.Unproject, tenancy.UnprojectInput{ID: scope, ObjectID: object})
}
