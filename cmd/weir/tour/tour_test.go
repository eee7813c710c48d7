package tour_test

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/weir-store/weir/cmd/weir/failure"
	"github.com/weir-store/weir/cmd/weir/remote"
	"github.com/weir-store/weir/cmd/weir/tour"
)

// TestNodesThatEnd: a tour whose nodes do not live fails in its first step,
// with status 1, and cleans up. That it succeeds otherwise is tested with the
// program, one folder up.
func TestNodesThatEnd(t *testing.T) {
	home := t.TempDir()
	t.Setenv("TMPDIR", home)
	var out strings.Builder
	err := tour.Run(t.Context(), tour.Config{Binary: "/bin/false", Out: &out, Dial: new(remote.Pool).Dial})
	var step *tour.StepError
	if !errors.As(err, &step) || step.Number != 1 || failure.Status(err) != 1 {
		t.Errorf("the tour ended with %v, status %d", err, failure.Status(err))
	}
	left, err := filepath.Glob(filepath.Join(home, "*"))
	if err != nil || len(left) > 0 {
		t.Errorf("it left %v %v", left, err)
	}
}
