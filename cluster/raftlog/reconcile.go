package raftlog

import (
	"errors"
	"fmt"

	"github.com/hashicorp/raft"
)

// ErrGap says that entries between the state and the log are missing. Nothing
// on this node can supply them: its data must be removed and the node joined
// again, as a new server.
var ErrGap = errors.New("raftlog: entries between state and log are missing")

// Reconcile makes the log fit the state before Raft starts. The state stands at
// index and term, 0 when it is empty. A crash can leave the two apart, because
// an install replaces the state first and wipes the log second.
func (l *Log) Reconcile(index, term uint64) error {
	first, err := l.FirstIndex()
	if err != nil {
		return err
	}
	last, err := l.LastIndex()
	if err != nil || last == 0 {
		return err
	}
	if first > index+1 {
		return fmt.Errorf("%w: the state ends at %d, the log begins at %d", ErrGap, index, first)
	}
	if index == 0 {
		return nil
	}
	if last < index {
		return l.bottom.wipe(first, last)
	}
	var entry raft.Log
	switch err := l.GetLog(index, &entry); {
	case errors.Is(err, raft.ErrLogNotFound):
		// The log begins right after the state, or an interrupted deletion left
		// older entries before a hole: those are in the state.
		if first > index {
			return nil
		}
		return l.bottom.wipe(first, index)
	case err != nil:
		return err
	case entry.Term != term:
		return l.bottom.wipe(first, last)
	}
	return nil
}

// wipe deletes without regard to the limits: the state has all of it.
func (b *bottom) wipe(first, last uint64) error {
	if err := b.store.DeleteRange(first, last); err != nil {
		return err
	}
	return b.measure()
}
