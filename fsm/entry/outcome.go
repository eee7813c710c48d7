package entry

import (
	"encoding/json"

	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/state"
)

// Outcome is what the state machine decided about one command: equal on every
// replica. It is no part of the state.
type Outcome struct {
	// Revision is the revision of the command's effects, or the newest one if
	// it had none.
	Revision uint64 `cbor:"1,keyasint"`
	// Outputs are the JSON outputs of the items.
	Outputs [][]byte `cbor:"2,keyasint,omitempty"`
	// Replayed says that the command had happened before; Sealed is then the
	// one-time secret as the first try sealed it.
	Replayed bool   `cbor:"3,keyasint,omitempty"`
	Sealed   []byte `cbor:"4,keyasint,omitempty"`
	// Refused is the fault in JSON, if the command was refused.
	Refused []byte `cbor:"5,keyasint,omitempty"`
}

// Refuse makes the outcome of a refusal.
func Refuse(revision uint64, f *fault.Fault) (Outcome, error) {
	raw, err := json.Marshal(f)
	return Outcome{Revision: revision, Refused: raw}, err
}

// Fault is the refusal, or nil.
func (o *Outcome) Fault() (*fault.Fault, error) {
	if len(o.Refused) == 0 {
		return nil, nil
	}
	var f fault.Fault
	if err := json.Unmarshal(o.Refused, &f); err != nil {
		return nil, err
	}
	return &f, nil
}

// EncodeOutcome gives the bytes of an outcome.
func EncodeOutcome(o *Outcome) ([]byte, error) { return state.Marshal(o) }

// DecodeOutcome reads what EncodeOutcome wrote.
func DecodeOutcome(b []byte) (*Outcome, error) {
	var o Outcome
	if err := state.Unmarshal(b, &o); err != nil {
		return nil, err
	}
	return &o, nil
}
