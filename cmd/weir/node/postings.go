package node

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"github.com/weir-store/weir/cluster/postings"
	"github.com/weir-store/weir/storage"
	"github.com/weir-store/weir/storage/badgerdb"
)

// indexDir is where a node keeps its index of the audit trail. It can be
// deleted while the node is stopped: it is built again.
const indexDir = "audit-index"

// indexMemTable is enough for a segment; what is not on disk yet is built again
// after a crash.
const indexMemTable = 16 << 20

// trailIndex is a node's index of the audit trail, with what builds it.
type trailIndex struct {
	*postings.Index
	engine storage.Engine
	stop   context.CancelFunc
	built  sync.WaitGroup
}

// openIndex opens the index of the trail in an engine and begins to build it.
// One that is damaged is thrown away.
func (n *Node) openIndex(trail storage.Engine) (*trailIndex, error) {
	dir := filepath.Join(n.config.Data, indexDir)
	options := badgerdb.Options{MemTableSize: indexMemTable, Logger: n.config.Log.With("part", indexDir)}
	engine, err := badgerdb.Open(dir, options)
	if err != nil {
		n.config.Log.Warn("the index of the audit trail can't be opened and is built anew", "error", err)
		if err := os.RemoveAll(dir); err != nil {
			return nil, fmt.Errorf("remove the index of the audit trail: %w", err)
		}
		if engine, err = badgerdb.Open(dir, options); err != nil {
			return nil, fmt.Errorf("open the index of the audit trail: %w", err)
		}
	}
	x := &trailIndex{Index: postings.New(trail, engine, n.config.Log), engine: engine}
	var ctx context.Context
	ctx, x.stop = context.WithCancel(context.Background())
	x.built.Go(func() { x.Run(ctx) })
	return x, nil
}

// Close stops building, and closes the engine.
func (x *trailIndex) Close() error {
	if x == nil {
		return nil
	}
	x.stop()
	x.built.Wait()
	return x.engine.Close()
}
