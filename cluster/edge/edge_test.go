package edge_test

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/weir-store/weir/cluster/edge"
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/identity/apikey"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/internal/testkit"
)

// All keys that do not open are answered alike.
func TestKeysThatDoNotOpen(t *testing.T) {
	ctx := context.Background()
	s := testkit.New(t)
	token := s.Token("alice")
	parsed, f := urn.ParseToken(token)
	if f != nil {
		t.Fatal(f)
	}
	made := func(in apikey.CreateInput) apikey.CreateOutput {
		t.Helper()
		in.PrincipalID, in.Name = "alice", "other"
		out, err := apikey.Create.Call(ctx, s.As(token), in)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	short := made(apikey.CreateInput{ExpiresAt: state.Time(s.Clock.Now().Add(time.Minute).UnixMicro())})
	revoked := made(apikey.CreateInput{})
	if _, err := apikey.Revoke.Call(ctx, s.As(token), apikey.RevokeInput{ID: revoked.Key.ID}); err != nil {
		t.Fatal(err)
	}
	s.Clock.Advance(time.Minute)
	var details []string
	for name, bad := range map[string]string{
		"none":    "",
		"no form": "Bearer x",
		"unknown": urn.Token{KeyID: "pat_01890a5d0c1e7000a000000000000099", Secret: parsed.Secret}.Reveal(),
		"wrong":   urn.Token{KeyID: parsed.KeyID, Secret: strings.Repeat("A", 43)}.Reveal(),
		"expired": short.Token,
		"revoked": revoked.Token,
	} {
		reply, err := s.Run(ctx, &op.Call{Op: "principal.me", Token: bad})
		if !fault.Is(err, fault.APIKeyInvalid) || reply != nil {
			t.Errorf("%s: %v %v", name, reply, err)
			continue
		}
		details = append(details, err.Error())
	}
	for _, d := range details {
		if d != details[0] {
			t.Errorf("one is told %q, another %q", d, details[0])
		}
	}
}

// What a call may not ask for, by what it asks.
func TestCallsAreRefused(t *testing.T) {
	s := testkit.New(t)
	token := s.Token("alice")
	newest := s.Replica.Position().Revision
	tests := []struct {
		name string
		call op.Call
		code fault.Code
	}{
		{"acting for a user", op.Call{Op: "principal.me", ActAs: "bob"}, fault.PermissionDenied},
		{"an unknown operation", op.Call{Op: "object.fly"}, fault.NotFound},
		{"an internal operation", op.Call{Op: "audit.trace"}, fault.NotFound},
		{"the past of a command", op.Call{Op: "object.create", At: "1"}, fault.MalformedRequest},
		{"a stale read", op.Call{Op: "principal.me", Stale: true}, fault.PermissionDenied},
		{"revision 0", op.Call{Op: "principal.me", At: "0"}, fault.MalformedRequest},
		{"above the newest", op.Call{Op: "principal.me", At: strconv.FormatUint(newest+1, 10)}, fault.MalformedRequest},
		{"the future", op.Call{Op: "principal.me", At: "2099-01-01T00:00:00Z"}, fault.MalformedRequest},
		{"before the first", op.Call{Op: "principal.me", At: "2000-01-01T00:00:00Z"}, fault.MalformedRequest},
		{"neither revision nor time", op.Call{Op: "principal.me", At: "now"}, fault.MalformedRequest},
		{"the newest revision", op.Call{Op: "principal.me", At: strconv.FormatUint(newest, 10)}, ""},
		{"a key too short to seal", op.Call{Op: "key.create", Input: op.JSON(`{"id":"alice","name":"x"}`), IdempotencyKey: "short"}, fault.IdempotencyInvalid},
		{"If-Match of what has no version", op.Call{Op: "object.create", Input: op.JSON(`{"type":"n","data":{}}`), IfMatch: 1}, fault.MalformedRequest},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			call := test.call
			call.Token = token
			_, err := s.Run(context.Background(), &call)
			if (test.code == "") != (err == nil) || (err != nil && !fault.Is(err, test.code)) {
				t.Errorf("got %v, want %q", err, test.code)
			}
		})
	}
}

// A cursor is of use only to whom it was given, for the list it came from.
func TestCursors(t *testing.T) {
	ctx := context.Background()
	s := testkit.New(t)
	alice, bob := s.User("alice"), s.User("bob")
	for range 3 {
		if _, err := alice.Run(ctx, &op.Call{Op: "object.create", Input: op.JSON(`{"type":"note","data":{}}`)}); err != nil {
			t.Fatal(err)
		}
	}
	list := func(r op.Runner, name, input string) (string, error) {
		reply, err := r.Run(ctx, &op.Call{Op: name, Input: op.JSON(input)})
		if err != nil {
			return "", err
		}
		var page struct {
			Next string `json:"next_cursor"`
		}
		return page.Next, json.Unmarshal(reply.Output, &page)
	}
	next, err := list(alice, "object.list", `{"limit":1}`)
	if err != nil || next == "" {
		t.Fatalf("%q %v", next, err)
	}
	flipped := "A" + next[1:]
	if next[0] == 'A' {
		flipped = "B" + next[1:]
	}
	tests := []struct {
		name, op, input string
		as              op.Runner
		taken           bool
	}{
		{"as it was given", "object.list", `{"cursor":"` + next + `"}`, alice, true},
		{"another limit", "object.list", `{"limit":2,"cursor":"` + next + `"}`, alice, true},
		{"another filter", "object.list", `{"type":"note","cursor":"` + next + `"}`, alice, false},
		{"another list", "scope.list", `{"cursor":"` + next + `"}`, alice, false},
		{"another principal", "object.list", `{"cursor":"` + next + `"}`, bob, false},
		{"another byte", "object.list", `{"cursor":"` + flipped + `"}`, alice, false},
		{"no MAC", "object.list", `{"cursor":"AAAA"}`, alice, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if _, err := list(test.as, test.op, test.input); (err == nil) != test.taken || (err != nil && !fault.Is(err, fault.InvalidCursor)) {
				t.Error(err)
			}
		})
	}
}

// A repeat gives the one-time token of the first try again.
func TestTokensAreReplayed(t *testing.T) {
	s := testkit.New(t)
	alice := s.User("alice")
	call := &op.Call{Op: "key.create", Input: op.JSON(`{"id":"alice","name":"x"}`), IdempotencyKey: strings.Repeat("k", 32)}
	first, err := alice.Run(context.Background(), call)
	if err != nil {
		t.Fatal(err)
	}
	again, err := alice.Run(context.Background(), call)
	if err != nil || !again.Replayed || string(again.Output) != string(first.Output) {
		t.Errorf("first %s, then %s (%v)", first.Output, again.Output, err)
	}
}

// wayward is a log that does something before it confirms, or takes nothing.
type wayward struct {
	edge.Log
	confirm func()
	refuse  error
}

func (w wayward) Confirm(ctx context.Context) error {
	if w.confirm != nil {
		w.confirm()
	}
	return w.Log.Confirm(ctx)
}

func (w wayward) Propose(ctx context.Context, command []byte) ([]byte, error) {
	if w.refuse != nil {
		return nil, w.refuse
	}
	return w.Log.Propose(ctx, command)
}

func over(t *testing.T, s *testkit.Solo, log edge.Log) *edge.Edge {
	t.Helper()
	c := s.Config
	c.Log = log
	e := edge.New(c)
	t.Cleanup(e.Close)
	return e
}

// A node that is behind must not refuse a key that it has not heard of yet.
func TestRefusalsAreConfirmed(t *testing.T) {
	s := testkit.New(t)
	token := urn.Token{KeyID: "pat_01890a5d0c1e7000a000000000000099", Secret: strings.Repeat("A", 43)}.Reveal()
	asked, call := "", &op.Call{Op: "object.create", Input: op.JSON(`{"type":"n","data":{}}`), Token: token}
	e := over(t, s, wayward{Log: s, confirm: func() {
		if asked == "" {
			asked = s.Token("alice")
			call.Token = asked // the key that the newer state knows
		}
	}})
	if _, err := e.Run(context.Background(), call); err != nil {
		t.Errorf("refused by a state that was behind: %v", err)
	}
}

// A read that must be traced is not answered when the log takes no trace.
func TestStrictReadsWaitForTheirTrace(t *testing.T) {
	s := testkit.New(t)
	down := fault.New(fault.NoLeader, "none")
	e := over(t, s, wayward{Log: s, refuse: down})
	reply, err := e.Run(context.Background(), &op.Call{Op: "audit.entries", Token: s.Root})
	if !errors.Is(err, down) || reply.Output != nil {
		t.Errorf("answered %v: %v", reply, err)
	}
	before := s.Length()
	if _, err := s.Admin().Run(context.Background(), &op.Call{Op: "audit.entries"}); err != nil || s.Length() != before+1 {
		t.Errorf("%d entries for a read of the trail: %v", s.Length()-before, err)
	}
}
