package testkit_test

import (
	"context"
	"strings"
	"testing"

	"github.com/weir-store/weir/core/audit"
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/objects"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/rules"
	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/internal/testkit"
)

// A rule about an environment denies the calls that name it, of commands, of
// queries and in lists, and no others; a refusal is in the trail with the rule.
func TestRulesAboutAnEnvironment(t *testing.T) {
	const environment urn.ID = "env_01890a5d0c1e7000a000000000000077"
	s := testkit.New(t)
	ctx := context.Background()
	alice := s.User("alice")
	note, err := objects.Create.Call(ctx, alice, objects.CreateInput{Type: "note", Data: op.JSON(`{}`)})
	if err != nil {
		t.Fatal(err)
	}
	rule, err := rules.Create.Call(ctx, s.Admin(), rules.CreateInput{Name: "r", Type: "access", Effect: rules.Deny})
	if err != nil {
		t.Fatal(err)
	}
	bind := rules.BindInput{ID: rule.ID, TargetType: rules.TargetEnvironment, TargetID: string(environment)}
	if _, err := rules.Bind.Call(ctx, s.Admin(), bind); err != nil {
		t.Fatal(err)
	}
	within := named{alice, op.Trace{EnvironmentID: environment}}
	for name, call := range map[string]func(r op.Runner) error{
		"update": func(r op.Runner) error {
			_, err := objects.Update.Call(ctx, r, objects.UpdateInput{ID: note.ID, Data: op.JSON(`{}`)})
			return err
		},
		"get": func(r op.Runner) error {
			_, err := objects.Get.Call(ctx, r, objects.GetInput{ID: note.ID})
			return err
		},
		"list": func(r op.Runner) error {
			_, err := objects.List.Call(ctx, r, objects.ListInput{})
			return err
		},
		"create": func(r op.Runner) error {
			_, err := objects.Create.Call(ctx, r, objects.CreateInput{Type: "note", Data: op.JSON(`{}`)})
			return err
		},
	} {
		if err := call(alice); err != nil {
			t.Errorf("%s outside of the environment: %v", name, err)
		}
		if err := call(within); !fault.Is(err, fault.PermissionDenied) {
			t.Errorf("%s within: %v", name, err)
		}
	}
	page, err := audit.Entries.Call(ctx, s.Admin(), audit.EntriesInput{Filter: audit.Filter{ActorID: "alice"}})
	if err != nil {
		t.Fatal(err)
	}
	raw, err := op.Marshal(page)
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(raw), string(rule.ID)); n < 2 {
		t.Errorf("%d refusals name the rule in %s", n, raw)
	}
}

// named is a runner whose calls say what caused them.
type named struct {
	op.Runner
	trace op.Trace
}

func (n named) Run(ctx context.Context, call *op.Call) (*op.Reply, error) {
	c := *call
	c.Trace = n.trace
	return n.Runner.Run(ctx, &c)
}
