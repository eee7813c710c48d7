package badgerdb

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"sync"

	"github.com/dgraph-io/badger/v4"
	"github.com/dgraph-io/badger/v4/options"

	"github.com/weir-store/weir/storage"
)

// formatVersion is written into Badger's manifest; it changes with the layout
// of stored keys and frames.
const formatVersion = 1

// generation is one Badger directory. Flush closes and reopens it while
// snapshots and cursors live on: each read takes mu shared and works on the
// handle of the moment, which is right because a revision never changes.
type generation struct {
	number uint64
	dir    string
	opts   Options

	mu    sync.RWMutex // shared by one read, exclusive while the handle changes
	db    *badger.DB   // nil once closed
	epoch uint64       // counts handles

	cursorMu sync.Mutex
	cursors  map[*cursor]struct{} // those that hold an iterator of db

	// Guarded by DB.mu.
	refs int
	open map[uint64]int // number of snapshots by revision
}

// openCurrent opens the generation that the pointer names, or makes the first.
func openCurrent(dir string, o Options) (*generation, error) {
	number, err := readPointer(dir)
	if err != nil {
		return nil, err
	}
	if number == 0 {
		return createFirst(dir, o)
	}
	g := newGeneration(dir, number, o)
	if !o.faults.unverified {
		if err := g.verifyManifest(); err != nil {
			return nil, err
		}
	}
	if !o.faults.trustLogs {
		if err := removeLogs(g.dir); err != nil {
			return nil, err
		}
	}
	if err := removeOthers(dir, number); err != nil {
		return nil, err
	}
	if err := g.openHandle(); err != nil {
		return nil, err
	}
	return g, nil
}

// createFirst makes generation 1. The pointer is written before anything can
// be, so a table without a pointer is a pointer lost.
func createFirst(dir string, o Options) (*generation, error) {
	tables, err := filepath.Glob(filepath.Join(dir, dirPrefix+"*", "*.sst"))
	if err != nil {
		return nil, fmt.Errorf("badgerdb: %w", err)
	}
	if len(tables) > 0 {
		return nil, &storage.Corruption{Where: pointerName, What: "missing beside data"}
	}
	if err := removeOthers(dir, 0); err != nil {
		return nil, err
	}
	g := newGeneration(dir, 1, o)
	if err := g.openHandle(); err != nil {
		return nil, err
	}
	if err := errors.Join(syncDir(g.dir), writePointer(dir, 1)); err != nil {
		return nil, errors.Join(err, g.close())
	}
	return g, nil
}

// removeLogs deletes Badger's memtable logs. After a crash they may hold later
// writes and miss earlier ones; the caller's log has them all.
func removeLogs(dir string) error {
	logs, err := filepath.Glob(filepath.Join(dir, "*.mem"))
	if err != nil {
		return fmt.Errorf("badgerdb: %w", err)
	}
	for _, path := range logs {
		if err := os.Remove(path); err != nil {
			return fmt.Errorf("badgerdb: %w", err)
		}
	}
	if len(logs) == 0 {
		return nil
	}
	return syncDir(dir)
}

func newGeneration(dir string, number uint64, o Options) *generation {
	return &generation{
		number: number, dir: generationDir(dir, number), opts: o,
		cursors: map[*cursor]struct{}{}, open: map[uint64]int{},
	}
}

// compactors is how many goroutines rewrite tables.
func (o *Options) compactors() int {
	if o.Still {
		return 0
	}
	return 2
}

// settings are those of the design: no write-ahead log to trust, no values
// outside tables. Tables were verified before; Badger would do it again with
// each flush, and when it verifies single blocks it takes a bad one for absent.
func (g *generation) settings() badger.Options {
	checking := options.NoVerification
	if g.opts.faults.unverified {
		checking = options.OnBlockRead
	}
	return badger.DefaultOptions(g.dir).
		WithLogger(logger{g.opts.Logger}).
		WithBypassLockGuard(true). // ours holds; Badger's outlives a close, see unlock
		WithMetricsEnabled(false).
		WithSyncWrites(false).
		WithDetectConflicts(false).
		WithCompactL0OnClose(false).
		WithMemTableSize(g.opts.MemTableSize).
		WithNumMemtables(3).
		WithBaseTableSize(8 << 20).
		WithNumCompactors(g.opts.compactors()).
		WithValueThreshold(min(512<<10, g.opts.MemTableSize/10)).
		WithValueLogFileSize(16 << 20).
		WithCompression(options.None).
		WithBlockCacheSize(0).
		WithIndexCacheSize(0).
		WithChecksumVerificationMode(checking).
		WithNumVersionsToKeep(math.MaxInt32).
		WithExternalMagic(formatVersion)
}

func (g *generation) openHandle() error {
	db, err := badger.OpenManaged(g.settings())
	if err != nil {
		return fmt.Errorf("badgerdb: open %s: %w", filepath.Base(g.dir), err)
	}
	g.db = db
	g.epoch++
	return nil
}

// close flushes and ends the handle; cursors and snapshots find ErrClosed.
func (g *generation) close() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.closeHandle()
}

func (g *generation) closeHandle() error {
	if g.db == nil {
		return nil
	}
	g.cursorMu.Lock()
	for c := range g.cursors {
		c.drop()
	}
	clear(g.cursors)
	g.cursorMu.Unlock()
	err := g.db.Close()
	g.db = nil
	if err != nil {
		return fmt.Errorf("badgerdb: close %s: %w", filepath.Base(g.dir), err)
	}
	return nil
}

// flush puts all that was written into tables, by closing and reopening:
// Badger has no call for it that is safe beside readers.
func (g *generation) flush(discard uint64) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.db == nil {
		return storage.ErrClosed
	}
	if err := g.closeHandle(); err != nil {
		return err
	}
	if err := g.openHandle(); err != nil {
		return err
	}
	g.db.SetDiscardTs(discard)
	return nil
}

// tablesMax is the highest revision in any table.
func (g *generation) tablesMax() uint64 {
	if g.db == nil {
		return 0
	}
	var highest uint64
	for _, t := range g.db.Tables() {
		highest = max(highest, t.MaxVersion)
	}
	return highest
}

// mark reads, just after the handle was opened, the engine's own row, which
// every batch ends with. It is the published revision; if it is not the newest
// of all, a table was lost.
func (g *generation) mark() (uint64, error) {
	g.mu.RLock()
	defer g.mu.RUnlock()
	txn := g.db.NewTransactionAt(math.MaxUint64, false)
	defer txn.Discard()
	item, err := txn.Get([]byte{markPrefix})
	newest := g.db.MaxVersion()
	if errors.Is(err, badger.ErrKeyNotFound) {
		if newest != 0 {
			return 0, &storage.Corruption{Where: filepath.Base(g.dir), What: "mark is missing"}
		}
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("badgerdb: read mark: %w", err)
	}
	frame, err := item.ValueCopy(nil)
	if err != nil {
		return 0, fmt.Errorf("badgerdb: read mark: %w", err)
	}
	if _, _, err := openFrame(frame, []byte{markPrefix}, item.Version()); err != nil {
		return 0, err
	}
	if item.Version() != newest {
		return 0, &storage.Corruption{Where: filepath.Base(g.dir), What: "mark is not the newest revision"}
	}
	return item.Version(), nil
}

// setDiscard lets compaction drop older versions of volatile keys.
func (g *generation) setDiscard(revision uint64) {
	g.mu.RLock()
	defer g.mu.RUnlock()
	if g.db != nil {
		g.db.SetDiscardTs(revision)
	}
}

// discardWindow is how many revisions a reader may lag between asking what is
// published and opening its snapshot.
const discardWindow = 4096

// discardable is the revision up to which older versions of volatile keys may
// go: not above any snapshot that is open or about to be. DB.mu must be held.
func (g *generation) discardable(published uint64) uint64 {
	lowest := published - min(published, discardWindow)
	for r := range g.open {
		lowest = min(lowest, r)
	}
	return lowest
}
