package fsm_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/weir-store/weir/core"
	"github.com/weir-store/weir/core/access"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/fsm"
	"github.com/weir-store/weir/fsm/entry"
	"github.com/weir-store/weir/internal/testkit"
	"github.com/weir-store/weir/storage/memdb"
)

var update = flag.Bool("update", false, "record the log anew")

const recorded = "testdata/history.log"

// A log that was recorded gives the same states for ever: each line is an entry
// and the digest of the state after it.
func TestRecordedLog(t *testing.T) {
	if *update {
		record(t)
	}
	b, err := os.ReadFile(recorded)
	if err != nil {
		t.Fatal(err)
	}
	m, err := fsm.New(memdb.New(), op.NewCatalog(core.Sets()...), access.Sight{})
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(bytes.NewReader(b))
	lines.Buffer(nil, 1<<20)
	n := uint64(0)
	for lines.Scan() {
		n++
		data, digest, _ := strings.Cut(lines.Text(), " ")
		raw, err := base64.StdEncoding.DecodeString(data)
		if err != nil {
			t.Fatal(err)
		}
		applyRaw(t, m, n, raw)
		if sum := m.Head().Digest; hex.EncodeToString(sum[:]) != digest {
			t.Fatalf("the state after entry %d is another than when it was recorded", n)
		}
	}
	if err := lines.Err(); err != nil || n < 20 {
		t.Fatalf("%d entries: %v", n, err)
	}
}

func applyRaw(t *testing.T, m *fsm.Machine, index uint64, raw []byte) {
	t.Helper()
	e, err := entry.Decode(raw)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.Apply(index, 1, e); err != nil {
		t.Fatal(err)
	}
}

// record plays a history through all layers and writes its log.
func record(t *testing.T) {
	t.Helper()
	s := testkit.New(t)
	alice, bob := s.User("alice"), s.User("bob")
	do := func(r op.Runner, name, input string) op.JSON {
		t.Helper()
		reply, err := r.Run(context.Background(), &op.Call{Op: name, Input: op.JSON(input), IdempotencyKey: name + input})
		if err != nil {
			t.Fatalf("%s %s: %v", name, input, err)
		}
		return reply.Output
	}
	id := func(raw op.JSON) string {
		t.Helper()
		var out struct{ ID string }
		if err := op.Unmarshal(raw, &out); err != nil {
			t.Fatal(err)
		}
		return out.ID
	}
	note := id(do(alice, "object.create", `{"type":"note","data":{"n":1152921504606846977,"text":"ü"}}`))
	team := id(do(alice, "scope.create", `{"name":"team","metadata":{"a":1}}`))
	below := id(do(alice, "scope.create", `{"name":"below","parent_id":"`+team+`"}`))
	for _, step := range []struct {
		as       op.Runner
		op, rest string
	}{
		{alice, "scope.add_member", `{"id":"` + team + `","principal_id":"bob","role":"editor"}`},
		{alice, "scope.project", `{"id":"` + team + `","object_id":"` + note + `","level":"write"}`},
		{bob, "object.update", `{"id":"` + note + `","version":1,"data":{"text":"b"}}`},
		{alice, "scope.freeze", `{"id":"` + below + `"}`},
		{alice, "scope.unfreeze", `{"id":"` + below + `"}`},
		{alice, "scope.update", `{"id":"` + team + `","metadata":{"a":null,"b":[1.50]}}`},
		{alice, "object.delete", `{"id":"` + note + `","reason":"r"}`},
		{alice, "object.restore", `{"id":"` + note + `"}`},
		{alice, "scope.unproject", `{"id":"` + team + `","object_id":"` + note + `"}`},
		{bob, "scope.leave", `{"id":"` + team + `"}`},
		{alice, "scope.archive", `{"id":"` + below + `"}`},
		{alice, "rollback.create", `{"target":"` + note + `","at":"1","reason":"r"}`},
		{alice, "rollback.create", `{"target":"` + below + `","at":"2026-01-01T00:00:00Z"}`},
		{s.Admin(), "principal.permit", `{"id":"bob","permission":"audit.read"}`},
		{s.Admin(), "principal.forbid", `{"id":"bob","permission":"audit.read"}`},
	} {
		do(step.as, step.op, step.rest)
	}
	host := s.Host("shop")
	do(s.For(host, "bob"), "object.create", `{"type":"note","data":{}}`)
	if _, err := s.For(host, "bob").Run(context.Background(), &op.Call{Op: "object.delete", Input: op.JSON(`{"id":"` + note + `"}`)}); err == nil {
		t.Fatal("a host deletes for bob what is not his")
	}
	do(s.Admin(), "principal.forbid", `{"id":"shop","permission":"org.host"}`)
	if _, err := bob.Run(context.Background(), &op.Call{Op: "object.update", Input: op.JSON(`{"id":"` + note + `","data":{}}`)}); err == nil {
		t.Fatal("bob still writes")
	}
	reply, err := alice.Run(context.Background(), &op.Call{Items: []op.Item{
		{Op: "object.create", Input: op.JSON(`{"type":"memo","data":{}}`)},
		{Op: "scope.project", Input: op.JSON(`{"id":"` + team + `","object_id":{"$result":[0,"id"]}}`)},
	}})
	if err != nil {
		t.Fatalf("batch: %v %v", err, reply)
	}
	m, err := fsm.New(memdb.New(), op.NewCatalog(core.Sets()...), access.Sight{})
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	for i, raw := range s.Entries {
		applyRaw(t, m, uint64(i+1), raw)
		fmt.Fprintf(&b, "%s %x\n", base64.StdEncoding.EncodeToString(raw), m.Head().Digest)
	}
	if err := os.WriteFile(recorded, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}
