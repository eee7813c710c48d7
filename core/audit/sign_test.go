package audit

import (
	"strings"
	"testing"

	"github.com/weir-store/weir/core/audit/chain"
	"github.com/weir-store/weir/core/fault"
)

func TestCheckpoints(t *testing.T) {
	l := newLog(t)
	k := l.key()
	if _, _, err := ask(l, "alice", Checkpoint, CheckpointInput{}); !fault.Is(err, fault.NotFound) {
		t.Errorf("before the first: %v", err)
	}
	note := l.sign(k)
	if got := must(l, Checkpoint, CheckpointInput{}); string(got.Body) != note || !strings.HasPrefix(got.ContentType, "text/plain") {
		t.Errorf("got %s %s", got.ContentType, got.Body)
	}
	c, err := chain.Open([]byte(note), must(l, Keys, KeysInput{}).Keys[0].VerifierKey)
	if err != nil {
		t.Fatal(err)
	}
	if c.Size != l.head.Sequence-1 || c.Root != Root(l.view(), c.Size) || c.Origin != testOrigin {
		t.Errorf("got %+v", c)
	}
	e := must(l, Get, GetInput{Sequence: l.head.Sequence})
	if e.Action != "audit_checkpoint" || !strings.Contains(string(e.Metadata), `"size":4`) {
		t.Errorf("the entry is %+v", e)
	}
	if _, due := Due(l.view()); due {
		t.Error("a checkpoint is due where only the last one was stored")
	}
	l.fill(1, 1)
	if _, due := Due(l.view()); !due {
		t.Error("no checkpoint is due after an entry")
	}
}

func TestCheckpointStoreRefuses(t *testing.T) {
	for _, row := range []struct {
		name string
		note func(t *testing.T, l *testLog, k *chain.Key) string
		code fault.Code
	}{
		{"another root", signed(func(c *chain.Checkpoint, _ *testLog) { c.Root[0]++ }), fault.TraceIntegrity},
		{"a size above the head", signed(func(c *chain.Checkpoint, _ *testLog) { c.Size++ }), fault.TraceIntegrity},
		{"no entries", signed(func(c *chain.Checkpoint, _ *testLog) { c.Size, c.Root = 0, chain.Root(nil) }), fault.TraceIntegrity},
		{"another origin", signed(func(c *chain.Checkpoint, _ *testLog) { c.Origin = "weir/x/1" }), fault.TraceIntegrity},
		{"another key of the same name", func(t *testing.T, l *testLog, _ *chain.Key) string {
			k, err := chain.NewKey(testOrigin, [32]byte{1})
			if err != nil {
				t.Fatal(err)
			}
			return signed(nil)(t, l, k)
		}, fault.TraceIntegrity},
		{"no note", func(*testing.T, *testLog, *chain.Key) string { return "x" }, fault.TraceIntegrity},
		{"the last checkpoint again", func(t *testing.T, l *testLog, k *chain.Key) string { return l.sign(k) }, fault.PreconditionFailed},
		{"nothing but the last checkpoint", func(t *testing.T, l *testLog, k *chain.Key) string {
			l.sign(k)
			return signed(nil)(t, l, k)
		}, fault.PreconditionFailed},
	} {
		t.Run(row.name, func(t *testing.T) {
			l := newLog(t)
			k := l.key()
			note := row.note(t, l, k)
			before := l.head.Sequence
			err := l.run(CheckpointStore.Operation, CheckpointStoreInput{Note: note})
			if !fault.Is(err, row.code) || l.head.Sequence != before {
				t.Errorf("got %v, %d new entries", err, l.head.Sequence-before)
			}
		})
	}
}

// signed signs what should be signed next, with a change.
func signed(change func(c *chain.Checkpoint, l *testLog)) func(t *testing.T, l *testLog, k *chain.Key) string {
	return func(t *testing.T, l *testLog, k *chain.Key) string {
		t.Helper()
		c := &chain.Checkpoint{Origin: testOrigin, Size: l.head.Sequence, Root: Root(l.view(), l.head.Sequence)}
		if change != nil {
			change(c, l)
		}
		note, err := k.Sign(c)
		if err != nil {
			t.Fatal(err)
		}
		return string(note)
	}
}

func TestRegisterKey(t *testing.T) {
	l := newLog(t)
	k := l.key()
	if !Registered(l.view()) {
		t.Error("the key is not registered")
	}
	before := l.head.Sequence
	if err := l.run(RegisterKey.Operation, RegisterKeyInput{VerifierKey: k.VerifierKey()}); err != nil || l.head.Sequence != before {
		t.Errorf("the same again: %v, %d new entries", err, l.head.Sequence-before)
	}
	other, err := chain.NewKey(testOrigin, [32]byte{1})
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		name, key string
		log       *testLog
		code      fault.Code
	}{
		{"another key", other.VerifierKey(), l, fault.AlreadyExists},
		{"a key of another name", logKey(t, "weir/x/1").VerifierKey(), newLog(t), fault.ValidationFailed},
		{"no key", "x", newLog(t), fault.ValidationFailed},
	} {
		t.Run(row.name, func(t *testing.T) {
			if err := row.log.run(RegisterKey.Operation, RegisterKeyInput{VerifierKey: row.key}); !fault.Is(err, row.code) {
				t.Errorf("got %v", err)
			}
		})
	}
}
