package worker_test

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/tenancy"
	"github.com/weir-store/weir/internal/testkit"
	"github.com/weir-store/weir/worker"
)

// young is a store that is not founded; its log is a function.
type young struct {
	propose func(call *op.Call) error
	calls   int
}

func (y *young) System() op.Runner                   { return y }
func (y *young) Look(func(v state.View) error) error { return nil }
func (y *young) Run(_ context.Context, call *op.Call) (*op.Reply, error) {
	y.calls++
	return &op.Reply{Output: op.JSON(`{}`)}, y.propose(call)
}

func TestFounding(t *testing.T) {
	first := fault.New(fault.AlreadyExists, "founded")
	unknown := fault.New(fault.OutcomeUnknown, "no answer")
	const given = "weir_01890a5d0c1e7000a000000000000002_" + "rrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrr"
	tests := []struct {
		name, rootKey string
		answer        error
		fails, file   bool
	}{
		{"founds", "", nil, false, true},
		{"another was first", "", first, false, false},
		{"nobody knows", "", unknown, true, true},
		{"with a given key", given, nil, false, false},
		{"with a given key, another was first", given, first, false, false},
		{"with what is no key", "secret", nil, true, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "root")
			y := &young{propose: func(call *op.Call) error {
				written, err := os.ReadFile(file)
				if (err == nil) != (test.rootKey == "") {
					t.Errorf("the token is not on disk before it is proposed: %v", err)
				}
				if secret := strings.TrimSpace(string(written)); secret != "" && strings.Contains(string(call.Input), secret) {
					t.Error("the token is proposed itself")
				}
				return test.answer
			}}
			f := &worker.Founder{Store: y, ClusterID: func() string { return strings.Repeat("0", 32) }, RootKey: test.rootKey, RootFile: file}
			if err := f.Found(context.Background()); (err != nil) != test.fails {
				t.Errorf("error %v", err)
			}
			info, err := os.Stat(file)
			if (err == nil) != test.file {
				t.Errorf("the file: %v", err)
			}
			if err == nil && info.Mode().Perm() != 0o600 {
				t.Errorf("the file has mode %v", info.Mode())
			}
		})
	}
}

func TestFoundedStoresAreLeftAlone(t *testing.T) {
	s := testkit.New(t)
	before := s.Length()
	f := &worker.Founder{Store: s.Edge, RootFile: filepath.Join(t.TempDir(), "root")}
	if err := f.Found(context.Background()); err != nil || s.Length() != before {
		t.Errorf("%v, %d entries", err, s.Length()-before)
	}
}

// A signer registers its key once, signs what is new, and is idle otherwise.
func TestSigning(t *testing.T) {
	s := testkit.New(t)
	signer := &worker.Signer{Store: s.Edge, Log: slog.New(slog.DiscardHandler), Seed: func(string) ([32]byte, error) { return [32]byte{1}, nil }}
	sign := func(want int) {
		t.Helper()
		before := s.Length()
		if err := signer.Sign(context.Background()); err != nil {
			t.Fatal(err)
		}
		if got := s.Length() - before; got != want {
			t.Errorf("%d entries, want %d", got, want)
		}
	}
	sign(2)
	sign(0)
	s.User("alice")
	sign(1)
	sign(0)
	s.Verify()
}

// A sweeper notes what has expired, once, and is idle otherwise.
func TestSweeping(t *testing.T) {
	s := testkit.New(t)
	alice := s.User("alice")
	s.User("bob")
	now := testkit.Start
	sweeper := &worker.Sweeper{Store: s.Edge, Now: func() time.Time { return now }, Log: slog.New(slog.DiscardHandler)}
	sweep := func(want int) {
		t.Helper()
		before := s.Length()
		if err := sweeper.Sweep(context.Background()); err != nil {
			t.Fatal(err)
		}
		if got := s.Length() - before; got != want {
			t.Errorf("%d entries, want %d", got, want)
		}
	}
	ctx := context.Background()
	scope, err := tenancy.Create.Call(ctx, alice, tenancy.CreateInput{Name: "team"})
	if err != nil {
		t.Fatal(err)
	}
	expires := state.Time(testkit.Start.Add(time.Hour).UnixMicro())
	if _, err := tenancy.Add.Call(ctx, alice, tenancy.AddInput{ID: scope.ID, PrincipalID: "bob", ExpiresAt: expires}); err != nil {
		t.Fatal(err)
	}
	sweep(0)
	// By a clock that is fast it is due, and by the log's it is not: the node
	// tries once, and nothing comes of it.
	now = testkit.Start.Add(time.Hour)
	sweep(1)
	s.Clock.Advance(time.Hour)
	sweep(1)
	sweep(0)
	all := false
	page, err := tenancy.Members.Call(ctx, alice, tenancy.MembersInput{ID: scope.ID, ActiveOnly: &all})
	if err != nil || len(page.Items) != 2 || page.Items[1].Version != 2 || page.Items[1].EndReason != tenancy.EndExpired {
		t.Errorf("%v: the members are %+v", err, page.Items)
	}
	s.Verify()
}
