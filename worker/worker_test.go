package worker_test

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/identity"
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
			dir := t.TempDir()
			root, host := worker.FirstKey{Given: test.rootKey, File: filepath.Join(dir, "root")}, worker.FirstKey{File: filepath.Join(dir, "host")}
			if test.rootKey != "" {
				host.Given = "weir_01890a5d0c1e7000a000000000000003_" + strings.Repeat("h", 43)
			}
			y := &young{propose: func(call *op.Call) error {
				for _, key := range []worker.FirstKey{root, host} {
					written, err := os.ReadFile(key.File)
					if (err == nil) != (key.Given == "") {
						t.Errorf("the token is not on disk before it is proposed: %v", err)
					}
					if secret := strings.TrimSpace(string(written)); secret != "" && strings.Contains(string(call.Input), secret) {
						t.Error("the token is proposed itself")
					}
				}
				return test.answer
			}}
			f := &worker.Founder{Store: y, ClusterID: func() string { return strings.Repeat("0", 32) }, Root: root, Host: host}
			if err := f.Found(context.Background()); (err != nil) != test.fails {
				t.Errorf("error %v", err)
			}
			for _, key := range []worker.FirstKey{root, host} {
				info, err := os.Stat(key.File)
				if (err == nil) != test.file {
					t.Errorf("the file: %v", err)
				}
				if err == nil && info.Mode().Perm() != 0o600 {
					t.Errorf("the file has mode %v", info.Mode())
				}
			}
		})
	}
}

// Both keys of the beginning open, and what they may do differs.
func TestFirstKeys(t *testing.T) {
	s := testkit.Unfounded(t)
	dir := t.TempDir()
	f := &worker.Founder{
		Store: s.Edge, ClusterID: func() string { return strings.Repeat("0", 32) },
		Root: worker.FirstKey{File: filepath.Join(dir, "root")}, Host: worker.FirstKey{File: filepath.Join(dir, "host")},
	}
	for range 2 {
		if err := f.Found(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	for file, want := range map[string]identity.Principal{
		"root": {ID: "root", Kind: "administrator", Permissions: op.Permissions()},
		"host": {ID: "host", Kind: "service", Permissions: []op.Permission{op.ActAsHost}},
	} {
		token, err := os.ReadFile(filepath.Join(dir, file))
		if err != nil {
			t.Fatal(err)
		}
		me, err := identity.Me.Call(t.Context(), s.As(strings.TrimSpace(string(token))), identity.MeInput{})
		if file == "root" {
			s.Root = strings.TrimSpace(string(token))
		}
		if err != nil || me.ID != want.ID || me.Kind != want.Kind || !slices.Equal(me.Permissions, want.Permissions) {
			t.Errorf("the %s key is that of %+v: %v", file, me, err)
		}
	}
	s.Verify()
	// A node whose own try got lost finds out when it leads.
	lost := t.TempDir()
	for _, file := range []string{"root", "host"} {
		if err := os.WriteFile(filepath.Join(lost, file), []byte("weir_01890a5d0c1e7000a0000000000000ff_"+strings.Repeat("l", 43)+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	late := &worker.Founder{
		Store: s.Edge, Root: worker.FirstKey{File: filepath.Join(lost, "root")}, Host: worker.FirstKey{File: filepath.Join(lost, "host")},
	}
	if err := errors.Join(f.Found(t.Context()), late.Found(t.Context())); err != nil {
		t.Fatal(err)
	}
	for where, kept := range map[string]bool{dir: true, lost: false} {
		files, err := os.ReadDir(where)
		if err != nil || (len(files) == 2) != kept || (len(files) == 0) == kept {
			t.Errorf("%d files are left, want them kept %v: %v", len(files), kept, err)
		}
	}
}

func TestFoundedStoresAreLeftAlone(t *testing.T) {
	s := testkit.New(t)
	before := s.Length()
	f := &worker.Founder{Store: s.Edge, Root: worker.FirstKey{File: filepath.Join(t.TempDir(), "root")}}
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
