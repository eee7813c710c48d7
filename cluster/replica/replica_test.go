package replica_test

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"time"

	"github.com/weir-store/weir/cluster"
	"github.com/weir-store/weir/cluster/replica"
	"github.com/weir-store/weir/core"
	"github.com/weir-store/weir/core/access"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/fsm"
	"github.com/weir-store/weir/storage"
	"github.com/weir-store/weir/storage/memdb"
)

// undurable is an engine of which nothing is durable.
type undurable struct{ storage.Engine }

func (undurable) Durable() uint64 { return 0 }

func open(t *testing.T, engine storage.Engine) *replica.Replica {
	t.Helper()
	m, err := fsm.New(engine, op.NewCatalog(core.Sets()...), access.Sight{})
	if err != nil {
		t.Fatal(err)
	}
	return replica.New(m, engine)
}

func configure(t *testing.T, r *replica.Replica, index uint64) cluster.Position {
	t.Helper()
	if _, err := r.Apply([]cluster.Entry{{Index: index, Term: 1, Configuration: []byte{byte(index)}}}); err != nil {
		t.Fatal(err)
	}
	return r.Position()
}

// However many positions there are, PositionAt never names a later one than
// the true one.
func TestPositionAt(t *testing.T) {
	for name, engine := range map[string]storage.Engine{"durable at once": memdb.New(), "never durable": undurable{memdb.New()}} {
		t.Run(name, func(t *testing.T) {
			r := open(t, engine)
			var all []cluster.Position
			for index := uint64(2); index < 9000; index += 2 {
				all = append(all, configure(t, r, index))
			}
			for _, want := range all {
				got, err := r.PositionAt(want.Revision)
				if err != nil || got.Index > want.Index || got.Revision > want.Revision {
					t.Fatalf("at revision %d: %+v %v", want.Revision, got, err)
				}
			}
			newest := all[len(all)-1]
			if got, err := r.PositionAt(newest.Revision); err != nil || got.Index != newest.Index {
				t.Errorf("the newest is %+v, want %+v (%v)", got, newest, err)
			}
			if got, err := r.PositionAt(0); err != nil || got.Index != 0 {
				t.Errorf("at 0: %+v %v", got, err)
			}
		})
	}
}

func TestWaitRevision(t *testing.T) {
	r := open(t, memdb.New())
	configure(t, r, 1)
	next := r.Position().Revision + 1
	ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
	defer cancel()
	if err := r.WaitRevision(ctx, next); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("nothing came, and the wait ends with %v", err)
	}
	done := make(chan error)
	go func() { done <- r.WaitRevision(context.Background(), next) }()
	configure(t, r, 2)
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// The position that a restore is told wins over that of the stream.
func TestRestoreMoves(t *testing.T) {
	from, to := open(t, memdb.New()), open(t, memdb.New())
	configure(t, from, 7)
	var stream bytes.Buffer
	was, err := from.Export(context.Background(), &stream)
	if err != nil || was.Index != 7 {
		t.Fatalf("%+v %v", was, err)
	}
	cut := bytes.NewReader(stream.Bytes()[:stream.Len()-1])
	if err := to.Restore(cut, cluster.Position{Index: 9}); err == nil || to.Position().Index != 0 {
		t.Fatalf("half a stream was taken: %v", err)
	}
	if err := to.Restore(&stream, cluster.Position{Index: 9, Term: 3, Configuration: []byte("c"), ConfigurationIndex: 8}); err != nil {
		t.Fatal(err)
	}
	if p := to.Position(); p.Index != 9 || p.Term != 3 || string(p.Configuration) != "c" || p.ConfigurationIndex != 8 || p.Revision != was.Revision {
		t.Errorf("stands at %+v", p)
	}
	if next := configure(t, to, 10); next.Index != 10 || next.Revision <= was.Revision {
		t.Errorf("goes on at %+v", next)
	}
}
