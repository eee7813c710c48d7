package audit

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/weir-store/weir/core/audit/chain"
	"github.com/weir-store/weir/core/canon"
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/storage/key"
)

func TestVerifyRanges(t *testing.T) {
	l := newLog(t)
	l.fill(7, 2)
	k := l.key()
	l.sign(k)
	head := l.head.Sequence
	hash := func(n uint64) string { return chain.Hex(chain.Hash(load(l.view(), n).Entry)) }
	for _, row := range []struct {
		name     string
		from, to uint64
		want     chain.Report
	}{
		{"everything", 0, 0, chain.Report{Verdict: "valid", Valid: true, Checked: head, First: 1, Last: head, Head: hash(head), Signed: head - 1}},
		{"the middle", 3, 7, chain.Report{Verdict: "valid", Valid: true, Checked: 5, First: 3, Last: 7, Head: hash(7)}},
		{"one entry", 1, 1, chain.Report{Verdict: "valid", Valid: true, Checked: 1, First: 1, Last: 1, Head: hash(1)}},
		{"the last", head, 0, chain.Report{Verdict: "valid", Valid: true, Checked: 1, First: head, Last: head, Head: hash(head)}},
		{"beyond the head", 5, head + 9, chain.Report{Verdict: "valid", Valid: true, Checked: head - 4, First: 5, Last: head, Head: hash(head), Signed: head - 1}},
		{"nothing", head + 1, 0, chain.Report{Verdict: "empty"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			if got := must(l, Verify, VerifyInput{From: row.from, To: row.to}); got != row.want {
				t.Errorf("got  %+v\nwant %+v", got, row.want)
			}
		})
	}
	for _, in := range []string{`{"from":3,"to":2}`, `{"from":0}`} {
		if _, f := Verify.Decode(parsed(t, in)); f == nil || f.Status()/100 != 4 {
			t.Errorf("%s gives %v", in, f)
		}
	}
	if _, _, err := ask(l, "alice", Verify, VerifyInput{}); !fault.Is(err, fault.PermissionDenied) {
		t.Errorf("without the permission: %v", err)
	}
}

// member replaces the value of a member in canonical bytes.
func member(t *testing.T, entry []byte, name, value string) []byte {
	t.Helper()
	before, rest, ok := bytes.Cut(entry, []byte(`"`+name+`":`))
	if !ok {
		t.Fatalf("no member %s in %s", name, entry)
	}
	end := bytes.IndexAny(rest, ",}")
	return bytes.Join([][]byte{before, []byte(`"` + name + `":` + value), rest[end:]}, nil)
}

func TestVerifyNamesTheEntry(t *testing.T) {
	const changed = 5
	zeros := `"` + strings.Repeat("0", 64) + `"`
	rows := []struct {
		name   string
		tamper func(t *testing.T, l *testLog)
		at     uint64
		reason string
	}{
		{"the head is removed", func(_ *testing.T, l *testLog) { l.rewrite(state.Key(key.Audit, uint64(1)), nil) }, 1, chain.Missing},
		{"the middle is removed", func(_ *testing.T, l *testLog) { l.rewrite(state.Key(key.Audit, uint64(4)), nil) }, 4, chain.Missing},
		{"the tail is removed", func(_ *testing.T, l *testLog) { l.rewrite(state.Key(key.Audit, l.head.Sequence), nil) }, 12, chain.Missing},
		{"the link is changed", func(t *testing.T, l *testLog) { l.edit(t, changed, "previous", zeros) }, changed, chain.Link},
		{"the link of the last is changed", func(t *testing.T, l *testLog) { l.edit(t, 12, "previous", zeros) }, 12, chain.Link},
		{"the last is changed", func(t *testing.T, l *testLog) { l.edit(t, 12, "actor_id", `"eve"`) }, 12, chain.Changed},
		{"the first has a link", func(t *testing.T, l *testLog) { l.edit(t, 1, "previous", zeros) }, 1, chain.Link},
		{"bytes are no entry", func(t *testing.T, l *testLog) { l.replace(t, changed, []byte("{}")) }, changed, chain.Malformed},
		{"all hashes are made anew", func(t *testing.T, l *testLog) { l.forge(t, changed) }, 8, chain.Signed},
		{"a checkpoint is of another key", func(t *testing.T, l *testLog) {
			c, note := l.checkpoint(8), logKey(t, "another")
			signed, err := note.Sign(&chain.Checkpoint{Origin: testOrigin, Size: 8, Root: Root(l.view(), 8)})
			if err != nil {
				t.Fatal(err)
			}
			c.Note = signed
			l.store(t, state.Key(key.AuditCheckpoint, c.Size), c)
		}, 8, chain.Signature},
	}
	for _, name := range []string{
		"action", "actor_id", "after_digest", "before_digest", "client", "credential_id",
		"entity", "environment_id", "id", "impersonator_id", "metadata.size", "parent_trace_id", "scope_id", "trace_scope_id", "operation", "outcome", "request_id", "salt", "target_id", "target_type", "timestamp", "revision", "hash_alg",
	} {
		value := `"changed"`
		if name == "revision" || name == "metadata.size" {
			value = "77"
		}
		rows = append(rows, struct {
			name   string
			tamper func(t *testing.T, l *testLog)
			at     uint64
			reason string
		}{"changed " + name, func(t *testing.T, l *testLog) { l.edit(t, changed, name, value) }, changed, chain.Changed})
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			l := tampered(t)
			row.tamper(t, l)
			got := must(l, Verify, VerifyInput{})
			if got.Valid || got.Verdict != chain.Broken || got.BrokenAt != row.at || got.Reason != row.reason {
				t.Errorf("got %+v, want broken at %d: %s", got, row.at, row.reason)
			}
		})
	}
}

func TestVerifyMissesWhatWasSigned(t *testing.T) {
	l := tampered(t)
	h := l.head
	h.Sequence, h.Chain, h.Peaks = 6, chain.Hash(load(l.view(), 6).Entry), peaks(l.view(), 6)
	for n := uint64(7); n <= 12; n++ {
		l.rewrite(state.Key(key.Audit, n), nil)
	}
	l.store(t, state.Key(key.Meta), &h)
	if got := must(l, Verify, VerifyInput{}); got.BrokenAt != 7 || got.Reason != chain.Missing {
		t.Errorf("a trail that was rolled back gives %+v", got)
	}
}

func TestVerifyComparesWithTiles(t *testing.T) {
	l := newLog(t)
	l.fill(300, 50)
	l.forge(t, 77)
	if got := must(l, Verify, VerifyInput{}); got.BrokenAt != 77 || got.Reason != chain.Tree {
		t.Errorf("got %+v", got)
	}
}

// tampered is a log of 12 entries, the 8 first of them signed; entry 5 has all
// members that an entry can have.
func tampered(t *testing.T) *testLog {
	l := newLog(t)
	k := l.key()
	if f := l.append("alice", l.full()); f != nil {
		t.Fatal(f)
	}
	l.fill(3, 3)
	l.sign(k)
	l.fill(3, 3)
	if l.head.Sequence != 12 {
		t.Fatalf("there are %d entries", l.head.Sequence)
	}
	return l
}

// full is a record with all that an entry can have. The first entry is its cause.
func (l *testLog) full() op.Record {
	return op.Record{
		Action: "update", Operation: "object.update", Entity: op.EntityObject, TargetType: "note", TargetID: "obj_01890a5d0c1e7000a000000000000003",
		ScopeID: "scp_01890a5d0c1e7000a000000000000004", Before: someState{"a"}, After: someState{"b"},
		Metadata: []fault.Member{{Name: "size", Value: uint64(3)}},
		By: &op.Doer{
			Caller:    op.Caller{ID: "alice", Credential: "pat_01890a5d0c1e7000a000000000000002", Host: "root"},
			RequestID: "req-2",
			Trace: op.Trace{
				ScopeID: "scp_01890a5d0c1e7000a000000000000005", EnvironmentID: "env_01890a5d0c1e7000a000000000000006",
				ParentID: idOf(load(l.view(), 1)), Client: "weir/1.0",
			},
		},
	}
}

func parsed(t *testing.T, text string) canon.Value {
	t.Helper()
	v, f := canon.Parse([]byte(text))
	if f != nil {
		t.Fatal(f)
	}
	return v
}

func (l *testLog) edit(t *testing.T, n uint64, name, value string) {
	t.Helper()
	l.replace(t, n, member(t, load(l.view(), n).Entry, name, value))
}

func (l *testLog) replace(t *testing.T, n uint64, entry []byte) {
	t.Helper()
	r := load(l.view(), n)
	r.Entry = entry
	l.store(t, state.Key(key.Audit, n), r)
}

func (l *testLog) store(tb testing.TB, k key.Key, row any) {
	tb.Helper()
	b, err := state.Marshal(row)
	if err != nil {
		tb.Fatal(err)
	}
	l.rewrite(k, b)
}

// forge changes an entry and makes every hash after it fit, the head's chain
// and peaks included: all that can be done without the key of the log.
func (l *testLog) forge(t *testing.T, n uint64) {
	t.Helper()
	l.edit(t, n, "actor_id", `"eve"`)
	var peaks [][32]byte
	var previous [32]byte
	for at := uint64(1); at <= l.head.Sequence; at++ {
		if at > n {
			l.edit(t, at, "previous", fmt.Sprintf("%q", chain.Hex(previous)))
		}
		entry := load(l.view(), at).Entry
		previous, peaks = chain.Hash(entry), chain.Grow(peaks, at-1, chain.Leaf(entry))
	}
	h := l.head
	h.Chain, h.Peaks = previous, peaks
	l.store(t, state.Key(key.Meta), &h)
}

func (l *testLog) checkpoint(size uint64) *checkpoint {
	c, ok := newest(l.view(), size)
	if !ok {
		l.t.Fatal("no checkpoint")
	}
	return c
}
