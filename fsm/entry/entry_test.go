package entry_test

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/fsm/entry"
)

// full has every member set, so that none can be lost unseen.
func full() entry.Command {
	return entry.Command{
		Items: []entry.Item{{Op: "object.create", Schema: 1, Input: []byte(`{"type":"note"}`)}},
		Actor: "alice", Credential: "pat_1", Impersonator: "host", OnBehalfOf: "bob", RequestID: "r1",
		Idempotency: &entry.Idempotency{Key: [32]byte{1}, Digest: [32]byte{2}, Sealed: []byte{3}},
		Time:        42, Entropy: bytes.Repeat([]byte{7}, entry.EntropySize), IfMatch: 9, Batch: true,
		Trace: op.Trace{ScopeID: "scp_1", EnvironmentID: "env_1", ParentID: "aud_1", Client: "cli"},
	}
}

func encode(t *testing.T, v any) []byte {
	t.Helper()
	b, err := state.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// members gives an encoded map with further members.
func members(t *testing.T, b []byte, more map[uint64]any) []byte {
	t.Helper()
	var m map[uint64]state.Encoded
	if err := state.Unmarshal(b, &m); err != nil {
		t.Fatal(err)
	}
	for number, value := range more {
		m[number] = encode(t, value)
	}
	return encode(t, m)
}

func TestEntryKeepsEveryMember(t *testing.T) {
	want := &entry.Entry{Format: entry.Format, Commands: []entry.Command{full(), {Actor: op.System}}}
	b, err := entry.Encode(want)
	if err != nil {
		t.Fatal(err)
	}
	got, err := entry.Decode(b)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestUnknownMembersOfAnEntry(t *testing.T) {
	command := full()
	plain := encode(t, &command)
	envelope := func(command []byte, more map[uint64]any) []byte {
		return members(t, encode(t, map[uint64]any{1: entry.Format, 2: []state.Encoded{command, plain}}), more)
	}
	many := map[uint64]any{}
	for i := range uint64(300) {
		many[200+i] = i
	}
	tests := []struct {
		name  string
		entry []byte
		taken bool
	}{
		{"none", envelope(plain, nil), true},
		{"127 in the entry", envelope(plain, map[uint64]any{127: "x"}), false},
		{"128 in the entry", envelope(plain, map[uint64]any{128: "x"}), true},
		{"128 and 3 in the entry", envelope(plain, map[uint64]any{3: 1, 128: "x"}), false},
		{"13 in a command", envelope(members(t, plain, map[uint64]any{13: true}), nil), false},
		{"128 in a command", envelope(members(t, plain, map[uint64]any{128: map[string]any{"deep": []int{1}}}), nil), true},
		{"128 in both", envelope(members(t, plain, map[uint64]any{1000: 1}), map[uint64]any{70000: 2}), true},
		{"300 open ones", envelope(plain, many), true},
		{"a format of the future", members(t, envelope(plain, nil), map[uint64]any{1: entry.Format + 1}), false},
		{"members by name", encode(t, map[string]any{"format": 1}), false},
		{"no map", encode(t, []int{1}), false},
		{"a byte too many", append(envelope(plain, map[uint64]any{128: 1}), 0), false},
		{"open members out of order", []byte{0xA3, 0x18, 0x81, 0x01, 0x18, 0x80, 0x01, 0x01, 0x01}, false},
		{"nothing", nil, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := entry.Decode(test.entry)
			if (err == nil) != test.taken {
				t.Fatalf("error %v, want taken %v", err, test.taken)
			}
			if !test.taken {
				return
			}
			want := &entry.Entry{Format: entry.Format, Commands: []entry.Command{full(), full()}}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestUnknownMembersOfACommand(t *testing.T) {
	want := full()
	plain := encode(t, &want)
	got, err := entry.DecodeCommand(members(t, plain, map[uint64]any{128: 1}))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(&want, got); diff != "" {
		t.Error(diff)
	}
	if _, err := entry.DecodeCommand(members(t, plain, map[uint64]any{100: 1})); err == nil {
		t.Error("a command with member 100 was taken")
	}
}

func TestOutcomeKeepsARefusal(t *testing.T) {
	want := fault.New(fault.VersionConflict, "changed").With("current", uint64(1<<60+1)).At(fault.Item{Pointer: "/a", Code: "c", Detail: "d"})
	refused, err := entry.Refuse(7, want)
	if err != nil {
		t.Fatal(err)
	}
	b, err := entry.EncodeOutcome(&refused)
	if err != nil {
		t.Fatal(err)
	}
	got, err := entry.DecodeOutcome(b)
	if err != nil {
		t.Fatal(err)
	}
	f, err := got.Fault()
	if err != nil || f == nil || got.Revision != 7 {
		t.Fatalf("%v %v at %d", f, err, got.Revision)
	}
	if f.Code != want.Code || f.Detail != want.Detail || !cmp.Equal(f.Members, want.Members) || !cmp.Equal(f.Items, want.Items) {
		t.Errorf("got %+v, want %+v", f, want)
	}
}

// What decodes encodes to something that decodes to the same again.
func FuzzDecode(f *testing.F) {
	command := full()
	for _, v := range []any{
		&entry.Entry{Format: entry.Format, Commands: []entry.Command{command}},
		&command,
		&entry.Outcome{Revision: 1, Outputs: [][]byte{[]byte(`{}`)}, Replayed: true, Sealed: []byte{1}},
		map[uint64]any{1: entry.Format, 128: "x"},
	} {
		b, err := state.Marshal(v)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		again(t, b, entry.Decode, entry.Encode)
		again(t, b, entry.DecodeCommand, entry.EncodeCommand)
		again(t, b, entry.DecodeOutcome, entry.EncodeOutcome)
	})
}

func again[T any](t *testing.T, b []byte, decode func([]byte) (*T, error), encode func(*T) ([]byte, error)) {
	t.Helper()
	v, err := decode(b)
	if err != nil {
		return
	}
	first, err := encode(v)
	if err != nil {
		t.Fatalf("%T does not encode: %v", v, err)
	}
	w, err := decode(first)
	if err != nil {
		t.Fatalf("%T does not decode again: %v", v, err)
	}
	second, err := encode(w)
	if err != nil || !bytes.Equal(first, second) {
		t.Fatalf("%T changes from %x to %x: %v", v, first, second, err)
	}
}
