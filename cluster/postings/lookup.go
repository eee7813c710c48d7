package postings

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/storage"
	"github.com/weir-store/weir/storage/key"
)

// Look implements op.Postings. What can't be read is as good as not there.
func (x *Index) Look() op.Lookup {
	published := x.own.Published()
	if published == 0 {
		return nowhere{}
	}
	s, err := x.own.Snapshot(published)
	if err != nil {
		return nowhere{}
	}
	m, err := readMark(s)
	if err != nil || m == nil {
		s.Close()
		return nowhere{}
	}
	return &lookup{snapshot: s, mark: *m}
}

// nowhere is an index that holds nothing.
type nowhere struct{}

func (nowhere) Indexed() uint64                   { return 0 }
func (nowhere) Find(op.Term) op.Posting           { return nowhere{} }
func (nowhere) Seek(uint64, bool) (uint64, error) { return 0, nil }
func (nowhere) Close()                            {}

type lookup struct {
	snapshot storage.Snapshot
	mark     mark
}

// Indexed implements op.Lookup.
func (l *lookup) Indexed() uint64 { return l.mark.Next * Segment }

// Close implements op.Lookup.
func (l *lookup) Close() { l.snapshot.Close() }

// Find implements op.Lookup.
func (l *lookup) Find(t op.Term) op.Posting {
	return &list{from: l.snapshot, term: digest(t)}
}

// list is the entries that have one term.
type list struct {
	from storage.Reader
	term [16]byte
	// segment is the one whose sequences are at hand, if there are any.
	segment   uint64
	sequences []uint64
}

// Seek implements op.Posting.
func (l *list) Seek(from uint64, falling bool) (uint64, error) {
	if from == 0 {
		return 0, nil
	}
	segment := (from - 1) / Segment
	if l.sequences == nil || l.segment != segment {
		if err := l.load(segment); err != nil {
			return 0, err
		}
	}
	if n := l.pick(from, falling); n != 0 {
		return n, nil
	}
	found, err := l.jump(segment, falling)
	if err != nil || !found {
		return 0, err
	}
	return l.pick(from, falling), nil
}

// pick is the nearest of the sequences at hand; 0 if there is none.
func (l *list) pick(from uint64, falling bool) uint64 {
	best := uint64(0)
	for _, n := range l.sequences {
		switch {
		case falling && n <= from:
			best = n
		case !falling && n >= from:
			return n
		}
	}
	return best
}

// load takes the sequences of a segment; none is no error.
func (l *list) load(segment uint64) error {
	b, err := l.from.Get(posting(l.term, segment))
	switch {
	case errors.Is(err, storage.ErrNotFound):
		l.segment, l.sequences = segment, []uint64{}
		return nil
	case err != nil:
		return fmt.Errorf("postings: %w", err)
	}
	return l.take(segment, b)
}

// jump takes the nearest segment behind one that has the term.
func (l *list) jump(segment uint64, falling bool) (found bool, err error) {
	start, end := key.Prefix(key.New(key.IndexPosting).Fixed16(l.term))
	if falling {
		end = posting(l.term, segment)
	} else {
		start = posting(l.term, segment+1)
	}
	it := l.from.Scan(start, end, falling)
	defer it.Close()
	if !it.Next() {
		if err := it.Err(); err != nil {
			return false, fmt.Errorf("postings: %w", err)
		}
		return false, nil
	}
	k := it.Key()
	return true, l.take(binary.BigEndian.Uint64(k[len(k)-8:]), it.Value())
}

func (l *list) take(segment uint64, b []byte) error {
	l.segment, l.sequences = segment, make([]uint64, 0, len(b))
	at := segment * Segment
	for len(b) > 0 {
		step, n := binary.Uvarint(b)
		if n <= 0 {
			return &storage.Corruption{Where: "index of the audit trail", What: "a list can't be read"}
		}
		at, b = at+step, b[n:]
		l.sequences = append(l.sequences, at)
	}
	return nil
}
