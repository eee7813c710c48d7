package op

// Term is one fact that entries of the audit trail are found by: the name of a
// field, and its text.
type Term struct{ Field, Text string }

// Postings is a node's own index of the trail: which entries have a term. It is
// derived from the state and no part of it, and may lie behind; what is not in
// it yet is found by looking at the entries themselves.
type Postings interface {
	// Look opens the index as it is now.
	Look() Lookup
}

// Lookup is one state of an index. Close must be called.
type Lookup interface {
	// Indexed is the sequence up to which every entry is in the index.
	Indexed() uint64
	// Find gives the entries that may have a term. None that has it is left
	// out; one that has not can be among them.
	Find(t Term) Posting
	Close()
}

// Posting is the sequences of the entries that may have a term.
type Posting interface {
	// Seek gives the least sequence of at least from or, where it is asked to
	// fall, the largest of at most from; 0 if there is none. An error says that
	// the index cannot be used, which is no harm to the trail.
	Seek(from uint64, falling bool) (sequence uint64, err error)
}
