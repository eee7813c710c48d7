package state

import (
	"bytes"
	"fmt"
)

// Format is the layout of rows and entries that this binary writes.
const Format = 1

// Head is the one row that every entry rewrites: where in the log the state
// stands and the ends of the chains that hang from it. It is stored with the
// writes of its entry, so the two cannot part.
type Head struct {
	// Format is the layout version of the whole state.
	Format uint64 `cbor:"1,keyasint"`
	// Index and Term are those of the last applied Raft entry.
	Index uint64 `cbor:"2,keyasint"`
	Term  uint64 `cbor:"3,keyasint"`
	// Revision is the revision of this row: the newest of the state.
	Revision uint64 `cbor:"4,keyasint"`
	// Time is the last t: no timestamp of the state is later.
	Time Time `cbor:"5,keyasint"`
	// Ordinal numbers the ids made within the millisecond of IDMillis.
	Ordinal  uint16 `cbor:"6,keyasint"`
	IDMillis uint64 `cbor:"7,keyasint"`
	// Configuration is the encoded Raft configuration in force and the log
	// index that it came from.
	Configuration      []byte `cbor:"8,keyasint,omitempty"`
	ConfigurationIndex uint64 `cbor:"9,keyasint,omitempty"`
	// Sequence is the number of audit entries; Chain the hash of the last.
	Sequence uint64   `cbor:"10,keyasint,omitempty"`
	Chain    [32]byte `cbor:"11,keyasint"`
	// Peaks are the roots of the complete subtrees of the audit tree, largest
	// first: one for each bit set in Sequence.
	Peaks [][32]byte `cbor:"12,keyasint,omitempty"`
	// Digest extends over the writes of every entry applied so far.
	Digest [32]byte `cbor:"13,keyasint"`
}

// clone copies what an overlay may change.
func (h *Head) clone() Head {
	c := *h
	c.Peaks = append([][32]byte(nil), h.Peaks...)
	return c
}

// LoadHead reads the head of a view; the zero Head of an empty state.
func LoadHead(v View) (Head, error) {
	b, ok := v.get(headKey)
	if !ok {
		return Head{Format: Format}, nil
	}
	var h Head
	if err := Unmarshal(b, &h); err != nil {
		return Head{}, err
	}
	if h.Format != Format {
		return Head{}, fmt.Errorf("state: the data has format %d, this binary reads format %d", h.Format, Format)
	}
	return h, nil
}

// IsHead says whether a key is that of the head row.
func IsHead(k []byte) bool { return bytes.Equal(k, headKey) }
