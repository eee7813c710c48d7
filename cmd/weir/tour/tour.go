// Package tour shows what Weir promises on a cluster of three processes on this
// machine, step by step, and fails where a promise is not kept.
package tour

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/weir-store/weir/cmd/weir/remote"
	"github.com/weir-store/weir/core/op"
)

// Config is how the tour is given.
type Config struct {
	// Binary is the program that runs as the nodes: weir itself.
	Binary string
	Out    io.Writer
	// Color says whether Out understands colours.
	Color bool
	// Dial opens the way to a store.
	Dial func(remote.Endpoint) (op.Runner, error)
}

// step is a part of the story. run reports what happened by way of the tour.
type step struct {
	title, text string
	run         func(ctx context.Context, t *tour) error
}

// stepTimeout is far longer than any step takes when all is well.
const stepTimeout = 30 * time.Second

// tour is a tour that is going on, and what its steps have found out.
type tour struct {
	Config
	nodes []*node
	root  string
	cast
}

// Run gives the tour. It leaves nothing behind: the processes are ended and
// the directory is removed, however it goes.
func Run(ctx context.Context, cfg Config) (err error) {
	dir, err := os.MkdirTemp("", "weir-tour-")
	if err != nil {
		return err
	}
	t := &tour{Config: cfg, root: newToken()}
	defer func() {
		for _, n := range t.nodes {
			n.stop()
		}
		err = errors.Join(err, os.RemoveAll(dir))
	}()
	key := make([]byte, 32)
	_, _ = rand.Read(key) // never fails
	if t.nodes, err = plan(cfg.Binary, dir, t.root, key); err != nil {
		return err
	}
	began := time.Now()
	t.print("Weir: a tour on three nodes of this machine\n")
	for i, s := range story {
		t.print("\n%s\n%s\n", t.bold(fmt.Sprintf("%2d  %s", i+1, s.title)), t.dim(indent(s.text)))
		if err := t.take(ctx, s); err != nil {
			if ctx.Err() != nil {
				return fmt.Errorf("the tour was interrupted in step %d", i+1)
			}
			t.tellLogs()
			return &StepError{i + 1, s.title, err}
		}
	}
	t.print("\n%s in %s\n", t.bold("All promises kept"), seconds(time.Since(began)))
	return nil
}

// StepError is the end of a tour on which a promise was not kept. It hides what
// it holds: a refusal in the story is not one of the program's user.
type StepError struct {
	// Number counts the steps from 1.
	Number int
	Title  string
	Cause  error
}

func (e *StepError) Error() string { return fmt.Sprintf("step %d, %s: %v", e.Number, e.Title, e.Cause) }

// tellLogs shows what the nodes said last, for whoever looks for the reason.
func (t *tour) tellLogs() {
	for _, n := range t.nodes {
		if words := n.lastWords(); words != "" {
			t.print("\n%s\n%s\n", t.bold(n.name+" said last"), t.dim(indent(words)))
		}
	}
}

func (t *tour) take(ctx context.Context, s step) error {
	ctx, cancel := context.WithTimeout(ctx, stepTimeout)
	defer cancel()
	began := time.Now()
	if err := s.run(ctx, t); err != nil {
		return err
	}
	t.print("%s\n", t.dim("    "+seconds(time.Since(began))))
	return nil
}

// saw reports something that happened.
func (t *tour) saw(format string, args ...any) {
	t.print("    %s %s\n", t.green("✓"), fmt.Sprintf(format, args...))
}

func (t *tour) print(format string, args ...any) {
	_, _ = fmt.Fprintf(t.Out, format, args...) // a reader that has gone does not stop the checks
}

func (t *tour) bold(text string) string  { return t.paint("1", text) }
func (t *tour) dim(text string) string   { return t.paint("2", text) }
func (t *tour) green(text string) string { return t.paint("32", text) }

func (t *tour) paint(code, text string) string {
	if !t.Color {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

func indent(text string) string {
	return "    " + strings.ReplaceAll(text, "\n", "\n    ")
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.2f s", d.Seconds()) }

// newToken makes a token of the form that WEIR_ROOT_KEY asks for. The id of
// its key is a UUID of version 7.
func newToken() string {
	var id [16]byte
	secret := make([]byte, 32)
	_, _ = rand.Read(id[:])
	_, _ = rand.Read(secret) // neither ever fails
	ms := time.Now().UnixMilli()
	for i := range 6 {
		id[i] = byte(ms >> (40 - 8*i))
	}
	id[6] = id[6]&0x0f | 0x70
	id[8] = id[8]&0x3f | 0x80
	return "weir_" + hex.EncodeToString(id[:]) + "_" + base64.RawURLEncoding.EncodeToString(secret)
}
