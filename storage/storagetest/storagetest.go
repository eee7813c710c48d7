// Package storagetest is what every engine must do: a suite of cases and a
// comparison with a model under random work.
package storagetest

import (
	"testing"

	"github.com/weir-store/weir/storage"
)

// Open opens the engine that lives in a directory. It fails the test if it
// cannot; the caller closes the engine.
type Open func(t testing.TB, dir string) storage.Engine

// Run checks everything that holds for an engine while it is open.
func Run(t *testing.T, open Open) {
	cases := []struct {
		name  string
		check func(t *testing.T, e storage.Engine)
	}{
		{"an empty engine has no revision", checkEmpty},
		{"a revision that does not rise is refused and changes nothing", checkRevisions},
		{"every revision of a historic key stays readable", checkHistory},
		{"a commit without writes is published", checkEmptyCommit},
		{"the newest value of a volatile key is read", checkVolatile},
		{"a deleted volatile key is gone", checkVolatileDelete},
		{"values may be empty and keys may hold any bytes", checkBytes},
		{"a scan keeps to its bounds in both directions", checkScan},
		{"scans of one reader may be interleaved", checkInterleaved},
		{"a snapshot does not see later commits", checkIsolation},
		{"a flush leaves snapshots and iterators as they were", checkFlush},
		{"a dump is ordered by key, then by falling revision", checkDump},
		{"a dump ends with the error of its function or context", checkDumpEnds},
		{"what was dumped can be loaded", checkReplace},
		{"snapshots go on after a replacement", checkReplaceSnapshot},
		{"a replacement that fails changes nothing", checkReplaceFails},
		{"a whole engine passes a scrub", checkScrub},
		{"readers never see half a batch", checkWhole},
		{"after close every call says so", checkClosed},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			e := open(t, t.TempDir())
			t.Cleanup(func() {
				if err := e.Close(); err != nil {
					t.Errorf("close: %v", err)
				}
			})
			c.check(t, e)
		})
	}
	t.Run("random work answers as the model does", func(t *testing.T) { checkModel(t, open, false) })
}

// RunLasting checks what holds for an engine whose content outlives it.
func RunLasting(t *testing.T, open Open) {
	t.Run("random work with restarts answers as the model does", func(t *testing.T) { checkModel(t, open, true) })
	t.Run("a closed engine opens with all that was published", func(t *testing.T) { checkReopen(t, open) })
	t.Run("a replacement outlives the engine", func(t *testing.T) { checkReopenReplaced(t, open) })
}
