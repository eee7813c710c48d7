package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/weir-store/weir/cmd/weir/remote"
	"github.com/weir-store/weir/core/op"
)

// terminal says whether somebody looks at the file as it is written.
func terminal(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// bar is a line of a terminal that says how far something is. On anything
// else it is silent.
type bar struct {
	out  *os.File
	next time.Time
}

const (
	barWidth = 30
	barEvery = 100 * time.Millisecond
)

func newBar(out *os.File) *bar {
	if !terminal(out) {
		return &bar{}
	}
	return &bar{out: out}
}

// show draws the line again, unless it was just drawn. A whole of 0 is not
// known.
func (b *bar) show(done, whole int64, text string) {
	now := time.Now()
	if b.out == nil || now.Before(b.next) {
		return
	}
	b.next = now.Add(barEvery)
	line := text
	if whole > 0 {
		full := int(min(done, whole) * barWidth / whole)
		line = "[" + strings.Repeat("█", full) + strings.Repeat(" ", barWidth-full) + "] " + text
	}
	_, _ = fmt.Fprint(b.out, "\r\x1b[K"+line) // what can't be shown is not missed
}

// clear takes the line away.
func (b *bar) clear() {
	if b.out != nil && !b.next.IsZero() {
		_, _ = fmt.Fprint(b.out, "\r\x1b[K") // as above
	}
}

// patient gives each call the whole timeout.
type patient struct {
	op.Runner
	target *remote.Target
}

// Run implements op.Runner.
func (p patient) Run(ctx context.Context, call *op.Call) (*op.Reply, error) {
	ctx, cancel := p.target.Context(ctx)
	defer cancel()
	return p.Runner.Run(ctx, call)
}
