// Package remote is the way from the command line to a store: which nodes to
// call, with which token, and the contexts that remember both.
package remote

import (
	"cmp"
	"context"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/weir-store/weir/cmd/weir/failure"
	"github.com/weir-store/weir/cmd/weir/output"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/urn"
)

// DefaultServer is where weir dev listens.
const DefaultServer = "http://127.0.0.1:8420"

// Endpoint is a store and who calls it.
type Endpoint struct {
	// Servers are base URLs of nodes of one cluster.
	Servers []string `json:"servers"`
	// Token is the bearer token; it is never printed.
	Token string `json:"token,omitempty"`
	// CAFile holds the certificates to trust, in PEM; empty for the system's.
	CAFile string `json:"ca_file,omitempty"`
	// ActAs is the user for whom the token's owner acts, if any. No context
	// keeps it.
	ActAs urn.ID `json:"-"`
}

// Target is what flags and environment say about the store to call.
type Target struct {
	// Dial opens the way to an endpoint.
	Dial func(Endpoint) (op.Runner, error)
	// Contexts is where contexts are kept.
	Contexts Contexts
	// Output is how replies are shown.
	Output output.Format
	// Timeout bounds a call with all its repetitions.
	Timeout time.Duration

	servers                    []string
	tokenFile, caFile, context string
	actAs                      string
}

// New makes a target that keeps its contexts in the user's directory.
func New(dial func(Endpoint) (op.Runner, error)) *Target {
	return &Target{Dial: dial, Contexts: DefaultContexts(), Output: output.Table}
}

// Register adds the flags that say where to call to a command and those below.
func (t *Target) Register(c *cobra.Command) {
	f := c.PersistentFlags()
	f.StringSliceVar(&t.servers, "server", nil, "base URLs of nodes, with commas between them (WEIR_SERVER; default "+DefaultServer+")")
	f.StringVar(&t.tokenFile, "token-file", "", "file that holds the bearer token (or the token in WEIR_TOKEN)")
	f.StringVar(&t.actAs, "act-as", "", "user to act for, by the token of a host (WEIR_ACT_AS)")
	f.StringVar(&t.caFile, "ca-file", "", "certificates to trust, in PEM, instead of the system's")
	f.StringVar(&t.context, "context", "", "context to use instead of the current one; see weir login")
	f.VarP(&t.Output, "output", "o", "how to show replies")
	f.DurationVar(&t.Timeout, "timeout", 30*time.Second, "how long a call may take, repetitions included")
}

// Endpoint is the store to call. Flags win over the environment, the
// environment over the context. The token of a context goes to the servers of
// that context only.
func (t *Target) Endpoint() (Endpoint, error) {
	servers := t.servers
	if env := os.Getenv("WEIR_SERVER"); len(servers) == 0 && env != "" {
		servers = strings.Split(env, ",")
	}
	var e Endpoint
	if len(servers) == 0 || t.context != "" {
		saved, err := t.Contexts.Load(t.context)
		if err != nil {
			return e, err
		}
		e = saved
	}
	if len(servers) > 0 {
		e = Endpoint{Servers: servers}
	}
	if len(e.Servers) == 0 {
		e.Servers = []string{DefaultServer}
	}
	if t.caFile != "" {
		e.CAFile = t.caFile
	}
	e.ActAs = urn.ID(cmp.Or(t.actAs, os.Getenv("WEIR_ACT_AS")))
	token, err := t.token()
	if token != "" {
		e.Token = token
	}
	return e, err
}

func (t *Target) token() (string, error) {
	if t.tokenFile == "" {
		return os.Getenv("WEIR_TOKEN"), nil
	}
	text, err := os.ReadFile(t.tokenFile)
	if err != nil {
		return "", &failure.UsageError{Key: "--token-file", Problem: "can't be read: " + err.Error(), Fix: "name a file that holds the token"}
	}
	token := strings.TrimSpace(string(text))
	if token == "" {
		return "", &failure.UsageError{Key: "--token-file", Problem: "holds no token", Fix: "name a file that holds the token"}
	}
	return token, nil
}

// Connect opens the way to the store. A token is demanded unless the call is
// open to anybody.
func (t *Target) Connect(open bool) (op.Runner, Endpoint, error) {
	e, err := t.Endpoint()
	if err != nil {
		return nil, e, err
	}
	if e.Token == "" && !open {
		return nil, e, &failure.UsageError{Problem: "there is no token to call with", Fix: "set WEIR_TOKEN, give --token-file, or run weir login"}
	}
	runner, err := t.Dial(e)
	return runner, e, err
}

// Context bounds a call by the timeout.
func (t *Target) Context(parent context.Context) (context.Context, context.CancelFunc) {
	if t.Timeout <= 0 {
		return context.WithCancel(parent)
	}
	return context.WithTimeout(parent, t.Timeout)
}
