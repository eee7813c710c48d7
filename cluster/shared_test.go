package cluster

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/weir-store/weir/core/fault"
)

func TestNobodyGetsAnAnswerOlderThanHisCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var asked uint64
		proceed := make(chan struct{})
		s := &shared{ask: func() (uint64, error) {
			asked++
			n := asked
			<-proceed
			return n, nil
		}}
		var calls sync.WaitGroup
		get := func(want uint64) {
			calls.Go(func() {
				if got, err := s.get(t.Context()); got != want || err != nil {
					t.Errorf("answer %d, %v; want %d", got, err, want)
				}
			})
			synctest.Wait()
		}
		get(1) // its question is under way now
		get(2)
		get(2)
		get(2)
		proceed <- struct{}{}
		synctest.Wait()
		get(3)
		proceed <- struct{}{}
		synctest.Wait()
		proceed <- struct{}{}
		calls.Wait()
		if asked != 3 {
			t.Errorf("5 callers put %d questions, want 3", asked)
		}
	})
}

func TestImpatientCallerLeavesAlone(t *testing.T) {
	failure := errors.New("no")
	proceed := make(chan struct{})
	s := &shared{ask: func() (uint64, error) { <-proceed; return 0, failure }}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.get(ctx); !fault.Is(err, fault.NoLeader) {
		t.Errorf("error %v, want no-leader", err)
	}
	close(proceed)
	if _, err := s.get(t.Context()); !errors.Is(err, failure) {
		t.Errorf("error %v, want that of the question", err)
	}
}
