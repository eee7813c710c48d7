package main

import (
	"bufio"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/weir-store/weir/cmd/weir/failure"
	"github.com/weir-store/weir/cmd/weir/remote"
	"github.com/weir-store/weir/core/identity"
	"github.com/weir-store/weir/core/op"
)

func marshal(v any) ([]byte, error) { return op.Marshal(v) }

// newLogin makes the command that remembers where to call, and with which token.
func newLogin(target *remote.Target) *cobra.Command {
	name := "default"
	c := &cobra.Command{
		Use: "login", Short: "Remember a server and a token, so that they need not be given again", Args: known,
		Long: "Login takes the token from --token-file, from WEIR_TOKEN, or from the first line of the\n" +
			"standard input, asks the store whom it belongs to, and keeps both in a file that only you\n" +
			"can read. The token of a context is sent to the servers of that context only.",
		Example: "  weir login --server https://weir.example:8420 --token-file root.key --name work",
	}
	c.Flags().StringVar(&name, "name", name, "name of the context")
	target.Register(c)
	c.RunE = func(c *cobra.Command, _ []string) error {
		e, err := target.Endpoint()
		if err != nil {
			return err
		}
		if e.Token == "" {
			if e.Token, err = askToken(c); err != nil {
				return err
			}
		}
		runner, err := target.Dial(e)
		if err != nil {
			return err
		}
		ctx, cancel := target.Context(c.Context())
		defer cancel()
		me, err := identity.Me.Call(ctx, runner, identity.MeInput{})
		if err != nil {
			return &failure.CallError{Err: err}
		}
		if err := target.Contexts.Save(name, e); err != nil {
			return err
		}
		_, err = fmt.Fprintf(c.OutOrStdout(), "logged in as %s at %s (context %s)\n", me.ID, strings.Join(e.Servers, ", "), name)
		return err
	}
	return c
}

func askToken(c *cobra.Command) (string, error) {
	if _, err := fmt.Fprint(c.ErrOrStderr(), "token: "); err != nil {
		return "", err
	}
	line, err := bufio.NewReader(c.InOrStdin()).ReadString('\n')
	if token := strings.TrimSpace(line); token != "" {
		return token, nil
	}
	u := &failure.UsageError{Problem: "there is no token to log in with", Fix: "give --token-file, or the token on the standard input"}
	if err != nil {
		u.Problem += " (" + err.Error() + ")"
	}
	return "", u
}

// newContext makes the commands about what login remembers.
func newContext(target *remote.Target) *cobra.Command {
	c := &cobra.Command{Use: "context", Short: "List, choose and forget what login remembers", Args: known, RunE: showHelp}
	c.PersistentFlags().VarP(&target.Output, "output", "o", "how to show replies")
	c.AddCommand(
		&cobra.Command{
			Use: "list", Short: "List the contexts", Args: known,
			RunE: func(c *cobra.Command, _ []string) error {
				list, err := target.Contexts.List()
				if err != nil {
					return err
				}
				return show(c, target, list)
			},
		},
		&cobra.Command{
			Use: "use NAME", Short: "Make a context the current one", Args: one,
			RunE: func(_ *cobra.Command, args []string) error { return target.Contexts.Use(args[0]) },
		},
		&cobra.Command{
			Use: "remove NAME", Short: "Forget a context and its token", Args: one,
			RunE: func(_ *cobra.Command, args []string) error { return target.Contexts.Remove(args[0]) },
		},
	)
	return c
}

func one(c *cobra.Command, args []string) error {
	if len(args) == 1 {
		return nil
	}
	return &failure.UsageError{Key: strings.TrimPrefix(c.CommandPath(), "weir "), Problem: "takes one argument", Fix: "see " + c.CommandPath() + " --help"}
}
