package cluster

import (
	"context"
	"sync"

	"github.com/weir-store/weir/core/fault"
)

// shared gives one answer to everybody who waits when it is asked for. Who comes
// while a question is under way waits for the next one: the answer to a question
// that was put before he came may be too old for him.
type shared struct {
	ask func() (uint64, error)

	mu      sync.Mutex
	waiting *answer
	running bool
}

// answer is what everybody in one group is told.
type answer struct {
	done  chan struct{}
	value uint64
	err   error
}

// get returns an answer to a question that is put after the call.
func (s *shared) get(ctx context.Context) (uint64, error) {
	a := s.join()
	select {
	case <-a.done:
		return a.value, a.err
	case <-ctx.Done():
		return 0, fault.New(fault.NoLeader, "the read could not be confirmed in time").Wrap(ctx.Err())
	}
}

func (s *shared) join() *answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.waiting == nil {
		s.waiting = &answer{done: make(chan struct{})}
	}
	joined := s.waiting
	if !s.running {
		s.running = true
		go s.run()
	}
	return joined
}

// run asks until nobody waits.
func (s *shared) run() {
	for {
		s.mu.Lock()
		current := s.waiting
		s.waiting = nil
		s.running = current != nil
		s.mu.Unlock()
		if current == nil {
			return
		}
		current.value, current.err = s.ask()
		close(current.done)
	}
}
