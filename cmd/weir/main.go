// Weir is a store for records that people share: a node of it, and its command
// line client, in one program.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // a container from scratch has no time zones

	_ "golang.org/x/crypto/x509roots/fallback" // nor root certificates

	"github.com/weir-store/weir/cmd/weir/failure"
)

func main() { os.Exit(run()) }

func run() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	err := newRoot().ExecuteContext(ctx)
	if err != nil {
		failure.Print(os.Stderr, err)
	}
	return failure.Status(err)
}
