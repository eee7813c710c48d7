package fsm_test

import (
	"bytes"
	"encoding/hex"
	"strconv"
	"strings"
	"testing"

	"github.com/weir-store/weir/core"
	"github.com/weir-store/weir/core/access"
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/identity/apikey"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/fsm"
	"github.com/weir-store/weir/fsm/entry"
	"github.com/weir-store/weir/storage/key"
	"github.com/weir-store/weir/storage/memdb"
)

const rootKey urn.ID = "pat_01890a5d0c1e7000a000000000000002"

// probe is a row of operations that only this test has.
type probe struct {
	Name string `cbor:"1,keyasint"`
	Text string `cbor:"2,keyasint"`
}

var (
	probes = state.NewTable(state.Spec[probe]{
		Space: key.Setting,
		Key:   func(p *probe) key.Key { return state.Key(key.Setting, "probe"+p.Name) },
	})
	probing = &op.Set{Noun: "probe", Doc: "Operations that do wrong."}
)

// probeInput says what a probe writes.
type probeInput struct {
	Rows   int  `json:"rows" doc:"how many rows"`
	Size   int  `json:"size" doc:"their size"`
	Silent bool `json:"silent" doc:"whether no trace is left"`
}

var _ = op.NewCommand(probing, op.Spec[probeInput, op.Nothing]{
	Name: "write", Summary: "Write rows.", Access: op.Anyone[probeInput]("create"), Undo: op.Final("it is a probe"),
}, func(tx *op.Tx, in probeInput) (op.Nothing, error) {
	for i := range in.Rows {
		probes.Put(tx.Tx, &probe{Name: strconv.Itoa(i), Text: strings.Repeat("x", in.Size)})
	}
	if !in.Silent {
		tx.Record(op.Record{Action: "create", Entity: "probe", TargetID: "probe"})
	}
	return op.Nothing{}, nil
})

// knock is an operation that anybody may call; it refuses those who say so.
type knock struct {
	Away bool `json:"away" doc:"whether it is refused"`
}

var _ = op.NewCommand(probing, op.Spec[knock, op.Nothing]{
	Name: "knock", Summary: "Knock.", Access: op.Open[knock]("create"), Undo: op.Final("it is a probe"),
	Screen: func(*op.View, knock) error { return nil },
}, func(tx *op.Tx, in knock) (op.Nothing, error) {
	if in.Away {
		return op.Nothing{}, fault.New(fault.PermissionDenied, "go away")
	}
	tx.Record(op.Record{Action: "create", Entity: "probe", TargetID: "probe"})
	return op.Nothing{}, nil
})

// history is a machine with the index of its last entry.
type history struct {
	*fsm.Machine
	t     *testing.T
	index uint64
}

func found(t *testing.T) *history {
	t.Helper()
	m, err := fsm.New(memdb.New(), op.NewCatalog(append(core.Sets(), probing)...), access.Sight{})
	if err != nil {
		t.Fatal(err)
	}
	l := &history{Machine: m, t: t}
	digest := urn.Token{KeyID: rootKey, Secret: strings.Repeat("r", 43)}.Digest()
	in, err := op.Marshal(apikey.FoundInput{ClusterID: strings.Repeat("0", 32), KeyID: rootKey, Digest: hex.EncodeToString(digest[:])})
	if err != nil {
		t.Fatal(err)
	}
	l.apply(entry.Command{Actor: op.System, Items: items("key.found", string(in)), Time: 1_000_000})
	return l
}

func items(pairs ...string) (all []entry.Item) {
	for i := 0; i < len(pairs); i += 2 {
		all = append(all, entry.Item{Op: pairs[i], Schema: 1, Input: []byte(pairs[i+1])})
	}
	return all
}

func byRoot(pairs ...string) entry.Command {
	return entry.Command{Actor: "root", Credential: rootKey, Items: items(pairs...), Time: 2_000_000, Entropy: make([]byte, entry.EntropySize), Batch: len(pairs) > 2}
}

// apply applies one entry and gives the outcomes with their faults.
func (l *history) apply(commands ...entry.Command) (out []entry.Outcome, refused []*fault.Fault) {
	l.t.Helper()
	l.index++
	out, err := l.Apply(l.index, 1, &entry.Entry{Format: entry.Format, Commands: commands})
	if err != nil {
		l.t.Fatal(err)
	}
	for i := range out {
		f, err := out[i].Fault()
		if err != nil {
			l.t.Fatal(err)
		}
		refused = append(refused, f)
	}
	return out, refused
}

const (
	create = "principal.create"
	alice  = `{"id":"alice","kind":"user"}`
	bob    = `{"id":"bob","kind":"user"}`
	object = `{"data":{},"type":"note"}`
)

// What a command comes to, and how many revisions and records it leaves.
func TestPipeline(t *testing.T) {
	with := func(c entry.Command, change func(c *entry.Command)) entry.Command {
		change(&c)
		return c
	}
	nobody := func(c entry.Command) entry.Command {
		return with(c, func(c *entry.Command) { c.Actor, c.Credential = "", "" })
	}
	stranger := with(byRoot("object.create", object), func(c *entry.Command) { c.Actor = "nobody" })
	tests := []struct {
		name      string
		command   entry.Command
		code      fault.Code
		revisions uint64 // with one for the head
		records   uint64
		index     int64 // of the item that failed; -1 is none
	}{
		{"a command", byRoot(create, alice), "", 2, 1, -1},
		{"a batch", byRoot(create, alice, create, bob), "", 2, 2, -1},
		{"a batch whose third fails", byRoot(create, alice, create, bob, create, alice), fault.AlreadyExists, 1, 0, 2},
		{"a result that an item uses", byRoot("object.create", object, "object.delete", `{"id":{"$result":[0,"id"]}}`), "", 2, 2, -1},
		{"no such credential", with(byRoot(create, alice), func(c *entry.Command) { c.Credential = "pat_01890a5d0c1e7000a000000000000009" }), fault.APIKeyInvalid, 1, 0, -1},
		{"another's credential", stranger, fault.APIKeyInvalid, 1, 0, -1},
		{"what the target forbids", byRoot("object.delete", `{"id":"obj_01890a5d0c1e7000a000000000000099"}`), fault.NotFound, 2, 1, -1},
		{"a change without a trace", byRoot("probe.write", `{"rows":1,"silent":true}`), fault.Internal, 1, 0, -1},
		{"an open command of nobody", nobody(byRoot("probe.knock", `{"away":false}`)), "", 2, 1, -1},
		{"one that is refused", nobody(byRoot("probe.knock", `{"away":true}`)), fault.PermissionDenied, 1, 0, -1},
		{"one with a key that is refused", byRoot("probe.knock", `{"away":true}`), fault.PermissionDenied, 2, 1, -1},
		{"another command of nobody", nobody(byRoot(create, alice)), fault.APIKeyInvalid, 1, 0, -1},
		{"a batch of nobody", nobody(byRoot("probe.knock", `{"away":false}`, "probe.knock", `{"away":false}`)), fault.APIKeyInvalid, 1, 0, -1},
		{"an open command of nobody for somebody", with(nobody(byRoot("probe.knock", `{"away":false}`)), func(c *entry.Command) { c.Actor = "root" }), fault.APIKeyInvalid, 1, 0, -1},
		{"neither change nor trace", byRoot("probe.write", `{"rows":0,"silent":true}`), "", 1, 0, -1},
		{"as many rows as may be", byRoot("probe.write", `{"rows":4900}`), "", 2, 1, -1},
		{"too many rows", byRoot("probe.write", `{"rows":5001}`), fault.LimitExceeded, 1, 0, -1},
		{"too many bytes", byRoot("probe.write", `{"rows":5,"size":1000000}`), fault.LimitExceeded, 1, 0, -1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			l := found(t)
			before := l.Head()
			_, refused := l.apply(test.command)
			code, index := fault.Code(""), int64(-1)
			if f := refused[0]; f != nil {
				code = f.Code
				for _, m := range f.Members {
					if n, ok := m.Value.(int64); ok && m.Name == "index" {
						index = n
					}
				}
			}
			after := l.Head()
			if code != test.code || index != test.index {
				t.Errorf("ends with %q at %d, want %q at %d (%v)", code, index, test.code, test.index, refused[0])
			}
			if got := after.Revision - before.Revision; got != test.revisions {
				t.Errorf("%d revisions, want %d", got, test.revisions)
			}
			if got := after.Sequence - before.Sequence; got != test.records {
				t.Errorf("%d records, want %d", got, test.records)
			}
		})
	}
}

func TestTheClockNeverFalls(t *testing.T) {
	l := found(t)
	for i, at := range []state.Time{5_000_000, 3_000_000, 0, 5_000_001} {
		c := byRoot(create, `{"id":"p`+strconv.Itoa(i)+`","kind":"user"}`)
		c.Time = at
		before := l.Head().Time
		l.apply(c)
		if now := l.Head().Time; now < before || now < at {
			t.Errorf("the clock went from %d to %d with a command of %d", before, now, at)
		}
	}
}

// A key that was revoked by an earlier command of the entry opens nothing, not
// even the answer to a repeat.
func TestRevocationWithinAnEntry(t *testing.T) {
	l := found(t)
	id := entry.Idempotency{Key: [32]byte{1}, Digest: [32]byte{2}}
	once := byRoot(create, alice)
	once.Idempotency = &id
	l.apply(once)
	_, refused := l.apply(byRoot("key.revoke", `{"id":"`+string(rootKey)+`"}`), byRoot(create, bob), once)
	if refused[0] != nil {
		t.Fatal(refused[0])
	}
	for i, f := range refused[1:] {
		if f == nil || f.Code != fault.APIKeyInvalid {
			t.Errorf("command %d after the revocation: %v", i+1, f)
		}
	}
}

func TestRepeats(t *testing.T) {
	l := found(t)
	once := byRoot("object.create", object)
	once.Idempotency = &entry.Idempotency{Key: [32]byte{1}, Digest: [32]byte{2}, Sealed: []byte("sealed")}
	first, _ := l.apply(once)
	sequence := l.Head().Sequence
	again, refused := l.apply(once)
	if refused[0] != nil || !again[0].Replayed || !bytes.Equal(again[0].Outputs[0], first[0].Outputs[0]) || string(again[0].Sealed) != "sealed" || again[0].Revision != first[0].Revision {
		t.Errorf("the repeat gives %+v, first was %+v", again[0], first[0])
	}
	other := once
	other.Idempotency = &entry.Idempotency{Key: [32]byte{1}, Digest: [32]byte{3}}
	if _, refused = l.apply(other); refused[0] == nil || refused[0].Code != fault.IdempotencyKeyReused {
		t.Errorf("another input under the key: %v", refused[0])
	}
	if l.Head().Sequence != sequence {
		t.Error("repeats left records")
	}
	late := once
	late.Time += 24 * 60 * 60 * 1_000_000
	if out, _ := l.apply(late); out[0].Replayed || bytes.Equal(out[0].Outputs[0], first[0].Outputs[0]) {
		t.Error("a result is given after its day")
	}
}

func TestEntriesAreAppliedOnce(t *testing.T) {
	l := found(t)
	head := l.Head()
	out, err := l.Apply(l.index, 1, &entry.Entry{Format: entry.Format, Commands: []entry.Command{byRoot(create, alice)}})
	if err != nil || len(out) != 1 || l.Head().Digest != head.Digest {
		t.Errorf("%v %v", out, err)
	}
}

// What this binary cannot read as its writer meant it stops the machine.
func TestUnknownCommandsStop(t *testing.T) {
	newer := byRoot("object.create", object)
	newer.Items[0].Schema = 1000
	tests := []struct {
		name    string
		command entry.Command
	}{
		{"an operation that is not known", byRoot("object.fly", `{}`)},
		{"a schema of the future", newer},
		{"an input that is no JSON", byRoot("object.create", `{`)},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			l := found(t)
			head := l.Head()
			if _, err := l.Apply(l.index+1, 1, &entry.Entry{Format: entry.Format, Commands: []entry.Command{byRoot(create, alice), test.command}}); err == nil {
				t.Fatal("the machine goes on")
			}
			if l.Head().Digest != head.Digest {
				t.Error("a part of the entry was kept")
			}
		})
	}
}
