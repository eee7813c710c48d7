package disk

import (
	"path/filepath"
	"testing"

	"github.com/weir-store/weir/core/fault"
)

func TestGuardRefusesBelowEitherLimit(t *testing.T) {
	for _, row := range []struct {
		name     string
		minBytes int64
		minShare float64
		full     bool
	}{
		{"no limit", -1, -1, false},
		{"less bytes than any disk has", 1 << 60, -1, true},
		{"a larger share than there is", -1, 1.1, true},
	} {
		t.Run(row.name, func(t *testing.T) {
			g := Watch(t.TempDir(), row.minBytes, row.minShare)
			if err := g.Check(); err != nil {
				t.Errorf("refused before it looked: %v", err)
			}
			if err := g.MeasureAndCheck(); fault.Is(err, fault.StorageFull) != row.full || (err != nil) != row.full {
				t.Errorf("%v, want a refusal: %v", err, row.full)
			}
		})
	}
}

func TestUnseenDiskIsAnError(t *testing.T) {
	if err := Watch(filepath.Join(t.TempDir(), "gone"), -1, -1).Measure(); err == nil {
		t.Error("a directory that does not exist was measured")
	}
}
