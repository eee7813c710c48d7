package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/weir-store/weir/cmd/weir/failure"
	"github.com/weir-store/weir/cmd/weir/output"
	"github.com/weir-store/weir/cmd/weir/remote"
	"github.com/weir-store/weir/cmd/weir/verbs"
	"github.com/weir-store/weir/core"
	"github.com/weir-store/weir/internal/buildinfo"
)

const (
	groupNode  = "node"
	groupTools = "tools"
)

// newRoot composes the whole command line.
func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "weir",
		Short: "A store for records that people share",
		Long: "Weir is a store for records that people share: every change and every refusal leaves a\n" +
			"trace that outsiders can check, and taking a right back takes effect at once, everywhere.\n\n" +
			"To see it work: weir tour. To have a store to play with: weir dev --data DIR.",
		SilenceUsage: true, SilenceErrors: true, Args: known, RunE: showHelp,
	}
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return &failure.UsageError{Problem: flagText(err), Fix: "see " + c.CommandPath() + " --help"}
	})
	root.AddGroup(
		&cobra.Group{ID: groupNode, Title: "A node:"},
		&cobra.Group{ID: verbs.Group, Title: "What a store can do (weir NOUN VERB):"},
		&cobra.Group{ID: groupTools, Title: "Around it:"},
	)
	root.SetHelpCommandGroupID(groupTools)
	root.SetCompletionCommandGroupID(groupTools)
	target := remote.New(new(remote.Pool).Dial)
	root.AddCommand(newServe(), newDev(), newTour())
	for _, noun := range verbs.Commands(core.Sets(), target) {
		target.Register(noun)
		noun.Args, noun.RunE = known, showHelp
		root.AddCommand(noun)
	}
	extendAudit(root, target)
	extendCompliance(root, target)
	for _, c := range []*cobra.Command{newBatch(target), newLogin(target), newContext(target), newBench(target), newOps(), newVersion()} {
		c.GroupID = groupTools
		root.AddCommand(c)
	}
	return root
}

// known refuses a verb that is not there, which cobra would take for an
// argument.
func known(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	fix := "see " + c.CommandPath() + " --help"
	c.SuggestionsMinimumDistance = nearEnough
	if near := c.SuggestionsFor(args[0]); len(near) > 0 {
		fix = "did you mean " + strings.Join(near, " or ") + "?"
	}
	return &failure.UsageError{Problem: fmt.Sprintf("there is no command %s %.40q", c.CommandPath(), args[0]), Fix: fix}
}

// nearEnough is how many letters a command may differ from what was typed to
// be proposed instead.
const nearEnough = 2

func showHelp(c *cobra.Command, _ []string) error { return c.Help() }

// flagText is what the parser of flags says, without its internals.
func flagText(err error) string {
	return strings.ReplaceAll(err.Error(), `invalid argument `, `wrong value `)
}

func newVersion() *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Say what this binary was built from", Args: known,
		RunE: func(c *cobra.Command, _ []string) error {
			_, err := fmt.Fprintln(c.OutOrStdout(), "weir", buildinfo.Version())
			return err
		},
	}
}

// show prints a value of our own in the format that was asked for.
func show(c *cobra.Command, target *remote.Target, v any) error {
	raw, err := marshal(v)
	if err != nil {
		return err
	}
	return output.Show(c.OutOrStdout(), target.Output, raw)
}
