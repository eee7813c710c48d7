package testkit_test

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/weir-store/weir/core/audit"
	"github.com/weir-store/weir/core/audit/chain"
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/internal/testkit"
)

// witness signs what it is shown. It is no witness of anything.
var witness = testkit.NewWitness("witness.example/w1")

// step is one call of a scenario.
type step struct{ as, op, input, name, member string }

// scenario is how an operation is called so that it succeeds.
type scenario struct {
	before     []step
	call       step
	undo, show *step
}

// scenarios reads the scripts, one file to a noun.
func scenarios(t *testing.T) (seed []step, all map[string]scenario) {
	t.Helper()
	files, err := filepath.Glob("testdata/scenarios/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	var script strings.Builder
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		script.WriteString("\n")
		script.Write(text)
	}
	all = map[string]scenario{}
	for _, section := range strings.Split(script.String(), "\n== ")[1:] {
		name, body, _ := strings.Cut(section, "\n")
		var s scenario
		for line := range strings.Lines(body) {
			if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
				continue
			}
			kind, rest, _ := strings.Cut(line, " ")
			switch x := parse(rest); kind {
			case "undo":
				s.undo = &x
			case "show":
				s.show = &x
			default:
				s.before = append(s.before, parse(line))
			}
		}
		if name == "seed" {
			seed = s.before
			continue
		}
		last := len(s.before) - 1
		s.before, s.call = s.before[:last], s.before[last]
		if s.call.op != name {
			t.Fatalf("the scenario of %s ends with %s", name, s.call.op)
		}
		all[name] = s
	}
	return seed, all
}

func parse(line string) (s step) {
	s.as, line, _ = strings.Cut(line, " ")
	s.op, line, _ = strings.Cut(line, " ")
	end := strings.LastIndexByte(line, '}') + 1
	s.input = line[:end]
	s.name, s.member, _ = strings.Cut(strings.TrimSpace(line[end:]), "=")
	return s
}

// theatre plays steps on a store.
type theatre struct {
	*testkit.Solo
	t      *testing.T
	tokens map[string]string
	names  map[string]string
	// covered is the size of the checkpoint that was signed last.
	covered uint64
	// secrets are the one-time tokens that calls have given.
	secrets []string
}

// play seeds a store and does what comes before a scenario's call.
func play(t *testing.T, s *testkit.Solo, seed []step, sc scenario) *theatre {
	t.Helper()
	p := &theatre{Solo: s, t: t, tokens: map[string]string{"root": s.Root}, names: map[string]string{}}
	for _, x := range append(append([]step(nil), seed...), sc.before...) {
		p.must(x)
	}
	return p
}

func (p *theatre) must(x step) op.JSON {
	p.t.Helper()
	reply, err := p.run(x, "")
	if err != nil {
		p.t.Fatalf("%s as %s: %v", x.op, x.as, err)
	}
	return reply.Output
}

// run makes one call, under an idempotency key if one is given.
func (p *theatre) run(x step, key string) (*op.Reply, error) {
	p.t.Helper()
	runner := p.Edge.System()
	if x.as != "system" {
		if p.tokens[x.as] == "" {
			p.tokens[x.as] = p.key(x.as)
		}
		runner = p.As(p.tokens[x.as])
	}
	reply, err := runner.Run(context.Background(), &op.Call{Op: x.op, Input: op.JSON(p.expand(x.input)), IdempotencyKey: key})
	if err == nil && x.name != "" {
		p.names[x.name] = member(p.t, reply.Output, x.member)
	}
	if o, ok := p.Catalog.Lookup(x.op); err == nil && ok && o.Secret() {
		p.secrets = append(p.secrets, member(p.t, reply.Output, "token"))
	}
	return reply, err
}

// principal is the id of a caller, who is given by it or by what a step named
// it.
func (p *theatre) principal(as string) string {
	if named := p.names[as]; named != "" {
		return named
	}
	return as
}

func (p *theatre) key(as string) string {
	p.t.Helper()
	id := p.principal(as)
	out := p.must(step{as: "root", op: "key.create", input: `{"id":"` + id + `","name":"test"}`})
	return member(p.t, out, "token")
}

func (p *theatre) expand(input string) string {
	if strings.Contains(input, "$verifier") || strings.Contains(input, "$signed") {
		p.sign()
	}
	input = strings.ReplaceAll(input, `"$size"`, strconv.FormatUint(p.covered, 10))
	input = strings.ReplaceAll(input, "$witness", witness.VerifierKey())
	for name, value := range p.names {
		quoted, err := json.Marshal(value)
		if err != nil {
			p.t.Fatal(err)
		}
		input = strings.ReplaceAll(input, `"$`+name+`"`, string(quoted))
	}
	return input
}

// sign names a checkpoint of the trail as it is now, and the key that signed.
func (p *theatre) sign() {
	p.t.Helper()
	err := p.Look(func(v state.View) error {
		due, _ := audit.Due(v)
		k, err := chain.NewKey(due.Origin, [32]byte{1})
		if err != nil {
			return err
		}
		note, err := k.Sign(due)
		p.names["verifier"], p.names["signed"] = k.VerifierKey(), string(note)
		p.covered, p.names["cosigned"] = due.Size, witness.Cosign([]byte(due.Text()), 1767225600)
		return err
	})
	if err != nil {
		p.t.Fatal(err)
	}
}

// member finds a text in JSON by a path of names.
func member(t *testing.T, raw op.JSON, path string) string {
	t.Helper()
	for name := range strings.SplitSeq(path, ".") {
		var m map[string]op.JSON
		if err := json.Unmarshal(raw, &m); err != nil {
			t.Fatalf("%s of %s: %v", path, raw, err)
		}
		raw = m[name]
	}
	var text string
	if err := json.Unmarshal(raw, &text); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return text
}

// secretOf is the part of a token that must never be stored: of a key its
// secret, of anything else all.
func secretOf(token string) string {
	if parsed, f := urn.ParseToken(token); f == nil {
		return parsed.Secret
	}
	return token
}

// codeOf is the code of a refusal.
func codeOf(t *testing.T, err error) fault.Code {
	t.Helper()
	f, ok := fault.Of(err)
	if !ok {
		t.Fatalf("%v is no fault", err)
	}
	return f.Code
}
