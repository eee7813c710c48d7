package acceptance_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/weir-store/weir/jepsen/nemesis"
)

// cluster is the three nodes that all tests share; dir holds their data and logs.
var (
	cluster *nemesis.Processes
	dir     string
)

func TestMain(m *testing.M) {
	flag.Parse()
	if testing.Short() {
		fmt.Println("acceptance: not run with -short, as it starts processes")
		os.Exit(0)
	}
	code, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// run builds the program, starts the nodes, runs the tests and ends the nodes.
// What the nodes wrote is kept if something failed.
func run(m *testing.M) (code int, err error) {
	if dir, err = os.MkdirTemp("", "weir-acceptance-"); err != nil {
		return 1, err
	}
	defer func() {
		if code != 0 || err != nil {
			fmt.Fprintln(os.Stderr, "logs and data of the nodes are kept in", dir)
			return
		}
		err = os.RemoveAll(dir)
	}()
	binary := filepath.Join(dir, "weir")
	if out, err := exec.Command("go", "build", "-o", binary, "github.com/weir-store/weir/cmd/weir").CombinedOutput(); err != nil {
		return 1, fmt.Errorf("build: %w\n%s", err, out)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if cluster, err = nemesis.StartProcesses(ctx, binary, dir, 3); err != nil {
		return 1, err
	}
	defer func() { err = errors.Join(err, cluster.Close()) }()
	return m.Run(), nil
}
