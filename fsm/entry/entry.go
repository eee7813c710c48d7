// Package entry is the envelope of a log entry: the commands of one entry with
// all that apply may know of the world.
package entry

import (
	"fmt"

	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/urn"
)

// Format is the version of the envelope that this binary writes.
const Format = 1

// EntropySize is the number of random bytes stamped on each command.
const EntropySize = 32

// Entry is what one Raft entry carries. Members are numbered; a number that a
// binary does not know stops it, unless it is 128 or more.
type Entry struct {
	Format   uint64    `cbor:"1,keyasint"`
	Commands []Command `cbor:"2,keyasint"`
}

// Command is one call, authenticated and prepared by the node that took it.
type Command struct {
	// Items are the operations; more than one happen together or not at all.
	Items []Item `cbor:"1,keyasint"`
	// Actor is the acting principal, Credential the key that was shown. It is
	// the actor's own, or Impersonator's, who acts for the actor as a host. All
	// are judged again at the log position.
	Actor        urn.ID `cbor:"2,keyasint"`
	Credential   urn.ID `cbor:"3,keyasint,omitempty"`
	Impersonator urn.ID `cbor:"4,keyasint,omitempty"`
	OnBehalfOf   urn.ID `cbor:"5,keyasint,omitempty"`
	RequestID    string `cbor:"6,keyasint,omitempty"`
	// Idempotency is present when the caller gave a key.
	Idempotency *Idempotency `cbor:"7,keyasint,omitempty"`
	// Time and Entropy are stamped by the leader.
	Time    state.Time `cbor:"8,keyasint,omitempty"`
	Entropy []byte     `cbor:"9,keyasint,omitempty"`
	// IfMatch is the version that the caller's precondition names; 0 is none.
	IfMatch uint64   `cbor:"10,keyasint,omitempty"`
	Trace   op.Trace `cbor:"11,keyasint"`
	// Batch says that the caller asked for Items, if only for one.
	Batch bool `cbor:"12,keyasint,omitempty"`
	// Rotation says which of the key's secrets was shown.
	Rotation uint64 `cbor:"13,keyasint,omitempty"`
}

// Operation is the name of what is called.
func (c *Command) Operation() string {
	if c.Batch || len(c.Items) != 1 {
		return op.Batch
	}
	return c.Items[0].Op
}

// Item is one operation with its prepared input.
type Item struct {
	Op     string `cbor:"1,keyasint"`
	Schema uint64 `cbor:"2,keyasint"`
	// Input is canonical JSON.
	Input []byte `cbor:"3,keyasint"`
}

// Idempotency identifies a command that is to happen once.
type Idempotency struct {
	// Key is SHA-256("weir/idem" ‖ principal ‖ operation ‖ path ‖ key): the
	// caller's key itself never leaves the node that took the call.
	Key [32]byte `cbor:"1,keyasint"`
	// Digest is an HMAC, keyed from the caller's key, of the caller's input.
	Digest [32]byte `cbor:"2,keyasint"`
	// Sealed is the one-time secret of the reply, sealed under the caller's
	// key, for a replay.
	Sealed []byte `cbor:"3,keyasint,omitempty"`
}

// Encode gives the deterministic bytes of an entry.
func Encode(e *Entry) ([]byte, error) { return state.Marshal(e) }

// Decode reads an entry. What this binary does not know is an error, since
// replicas that guess part ways; but members numbered 128 or more, of the entry
// and of its commands, are passed over.
func Decode(b []byte) (*Entry, error) {
	e, err := decode[Entry](b, knownEntry)
	if err != nil {
		return nil, err
	}
	if e.Format != Format {
		return nil, fmt.Errorf("entry: format %d is not known to this binary (it knows %d)", e.Format, Format)
	}
	return e, nil
}

// EncodeCommand gives the bytes of one command, as nodes forward it.
func EncodeCommand(c *Command) ([]byte, error) { return state.Marshal(c) }

// DecodeCommand reads what EncodeCommand wrote, with members passed over as by
// Decode.
func DecodeCommand(b []byte) (*Command, error) { return decode[Command](b, known) }
