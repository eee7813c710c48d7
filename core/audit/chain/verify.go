package chain

import (
	"bytes"
	"encoding/hex"
	"strconv"
)

// Why a trail is broken.
const (
	// Missing: an entry is not there, or not in its place.
	Missing = "missing"
	// Malformed: bytes are no entry.
	Malformed = "malformed"
	// Changed: an entry is not what the next one, or the head, says it was.
	Changed = "hash"
	// Link: an entry names another hash than that of the one before.
	Link = "link"
	// Tree: an entry is not the one that the tree was built of.
	Tree = "tree"
	// Signed: the entries up to this one do not have the root that was signed.
	Signed = "checkpoint"
	// Signature: a checkpoint is not signed by the key of the log.
	Signature = "signature"
	// Body: what lies beside an entry is not what the entry commits to.
	Body = "body"
	// Before, After: a thing did not have the state that the entry commits to.
	Before = "before state"
	After  = "after state"
	// Cosigned: a witness did not sign what is kept as its cosignature.
	Cosigned = "cosignature"
	// Unfinished: an export ends before its end.
	Unfinished = "unfinished"
)

// Break is the first place where a trail is not what it was.
type Break struct {
	// Sequence is the entry that was changed or is missing. For Signed it is
	// the last of those among which it is.
	Sequence uint64
	Reason   string
}

// Anchor is a place in a trail from which on it can be verified: what is known
// of the first Size entries. The zero Anchor is the beginning.
type Anchor struct {
	Size uint64
	// Hash is that of entry Size.
	Hash [32]byte
	// Peaks are those of the tree of this size.
	Peaks [][32]byte
}

// Verifier takes the entries of a trail one after the other and finds the
// first that is not what it was. Its memory does not grow.
type Verifier struct {
	at    Anchor
	start uint64
	// Leaf, when set, is asked for what the tree has in the place of an entry.
	Leaf func(sequence uint64) (leaf [32]byte, known bool)
	// suspect is an entry that does not fit to the one before. The next one
	// tells which of the two was changed.
	suspect *[32]byte
	broken  *Break
}

// NewVerifier starts after an anchor, which is believed.
func NewVerifier(a Anchor) *Verifier {
	a.Peaks = append([][32]byte(nil), a.Peaks...)
	return &Verifier{at: a, start: a.Size}
}

// At is how far the trail is known to be whole.
func (v *Verifier) At() Anchor { return v.at }

// Broken is the break that was found, if any.
func (v *Verifier) Broken() *Break { return v.broken }

// Add takes the next entry. It reports false when the trail is broken there or
// before; what comes after is of no use then.
func (v *Verifier) Add(entry []byte) bool {
	if v.broken != nil {
		return false
	}
	sequence, previous, ok := links(entry)
	if v.suspect != nil {
		return v.settle(ok && string(previous) == Hex(*v.suspect))
	}
	next := v.at.Size + 1
	switch {
	case !ok:
		return v.fail(next, Malformed)
	case sequence != next:
		return v.fail(next, Missing)
	}
	leaf := Leaf(entry)
	if v.Leaf != nil {
		if want, known := v.Leaf(next); known && want != leaf {
			return v.fail(next, Tree)
		}
	}
	hash := Hash(entry)
	if !same(previous, v.at.Hash, next == 1) {
		v.suspect = &hash
		return true
	}
	v.at.Peaks = Grow(v.at.Peaks, v.at.Size, leaf)
	v.at.Size, v.at.Hash = next, hash
	return true
}

// Finish says what the hash of the last entry must be, and how many there are.
func (v *Verifier) Finish(size uint64, hash [32]byte) bool {
	switch {
	case v.broken != nil:
		return false
	case v.suspect != nil:
		return v.settle(*v.suspect == hash)
	case v.at.Size < size:
		return v.fail(v.at.Size+1, Missing)
	case v.at.Hash != hash:
		return v.fail(v.at.Size, Changed)
	}
	return true
}

// settle blames one of two entries that do not fit: the later, unless what
// comes after it vouches for it.
func (v *Verifier) settle(vouched bool) bool {
	if vouched && v.at.Size > v.start {
		return v.fail(v.at.Size, Changed)
	}
	return v.fail(v.at.Size+1, Link)
}

// Match compares the tree of what was taken so far with a root that is known
// from elsewhere; the reason says from where.
func (v *Verifier) Match(root [32]byte, reason string) bool {
	if v.broken != nil {
		return false
	}
	if v.suspect == nil && Root(v.at.Peaks) != root {
		return v.fail(v.at.Size, reason)
	}
	return true
}

// Reject breaks off at the last entry that was taken.
func (v *Verifier) Reject(reason string) bool { return v.broken == nil && v.fail(v.at.Size, reason) }

// Blame breaks off at an entry that was taken before, for a reason that the
// chain does not know of. No break is none.
func (v *Verifier) Blame(b *Break) {
	if v.broken == nil {
		v.broken = b
	}
}

func (v *Verifier) fail(sequence uint64, reason string) bool {
	v.broken = &Break{Sequence: sequence, Reason: reason}
	return false
}

// same says whether a link names a hash; the first entry's names none.
func same(previous []byte, hash [32]byte, first bool) bool {
	if first {
		return len(previous) == 0
	}
	var text [64]byte
	hex.Encode(text[:], hash[:])
	return bytes.Equal(previous, text[:])
}

var (
	previousMember = []byte(`,"previous":"`)
	sequenceMember = []byte(`,"sequence":`)
)

// Previous is the hash that an entry names as that of the one before.
func Previous(entry []byte) (hash [32]byte, ok bool) {
	_, previous, ok := links(entry)
	if !ok {
		return hash, false
	}
	return ParseHex(string(previous))
}

// links reads sequence and previous of an entry without parsing it. No text
// inside can look like a member, since it would have its quotes escaped.
func links(entry []byte) (sequence uint64, previous []byte, ok bool) {
	_, rest, found := bytes.Cut(entry, previousMember)
	if !found {
		return 0, nil, false
	}
	previous, rest, found = bytes.Cut(rest, []byte{'"'})
	if !found {
		return 0, nil, false
	}
	_, rest, found = bytes.Cut(rest, sequenceMember)
	if !found {
		return 0, nil, false
	}
	end := bytes.IndexAny(rest, ",}")
	if end < 0 {
		return 0, nil, false
	}
	sequence, err := strconv.ParseUint(string(rest[:end]), 10, 53)
	return sequence, previous, err == nil
}
