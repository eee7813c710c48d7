package verbs_test

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"

	"github.com/weir-store/weir/cmd/weir/failure"
	"github.com/weir-store/weir/cmd/weir/remote"
	"github.com/weir-store/weir/cmd/weir/verbs"
	"github.com/weir-store/weir/core"
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
)

var update = flag.Bool("update", false, "write the golden files")

// shell is a command line over a runner that keeps what it was asked.
type shell struct {
	calls   []op.Call
	replies []string
	err     error
}

func (s *shell) Run(_ context.Context, call *op.Call) (*op.Reply, error) {
	s.calls = append(s.calls, *call)
	if s.err != nil {
		return nil, s.err
	}
	reply := &op.Reply{}
	if len(s.replies) > 0 {
		reply.Output = op.JSON(s.replies[0])
		s.replies = s.replies[1:]
	}
	return reply, nil
}

// run runs a command line and gives what it printed.
func (s *shell) run(t *testing.T, stdin string, args ...string) (string, error) {
	t.Helper()
	t.Setenv("WEIR_TOKEN", "token")
	t.Setenv("WEIR_SERVER", "http://node")
	target := remote.New(func(remote.Endpoint) (op.Runner, error) { return s, nil })
	root := &cobra.Command{Use: "weir", SilenceErrors: true, SilenceUsage: true}
	root.AddGroup(&cobra.Group{ID: verbs.Group, Title: "Nouns:"})
	for _, noun := range verbs.Commands(core.Sets(), target) {
		target.Register(noun)
		root.AddCommand(noun)
	}
	var out bytes.Buffer
	root.SetOut(&out)
	root.SetErr(&out)
	root.SetIn(strings.NewReader(stdin))
	root.SetArgs(args)
	err := root.ExecuteContext(context.Background())
	return out.String(), err
}

const id = "obj_01890a5d0c1e7000a000000000000003"

func TestInput(t *testing.T) {
	file := filepath.Join(t.TempDir(), "data.json")
	if err := os.WriteFile(file, []byte("{\"n\":1152921504606846977}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		name  string
		args  string
		stdin string
		op    string
		input string
	}{
		{"fields are flags", `object create --type note --data {"a":1.10}`, "", "object.create", `{"type":"note","data":{"a":1.10}}`},
		{"JSON from a file keeps its digits", "object create --type note --data @" + file, "", "object.create", `{"type":"note","data":{"n":1152921504606846977}}`},
		{"JSON from the standard input", "object create --data - --type note", `{"in":true}`, "object.create", `{"type":"note","data":{"in":true}}`},
		{"path fields are arguments", "object get " + id, "", "object.get", `{"id":"` + id + `"}`},
		{"numbers", "object get " + id + " --version 3", "", "object.get", `{"id":"` + id + `","version":3}`},
		{"switches", "object list --owned-only --limit 5", "", "object.list", `{"owned_only":true,"limit":5}`},
		{"switches with a value", "object list --owned-only=false", "", "object.list", `{"owned_only":false}`},
		{"verbs of two words", "scope add-member scp_1 --principal-id bob --role editor", "", "scope.add_member", `{"id":"scp_1","principal_id":"bob","role":"editor"}`},
		{"items one by one", `object create-many --items {"type":"a"} --items {"type":"b"}`, "", "object.create_many", `{"items":[{"type":"a"},{"type":"b"}]}`},
		{"items as a list", "object create-many --items -", ` [{"type":"a"}, {"type":"b"}] `, "object.create_many", `{"items":[{"type":"a"}, {"type":"b"}]}`},
		{"an empty list", "object create-many --items []", "", "object.create_many", `{"items":[]}`},
		{"a change to a text", "org update org_1 --name null", "", "org.update", `{"id":"org_1","name":"null"}`},
		{"a change to nothing", "org update org_1 --clear-name --clear-slug", "", "org.update", `{"id":"org_1","name":null,"slug":null}`},
		{"text is not JSON", `principal create --kind user --display-name @"x`, "", "principal.create", `{"kind":"user","display_name":"@\"x"}`},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := &shell{}
			if _, err := s.run(t, row.stdin, strings.Fields(row.args)...); err != nil {
				t.Fatal(err)
			}
			c := s.calls[0]
			if c.Op != row.op || c.Operation == nil || c.Token != "token" || c.RequestID == "" {
				t.Errorf("call of %q with token %q and request %q", c.Op, c.Token, c.RequestID)
			}
			if got := strings.ReplaceAll(string(c.Input), "\n", ""); got != row.input {
				t.Errorf("input %s, want %s", got, row.input)
			}
		})
	}
}

func TestCallOptions(t *testing.T) {
	s := &shell{}
	if _, err := s.run(t, "", "object", "update", id, "--data", "{}", "--if-match", `"v7"`, "--idempotency-key", "k1"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.run(t, "", "object", "get", id, "--at", "42", "--consistency", "stale"); err != nil {
		t.Fatal(err)
	}
	if c := s.calls[0]; c.IfMatch != 7 || c.IdempotencyKey != "k1" {
		t.Errorf("the command became %+v", c)
	}
	if c := s.calls[1]; c.At != "42" || !c.Stale || c.IdempotencyKey != "" {
		t.Errorf("the query became %+v", c)
	}
	if _, err := s.run(t, "", "object", "delete", id); err != nil {
		t.Fatal(err)
	}
	if _, err := s.run(t, "", "object", "delete", id); err != nil {
		t.Fatal(err)
	}
	if a, b := s.calls[2].IdempotencyKey, s.calls[3].IdempotencyKey; len(a) < 32 || a == b {
		t.Errorf("keys made for commands: %q and %q", a, b)
	}
}

func TestUsage(t *testing.T) {
	for _, row := range []struct{ name, args, want string }{
		{"an argument is missing", "object get", "object get: takes ID, 0 given; see weir object get --help"},
		{"an argument too many", "object list x", "object list: takes no arguments; see weir object list --help"},
		{"required flags are missing", "object create", "--type, --data: must be given; see weir object create --help"},
		{"a value that is cleared too", "org update org_1 --clear-name --name x", "--clear-name: is given beside a value; give one of them"},
		{"no such consistency", "object list --consistency weak", "--consistency: is not a value that it can have; use confirmed or stale"},
		{"no version", "object delete " + id + " --if-match latest", "--if-match: is not a version; write a number, or v and a number"},
		{"no time", "object list --at yesterday", "--at: is neither a revision nor a time; write a number, or a time such as 2026-03-01T00:00:00Z"},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := &shell{}
			_, err := s.run(t, "", strings.Fields(row.args)...)
			if err == nil || err.Error() != row.want {
				t.Errorf("got %v, want %s", err, row.want)
			}
			if failure.Status(err) != 2 || len(s.calls) > 0 {
				t.Errorf("exit status %d after %d calls, want 2 after none", failure.Status(err), len(s.calls))
			}
		})
	}
}

func TestBadValuesAreNotSent(t *testing.T) {
	for _, args := range []string{
		"object create --type note --data {",
		"object create --type note --data @/does/not/exist",
		"object get " + id + " --version two",
		"object list --owned-only=perhaps",
	} {
		s := &shell{}
		if _, err := s.run(t, "", strings.Fields(args)...); err == nil || len(s.calls) > 0 {
			t.Errorf("%s: error %v after %d calls", args, err, len(s.calls))
		}
	}
}

func TestAllPages(t *testing.T) {
	s := &shell{replies: []string{
		`{"items":[{"id":"a"}],"next_cursor":"c1","has_more":true}`,
		`{"items":[],"next_cursor":"c2","has_more":true}`,
		`{"items":[{"id":"b"}],"next_cursor":null,"has_more":false}`,
	}}
	out, err := s.run(t, "", "object", "list", "--all", "--type", "note")
	if err != nil {
		t.Fatal(err)
	}
	if out != "ID\na\nb\n" {
		t.Errorf("printed %q", out)
	}
	var inputs []string
	for _, c := range s.calls {
		inputs = append(inputs, string(c.Input))
	}
	want := []string{`{"type":"note"}`, `{"cursor":"c1","type":"note"}`, `{"cursor":"c2","type":"note"}`}
	if diff := cmp.Diff(want, inputs); diff != "" {
		t.Errorf("inputs (-want +got):\n%s", diff)
	}
}

func TestRefusalsSayWhatToDo(t *testing.T) {
	refusal := fault.New(fault.ValidationFailed, "type: is required").
		At(fault.Item{Pointer: "/type", Code: "required", Detail: "is required"}).
		At(fault.Item{Pointer: "/data/x", Code: "bad", Detail: "is bad"})
	s := &shell{err: fmt.Errorf("wrapped: %w", refusal)}
	_, err := s.run(t, "", "object", "create", "--type", "", "--data", "{}")
	if got := failure.Status(err); got != fault.ExitUsage {
		t.Errorf("exit status %d", got)
	}
	var call *failure.CallError
	if !errors.As(err, &call) {
		t.Fatalf("%v is no failure of a call", err)
	}
	var b strings.Builder
	failure.Print(&b, err)
	want := "weir: Validation failed (validation-failed)\n  type: is required\n  --type: is required\n  --data (/x): is bad\n" +
		"next: Correct the places that errors names.\nrequest: " + call.RequestID + "\n"
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Errorf("text (-want +got):\n%s", diff)
	}
}

func TestUnknownOutcomeSaysHowToRepeat(t *testing.T) {
	s := &shell{err: fault.New(fault.OutcomeUnknown, "broke off")}
	_, err := s.run(t, "", "object", "delete", id)
	if got := failure.Status(err); got != fault.ExitUnavailable {
		t.Errorf("exit status %d", got)
	}
	var b strings.Builder
	failure.Print(&b, err)
	if want := "repeat it with: --idempotency-key " + s.calls[0].IdempotencyKey; !strings.Contains(b.String(), want) {
		t.Errorf("%s\ndoes not say %q", b.String(), want)
	}
}

func TestHelp(t *testing.T) {
	for _, name := range []string{"object", "object create", "object list", "object delete", "key create"} {
		t.Run(name, func(t *testing.T) {
			out, err := (&shell{}).run(t, "", append(strings.Fields(name), "--help")...)
			if err != nil {
				t.Fatal(err)
			}
			path := filepath.Join("testdata", strings.ReplaceAll(name, " ", "-")+".txt")
			if *update {
				if err := os.WriteFile(path, []byte(out), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), out); diff != "" {
				t.Errorf("help (-want +got); run with -update if it is right:\n%s", diff)
			}
		})
	}
}

// TestCatalog holds every operation to what the command line needs of it.
func TestCatalog(t *testing.T) {
	target := remote.New(nil)
	for _, noun := range verbs.Commands(core.Sets(), target) {
		target.Register(noun)
		seen := map[string]bool{}
		for _, c := range noun.Commands() {
			if seen[c.Name()] {
				t.Errorf("%s has two verbs %s", noun.Name(), c.Name())
			}
			seen[c.Name()] = true
			for _, common := range []string{"server", "token-file", "act-as", "ca-file", "context", "output", "timeout", "help"} {
				if c.LocalNonPersistentFlags().Lookup(common) != nil {
					t.Errorf("%s %s: a field takes the flag --%s away", noun.Name(), c.Name(), common)
				}
			}
		}
	}
	for _, o := range op.NewCatalog(core.Sets()...).Operations() {
		if line := verbs.Line(o); verbs.Shown(o) && !strings.HasPrefix(line, "weir "+verbs.Word(o.Noun)+" "+verbs.Word(o.Verb)) {
			t.Errorf("%s: example %q", o.Name, line)
		}
	}
}
