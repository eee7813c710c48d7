package main

import (
	"os"

	"github.com/spf13/cobra"

	"github.com/weir-store/weir/cmd/weir/remote"
	"github.com/weir-store/weir/cmd/weir/tour"
)

// newTour makes the command that shows everything on three nodes.
func newTour() *cobra.Command {
	return &cobra.Command{
		Use: "tour", Short: "Start three nodes, show what Weir promises, clean up", GroupID: groupNode, Args: known,
		Long: "The tour starts three nodes on loopback ports in a temporary directory, tells a story of\n" +
			"sharing and revoking, kills the leader in the middle, and verifies the trail. It takes less\n" +
			"than a minute and leaves nothing behind. The exit status is 0 if every promise was kept.",
		RunE: func(c *cobra.Command, _ []string) error {
			binary, err := os.Executable()
			if err != nil {
				return err
			}
			return tour.Run(c.Context(), tour.Config{
				Binary: binary, Out: c.OutOrStdout(), Color: terminal(os.Stdout) && os.Getenv("NO_COLOR") == "", Dial: new(remote.Pool).Dial,
			})
		},
	}
}
