package testkit_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weir-store/weir/core"
	"github.com/weir-store/weir/core/access"
	"github.com/weir-store/weir/core/canon"
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/fsm"
	"github.com/weir-store/weir/fsm/entry"
	"github.com/weir-store/weir/internal/testkit"
	"github.com/weir-store/weir/storage"
	"github.com/weir-store/weir/storage/badgerdb"
	"github.com/weir-store/weir/storage/key"
	"github.com/weir-store/weir/storage/memdb"
)

// The tests in this file range over the catalog: an operation that is declared
// is tested by them, and one without a scenario fails them.

// Each operation says all that is derived from its declaration.
func TestDeclarationsAreComplete(t *testing.T) {
	routes := map[string]string{}
	for _, o := range op.NewCatalog(core.Sets()...).Operations() {
		t.Run(o.Name, func(t *testing.T) {
			if o.Summary == "" || o.Action() == "" {
				t.Error("no summary, or no audit action")
			}
			if (o.Method == "") != o.Internal() {
				t.Errorf("route %q %q of an operation with internal = %v", o.Method, o.Path, o.Internal())
			}
			for _, r := range append(slices.Clone(o.Aliases), o.Method+" "+o.Path) {
				if was := routes[r]; was != "" && r != " " {
					t.Errorf("%s is the route of %s too", r, was)
				}
				routes[r] = o.Name
			}
			if (o.Undo != op.Undo{}) != (o.Kind == op.KindCommand) {
				t.Errorf("undo %q of a %s", o.Undo.String(), o.Kind)
			}
			for _, c := range o.Faults {
				if _, known := fault.Lookup(c); !known {
					t.Errorf("the fault %s is not in the table", c)
				}
			}
			documented(t, "input", o.Input, map[*op.Shape]bool{})
			documented(t, "output", o.Output, map[*op.Shape]bool{})
			raw, err := op.Marshal(o.Example)
			if err != nil {
				t.Fatal(err)
			}
			v, f := canon.Parse(raw)
			if f != nil {
				t.Fatal(f)
			}
			in, f := o.Load(v)
			if f != nil {
				t.Fatalf("the example does not decode: %v", f)
			}
			if diff := cmp.Diff(o.Example, in); diff != "" && !bytes.Contains(raw, []byte("null")) {
				t.Errorf("the example changes by decoding:\n%s", diff)
			}
		})
	}
}

func documented(t *testing.T, at string, s *op.Shape, seen map[*op.Shape]bool) {
	t.Helper()
	if s == nil || seen[s] {
		return
	}
	seen[s] = true
	for _, f := range s.Fields {
		if f.Doc == "" {
			t.Errorf("%s.%s has no doc", at, f.Name)
		}
		documented(t, at+"."+f.Name, f.Shape, seen)
	}
	documented(t, at+"[]", s.Elem, seen)
}

// pipeline are the faults that may come from the pipeline and the edge, of any
// operation.
var pipeline = []fault.Code{
	fault.APIKeyInvalid, fault.NotFound, fault.PermissionDenied, fault.InsufficientScope, fault.MalformedRequest, fault.ValidationFailed,
	fault.InvalidID, fault.InvalidFormat, fault.InvalidCursor, fault.IdempotencyInvalid, fault.IdempotencyKeyReused,
	fault.LimitExceeded, fault.PayloadTooLarge, fault.Internal,
}

func declared(t *testing.T, o *op.Operation, err error) {
	t.Helper()
	if c := codeOf(t, err); !slices.Contains(pipeline, c) && !slices.Contains(o.Faults, c) {
		t.Errorf("%s ends with %s, which it does not declare", o.Name, c)
	}
}

// each runs a test for each operation that has a scenario, which is each that
// is no matter of one node, but for the founding, which each store begins with.
func each(t *testing.T, test func(t *testing.T, o *op.Operation, seed []step, sc scenario)) {
	t.Helper()
	seed, all := scenarios(t)
	for _, o := range op.NewCatalog(core.Sets()...).Operations() {
		if o.Kind == op.KindLocal || o.Name == "key.found" {
			continue
		}
		t.Run(o.Name, func(t *testing.T) {
			sc, ok := all[o.Name]
			if !ok {
				t.Fatal("there is no scenario in testdata/scenarios")
			}
			test(t, o, seed, sc)
		})
	}
}

// Each operation succeeds; its entries, applied by another machine over another
// engine, give the same state entry by entry, also after a transfer.
func TestReplicasAgree(t *testing.T) {
	each(t, func(t *testing.T, _ *op.Operation, seed []step, sc scenario) {
		p := play(t, testkit.New(t), seed, sc)
		p.must(sc.call)
		one, other := machine(t, memdb.New()), machine(t, disk(t))
		for i, data := range p.Entries {
			a, b := apply(t, one, i, data), apply(t, other, i, data)
			if diff := cmp.Diff(a, b); diff != "" {
				t.Fatalf("the outcomes of entry %d differ:\n%s", i+1, diff)
			}
			if one.Head().Digest != other.Head().Digest {
				t.Fatalf("the digests part at entry %d", i+1)
			}
		}
		want := rows(t, p.Engine, nothing)
		if diff := cmp.Diff(want, rows(t, other.engine, nothing)); diff != "" {
			t.Errorf("the rows differ:\n%s", diff)
		}
		var stream bytes.Buffer
		head, err := other.Export(context.Background(), &stream)
		if err != nil {
			t.Fatal(err)
		}
		third := machine(t, memdb.New())
		if err := third.Restore(&stream, fsm.Position{Index: head.Index, Term: head.Term}); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, rows(t, third.engine, nothing)); diff != "" || third.Head().Digest != head.Digest {
			t.Errorf("the transfer changes the state:\n%s", diff)
		}
	})
}

// Who has no right is refused, and only the trail changes.
func TestStrangersChangeNothing(t *testing.T) {
	each(t, func(t *testing.T, o *op.Operation, seed []step, sc scenario) {
		p := play(t, testkit.New(t), seed, sc)
		stranger := sc.call
		stranger.as = "zoe"
		p.tokens["zoe"] = p.key("zoe")
		before := rows(t, p.Engine, trail)
		_, err := p.run(stranger, "")
		if err != nil {
			declared(t, o, err)
			if c := codeOf(t, err); c != fault.NotFound && c != fault.PermissionDenied && !o.Open() {
				t.Errorf("refused with %s", c)
			}
		}
		if err == nil && !o.Open() && o.Rights() != "each active principal, for what it can see" {
			t.Errorf("a stranger may do what is for %s", o.Rights())
		}
		if err != nil || o.Kind != op.KindCommand {
			if diff := cmp.Diff(before, rows(t, p.Engine, trail)); diff != "" {
				t.Errorf("the state changed:\n%s", diff)
			}
		}
		nobody := op.Call{Op: o.Name, Input: op.JSON(p.expand(sc.call.input)), Token: "weir_x"}
		if _, err := p.Run(context.Background(), &nobody); !fault.Is(err, fault.APIKeyInvalid) && !o.Internal() {
			t.Errorf("without a key: %v", err)
		}
	})
}

// What a principal may do follows from its state at once: while it is suspended
// no operation answers it, and then each does again.
func TestSuspensionTakesAll(t *testing.T) {
	each(t, func(t *testing.T, o *op.Operation, seed []step, sc scenario) {
		if sc.call.as == "system" {
			return
		}
		p := play(t, testkit.New(t), seed, sc)
		p.must(step{as: "root", op: "principal.create", input: `{"id":"warden","kind":"service"}`})
		p.must(step{as: "root", op: "principal.permit", input: `{"id":"warden","permission":"cluster.admin"}`})
		if p.tokens[sc.call.as] == "" {
			p.tokens[sc.call.as] = p.key(sc.call.as)
		}
		suspended := `{"id":"` + p.principal(sc.call.as) + `"}`
		p.must(step{as: "warden", op: "principal.suspend", input: suspended})
		before := rows(t, p.Engine, position)
		open := o.Open() && o.Kind != op.KindCommand
		if _, err := p.run(sc.call, ""); open != (err == nil) || (err != nil && !fault.Is(err, fault.APIKeyInvalid)) {
			t.Errorf("while it is suspended: %v", err)
		}
		if diff := cmp.Diff(before, rows(t, p.Engine, position)); diff != "" {
			t.Errorf("the state changed:\n%s", diff)
		}
		p.must(step{as: "warden", op: "principal.resume", input: suspended})
		p.must(sc.call)
	})
}

// The same idempotency key twice: one effect, the same answer.
func TestCommandsHappenOnce(t *testing.T) {
	const name = "0123456789abcdef0123456789abcdef"
	each(t, func(t *testing.T, o *op.Operation, seed []step, sc scenario) {
		if o.Kind != op.KindCommand || o.Internal() {
			return
		}
		p := play(t, testkit.New(t), seed, sc)
		first, err := p.run(sc.call, name)
		if err != nil {
			t.Fatal(err)
		}
		before := rows(t, p.Engine, position)
		second, err := p.run(sc.call, name)
		if err != nil {
			t.Fatal(err)
		}
		if first.Replayed || !second.Replayed || first.Revision != second.Revision || !bytes.Equal(first.Output, second.Output) {
			t.Errorf("first %+v, then %+v", first, second)
		}
		if diff := cmp.Diff(before, rows(t, p.Engine, position)); diff != "" {
			t.Errorf("the second call had an effect:\n%s", diff)
		}
	})
}

// What an operation names as its undoing takes it back.
func TestUndoTakesBack(t *testing.T) {
	catalog := op.NewCatalog(core.Sets()...)
	each(t, func(t *testing.T, o *op.Operation, seed []step, sc scenario) {
		if _, named := catalog.Lookup(o.Undo.By()); named && sc.undo == nil {
			t.Fatalf("undo is %s, but the scenario shows none", o.Undo)
		}
		if sc.undo == nil {
			return
		}
		if sc.undo.op != o.Undo.By() {
			t.Fatalf("undo is %s, and the scenario calls %s", o.Undo, sc.undo.op)
		}
		p := play(t, testkit.New(t), seed, sc)
		var before any
		if sc.show != nil {
			before = lasting(t, p.must(*sc.show))
		}
		p.must(sc.call)
		if sc.show != nil && cmp.Equal(before, lastingOr(t, p, *sc.show)) {
			t.Error("the query does not show the effect")
		}
		p.must(*sc.undo)
		if sc.show == nil {
			return
		}
		if diff := cmp.Diff(before, lasting(t, p.must(*sc.show))); diff != "" {
			t.Error(diff)
		}
	})
}

// lastingOr gives what a query shows now, a refusal included.
func lastingOr(t *testing.T, p *theatre, x step) any {
	t.Helper()
	reply, err := p.run(x, "")
	if err != nil {
		return codeOf(t, err)
	}
	return lasting(t, reply.Output)
}

// lasting is an output without what every change moves on.
func lasting(t *testing.T, raw op.JSON) any {
	t.Helper()
	var v any
	if err := op.Unmarshal(raw, &v); err != nil {
		t.Fatal(err)
	}
	return strip(v)
}

func strip(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for _, name := range []string{"version", "checksum", "created_at", "created_by", "changed_at", "updated_at", "granted_at", "granted_by", "joined_at", "projected_at", "bound_at", "id"} {
			delete(v, name)
		}
		for name := range v {
			v[name] = strip(v[name])
		}
	case []any:
		for i := range v {
			v[i] = strip(v[i])
		}
	}
	return v
}

// One-time secrets are in no entry of the log, no row, no stream and no line
// that is logged.
func TestSecretsStayOut(t *testing.T) {
	each(t, func(t *testing.T, o *op.Operation, seed []step, sc scenario) {
		if takes := slices.ContainsFunc(o.Input.Fields, func(f *op.Field) bool { return f.Secret }); !takes && !o.Secret() {
			return
		}
		var lines bytes.Buffer
		s := testkit.New(t)
		s.Logger = slog.New(slog.NewTextHandler(&lines, &slog.HandlerOptions{Level: slog.LevelDebug}))
		p := play(t, s, seed, sc)
		if _, err := p.run(sc.call, "0123456789abcdef0123456789abcdef"); err != nil {
			t.Fatal(err)
		}
		var stream bytes.Buffer
		m := machine(t, p.Engine)
		if _, err := m.Export(context.Background(), &stream); err != nil {
			t.Fatal(err)
		}
		trail := p.must(step{as: "root", op: "audit.entries", input: `{}`})
		if len(p.secrets) == 0 {
			t.Error("no secret was given or taken: let the scenario get one first")
		}
		for _, token := range p.secrets {
			secret := []byte(secretOf(token))
			for where, b := range map[string][]byte{
				"the log": bytes.Join(p.Entries, nil), "the stream": stream.Bytes(), "the trail": trail, "a line": lines.Bytes(),
			} {
				if bytes.Contains(b, secret) {
					t.Errorf("a token is in %s", where)
				}
			}
		}
	})
}

// A failure of the engine at any of its calls stops the machine, and leaves the
// state before or after the entry, nothing between.
func TestFailuresOfTheEngine(t *testing.T) {
	each(t, func(t *testing.T, o *op.Operation, seed []step, sc scenario) {
		if o.Kind != op.KindCommand {
			return
		}
		p := play(t, testkit.New(t), seed, sc)
		p.must(sc.call)
		last := len(p.Entries) - 1
		past := memdb.New()
		m := machine(t, past)
		for i, data := range p.Entries[:last] {
			apply(t, m, i, data)
		}
		before := m.Head().Digest
		apply(t, m, last, p.Entries[last])
		after := m.Head().Digest
		commands, err := entry.Decode(p.Entries[last])
		if err != nil {
			t.Fatal(err)
		}
		for n := 1; ; n++ {
			engine := &failing{Engine: memdb.New()}
			x := machine(t, engine)
			for i, data := range p.Entries[:last] {
				apply(t, x, i, data)
			}
			engine.countdown = n
			_, err := x.Apply(uint64(last+1), 1, commands)
			if engine.countdown > 0 {
				if n < 4 || err != nil {
					t.Fatalf("only %d calls of the engine, then %v", n-1, err)
				}
				return
			}
			if err == nil {
				t.Fatalf("the failure of call %d was not noticed", n)
			}
			reopened := machine(t, engine.Engine).Head().Digest
			want := before
			if engine.applied {
				want = after
			}
			if reopened != want {
				t.Fatalf("after the failure of call %d the state is partial", n)
			}
		}
	})
}

// opened is a machine with its engine.
type opened struct {
	*fsm.Machine
	engine storage.Engine
}

func machine(t *testing.T, engine storage.Engine) opened {
	t.Helper()
	m, err := fsm.New(engine, op.NewCatalog(core.Sets()...), access.Sight{})
	if err != nil {
		t.Fatal(err)
	}
	return opened{m, engine}
}

func disk(t *testing.T) storage.Engine {
	t.Helper()
	db, err := badgerdb.Open(t.TempDir(), badgerdb.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

func apply(t *testing.T, m opened, i int, data []byte) []entry.Outcome {
	t.Helper()
	e, err := entry.Decode(data)
	if err != nil {
		t.Fatal(err)
	}
	outcomes, err := m.Apply(uint64(i+1), 1, e)
	if err != nil {
		t.Fatal(err)
	}
	return outcomes
}

// Which rows a comparison leaves out.
var (
	nothing  []key.Space
	position = []key.Space{key.Meta}
	trail    = []key.Space{key.Meta, key.Audit, key.AuditTile, key.AuditReads}
)

// rows are the kept versions of a state.
func rows(t *testing.T, engine storage.Engine, without []key.Space) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := engine.Dump(context.Background(), engine.Published(), func(v storage.Version) error {
		if slices.ContainsFunc(without, func(s key.Space) bool { return v.Key[0] == s.ID }) {
			return nil
		}
		// Of volatile rows an engine may keep more than the newest version.
		name := fmt.Sprintf("%x at %d", v.Key, v.Revision)
		if v.Volatile {
			name = fmt.Sprintf("%x", v.Key)
			if _, newer := all[name]; newer {
				return nil
			}
		}
		all[name] = fmt.Sprintf("%x %v", v.Value, v.Delete)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}
