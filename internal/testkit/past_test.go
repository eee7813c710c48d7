package testkit_test

import (
	"bytes"
	"context"
	"strconv"
	"testing"

	"github.com/weir-store/weir/core"
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/internal/testkit"
)

// later is what happens in a store between a question and the same question
// about the past. What a scenario has made impossible is passed over.
var later = []step{
	{as: "alice", op: "object.update", input: `{"id":"$note","data":{"title":"later"}}`},
	{as: "alice", op: "object.create", input: `{"type":"note","data":{}}`},
	{as: "alice", op: "scope.update", input: `{"id":"$team","name":"renamed"}`},
	{as: "alice", op: "scope.add_member", input: `{"id":"$team","principal_id":"zoe","role":"editor"}`},
	{as: "alice", op: "scope.project", input: `{"id":"$team","object_id":"$note","level":"write"}`},
	{as: "alice", op: "scope.create", input: `{"name":"below","parent_id":"$team"}`},
	{as: "bob", op: "scope.leave", input: `{"id":"$team"}`},
	{as: "root", op: "principal.update", input: `{"id":"alice","display_name":"Alice the second"}`},
	{as: "root", op: "principal.create", input: `{"id":"late","kind":"user"}`},
	{as: "root", op: "key.create", input: `{"id":"alice","name":"late"}`},
	{as: "alice", op: "object.delete", input: `{"id":"$note"}`},
	{as: "alice", op: "object.restore", input: `{"id":"$note"}`},
}

// Each query can be asked as of a revision: of the newest it answers as without
// one, and as of an earlier one as it did then, whatever came since.
func TestEachQueryKnowsThePast(t *testing.T) {
	each(t, func(t *testing.T, o *op.Operation, seed []step, sc scenario) {
		if o.Kind != op.KindQuery {
			return
		}
		p := play(t, testkit.New(t), seed, sc)
		for _, name := range []string{"alice", "bob", "zoe"} {
			if p.tokens[name] == "" {
				p.tokens[name] = p.key(name)
			}
		}
		if sc.call.as != "root" && p.tokens[sc.call.as] == "" {
			p.tokens[sc.call.as] = p.key(sc.call.as)
		}
		input := op.JSON(p.expand(sc.call.input))
		head := strconv.FormatUint(p.Engine.Published(), 10)
		ask := func(at string) []byte {
			t.Helper()
			reply, err := p.As(p.tokens[sc.call.as]).Run(context.Background(), &op.Call{Op: o.Name, Input: input, At: at})
			if err != nil {
				t.Fatalf("at %q: %v", at, err)
			}
			if reply.Raw != nil {
				return reply.Raw.Body
			}
			return reply.Output
		}
		now := ask("")
		if then := ask(head); !bytes.Equal(now, then) {
			t.Errorf("at the newest revision it gives\n%s, without one\n%s", then, now)
		}
		done := 0
		for _, x := range later {
			if _, err := p.run(x, ""); err == nil {
				done++
			}
		}
		if done < len(later)/2 {
			t.Fatalf("only %d of %d later changes went through", done, len(later))
		}
		if then := ask(head); !bytes.Equal(now, then) {
			t.Errorf("of the past it gives\n%s, and gave then\n%s", then, now)
		}
	})
}

// What a node says of itself has no past, and nothing can be changed in it.
func TestWhatHasNoPast(t *testing.T) {
	s := testkit.New(t)
	for _, o := range op.NewCatalog(core.Sets()...).Operations() {
		if o.Kind == op.KindQuery || o.Internal() {
			continue
		}
		in, err := op.Marshal(o.Example)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Admin().Run(context.Background(), &op.Call{Op: o.Name, Input: in, At: "1"}); !fault.Is(err, fault.MalformedRequest) {
			t.Errorf("%s at 1: %v", o.Name, err)
		}
	}
}
