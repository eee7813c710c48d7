package node

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/weir-store/weir/cluster"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/storage/badgerdb"
)

// Stopped calls fn with the state that lies in the data directory of a node
// that does not run; look shows it as of an earlier revision. The directory
// stays as it is: fn sees a clone. What a crash left in the log only is not in
// it.
func Stopped(data string, fn func(v state.View, look func(revision uint64, fn func(past state.View))) error) (err error) {
	scratch, err := scratchBeside(data)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(scratch)) }()
	if err := badgerdb.Clone(cluster.EngineDir(data), scratch); err != nil {
		return fmt.Errorf("the data of a node that is not running is needed: %w", err)
	}
	engine, err := badgerdb.Open(scratch, badgerdb.Options{Still: true})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, engine.Close()) }()
	snapshot, err := engine.Snapshot(engine.Published())
	if err != nil {
		return err
	}
	defer snapshot.Close()
	return fn(state.Over(snapshot), func(revision uint64, fn func(past state.View)) {
		past, err := engine.Snapshot(revision)
		if err != nil {
			panic(&state.Broken{Err: fmt.Errorf("open revision %d: %w", revision, err)})
		}
		defer past.Close()
		fn(state.Over(past))
	})
}

// scratchBeside makes a directory on the disk of another one, which has room for
// the like and may copy by itself; where that is not allowed, where the system
// has such directories.
func scratchBeside(data string) (string, error) {
	absolute, err := filepath.Abs(data)
	if err != nil {
		return "", err
	}
	if scratch, err := os.MkdirTemp(filepath.Dir(absolute), ".weir-clone-"); err == nil {
		return scratch, nil
	}
	return os.MkdirTemp("", "weir-clone-")
}
