// Package testkit is a whole store in one process, for tests: the real state
// machine and the real edge over an engine in memory, with a log of one node,
// a clock that tests move, and randomness from a seed.
package testkit

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/weir-store/weir/cluster"
	"github.com/weir-store/weir/cluster/edge"
	"github.com/weir-store/weir/cluster/postings"
	"github.com/weir-store/weir/cluster/replica"
	"github.com/weir-store/weir/core"
	"github.com/weir-store/weir/core/access"
	"github.com/weir-store/weir/core/audit"
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/identity"
	"github.com/weir-store/weir/core/identity/apikey"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/fsm"
	"github.com/weir-store/weir/fsm/entry"
	"github.com/weir-store/weir/storage"
	"github.com/weir-store/weir/storage/memdb"
)

// Start is where the clock of a Solo stands at first.
var Start = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// never is how long reads wait for their trace: until a test calls Flush, so
// that nothing enters a log by itself.
const never = 24 * time.Hour

// Solo is a store of one node.
type Solo struct {
	*edge.Edge
	Engine  storage.Engine
	Replica *replica.Replica
	// Index is the node's index of the trail. It is brought up by hand.
	Index   *postings.Index
	Clock   *Clock
	Catalog *op.Catalog
	// Root is the token of the first administrator.
	Root string
	tb   testing.TB

	mu     sync.Mutex // guards the log: its index, entries and entropy
	index  uint64
	random *Random
	// Entries are the encoded entries of the log so far.
	Entries [][]byte
}

// New founds a store over an engine in memory.
func New(tb testing.TB) *Solo {
	tb.Helper()
	return Over(tb, memdb.New())
}

// Over founds a store over an empty engine.
func Over(tb testing.TB, engine storage.Engine) *Solo {
	tb.Helper()
	s := empty(tb, engine)
	s.found()
	return s
}

// Unfounded is a store over an engine in memory whose log is empty.
func Unfounded(tb testing.TB) *Solo {
	tb.Helper()
	return empty(tb, memdb.New())
}

func empty(tb testing.TB, engine storage.Engine) *Solo {
	tb.Helper()
	s := &Solo{Engine: engine, Clock: &Clock{now: Start}, Catalog: op.NewCatalog(core.Sets()...), tb: tb, random: NewRandom(1)}
	machine, err := fsm.New(engine, s.Catalog, access.Sight{})
	if err != nil {
		tb.Fatalf("open the machine: %v", err)
	}
	s.Replica = replica.New(machine, engine)
	s.Index = postings.New(engine, memdb.New(), slog.New(slog.DiscardHandler))
	s.Edge = edge.New(edge.Config{
		Catalog: s.Catalog, Sight: access.Sight{}, Engine: engine, Log: s, Keys: keys{}, Postings: s.Index,
		Clock: s.Clock.Now, Random: NewRandom(2), ReadDelay: never, Logger: slog.New(slog.DiscardHandler),
	})
	tb.Cleanup(s.Close)
	return s
}

func (s *Solo) found() {
	s.tb.Helper()
	token := urn.Token{KeyID: "pat_01890a5d0c1e7000a000000000000002", Secret: strings.Repeat("r", 43)}
	digest := token.Digest()
	s.Root = token.Reveal()
	s.System(apikey.Found.Operation, apikey.FoundInput{
		ClusterID: "01890a5d0c1e4000a000000000000000", KeyID: token.KeyID, Digest: hex.EncodeToString(digest[:]),
	})
}

// System has the cluster itself run a command.
func (s *Solo) System(o *op.Operation, in any) op.JSON {
	s.tb.Helper()
	raw, err := op.Marshal(in)
	if err != nil {
		s.tb.Fatal(err)
	}
	command, err := entry.EncodeCommand(&entry.Command{Actor: op.System, Items: []entry.Item{{Op: o.Name, Schema: o.Schema, Input: raw}}})
	if err != nil {
		s.tb.Fatal(err)
	}
	encoded, err := s.Propose(context.Background(), command)
	if err != nil {
		s.tb.Fatal(err)
	}
	out, err := entry.DecodeOutcome(encoded)
	if err != nil {
		s.tb.Fatal(err)
	}
	if f, err := out.Fault(); f != nil || err != nil {
		s.tb.Fatalf("%s: %v %v", o.Name, f, err)
	}
	return out.Outputs[0]
}

// Propose implements edge.Log.
func (s *Solo) Propose(_ context.Context, command []byte) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var entropy [32]byte
	_, _ = s.random.Read(entropy[:]) // a Random never fails
	data, err := s.Replica.Pack([]cluster.Stamped{{Command: command, Time: s.Clock.Now(), Entropy: entropy}})
	if err != nil {
		return nil, err
	}
	s.index++
	s.Entries = append(s.Entries, data)
	replies, err := s.Replica.Apply([]cluster.Entry{{Index: s.index, Term: 1, Data: data}})
	if err != nil {
		s.tb.Errorf("the machine stopped: %v", err)
		return nil, fault.InternalOf(err)
	}
	return replies[0][0], nil
}

// Confirm implements edge.Log.
func (s *Solo) Confirm(context.Context) error { return nil }

// WaitRevision implements edge.Log.
func (s *Solo) WaitRevision(ctx context.Context, revision uint64) error {
	return s.Replica.WaitRevision(ctx, revision)
}

// As is a runner that acts with a token.
func (s *Solo) As(token string) op.Runner { return bearer{runner: s.Edge, token: token} }

// For is a runner by which the host with a token acts for a user.
func (s *Solo) For(host string, user urn.ID) op.Runner { return bearer{s.Edge, host, user} }

// Admin is a runner that acts as the first administrator.
func (s *Solo) Admin() op.Runner { return s.As(s.Root) }

// User creates a principal with a key and gives a runner that acts as it.
func (s *Solo) User(id urn.ID) op.Runner { return s.As(s.Token(id)) }

// Host creates a host and gives its token.
func (s *Solo) Host(id urn.ID) string {
	s.tb.Helper()
	token := s.Token(id)
	if _, err := identity.Permit.Call(context.Background(), s.Admin(), identity.PermitInput{ID: id, Permission: op.ActAsHost}); err != nil {
		s.tb.Fatalf("make %s a host: %v", id, err)
	}
	return token
}

// Token creates a principal with a key and gives the key's token: a service if
// its id says so, else a user.
func (s *Solo) Token(id urn.ID) string {
	s.tb.Helper()
	ctx, kind := context.Background(), identity.KindUser
	if urn.IsValid(id, urn.PrefixService) {
		kind = "service"
	}
	if _, err := identity.Create.Call(ctx, s.Admin(), identity.CreateInput{ID: id, Kind: kind}); err != nil {
		s.tb.Fatalf("create %s: %v", id, err)
	}
	key, err := apikey.Create.Call(ctx, s.Admin(), apikey.CreateInput{PrincipalID: id, Name: "test"})
	if err != nil {
		s.tb.Fatalf("key of %s: %v", id, err)
	}
	return key.Token
}

// Verify fails the test unless the audit trail verifies, with all that lies
// behind it.
func (s *Solo) Verify() {
	s.tb.Helper()
	out, err := audit.Verify.Call(context.Background(), s.Admin(), audit.VerifyInput{Bodies: true})
	if err != nil || !out.Valid {
		s.tb.Fatalf("the trail does not verify: %+v %v", out, err)
	}
}

type bearer struct {
	runner op.Runner
	token  string
	actAs  urn.ID
}

func (b bearer) Run(ctx context.Context, call *op.Call) (*op.Reply, error) {
	c := *call
	c.Token, c.ActAs = b.token, b.actAs
	return b.runner.Run(ctx, &c)
}

// Clock is moved by tests.
type Clock struct {
	mu  sync.Mutex // guards now
	now time.Time
}

// Now is the time of the clock. Each look moves it on by a microsecond.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(time.Microsecond)
	return c.now
}

// Advance moves the clock.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// Random is a reader of bytes that follow from a seed.
type Random struct {
	mu    sync.Mutex // guards state
	state [32]byte
}

// NewRandom makes the reader of a seed.
func NewRandom(seed uint64) *Random {
	return &Random{state: sha256.Sum256(binary.BigEndian.AppendUint64(nil, seed))}
}

// Read fills b.
func (r *Random) Read(b []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for n := 0; n < len(b); n += len(r.state) {
		r.state = sha256.Sum256(r.state[:])
		copy(b[n:], r.state[:])
	}
	return len(b), nil
}

type keys struct{}

// Derive gives a key for a label.
func (keys) Derive(label string) ([]byte, error) {
	sum := sha256.Sum256([]byte(label))
	return sum[:], nil
}

// Length is the number of entries in the log.
func (s *Solo) Length() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.Entries)
}
