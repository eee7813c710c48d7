package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/weir-store/weir/cluster/trust"
	"github.com/weir-store/weir/cmd/weir/failure"
	"github.com/weir-store/weir/cmd/weir/node"
	"github.com/weir-store/weir/cmd/weir/setting"
	"github.com/weir-store/weir/internal/buildinfo"
)

// newServe makes the command that runs a node of a cluster.
func newServe() *cobra.Command {
	var file string
	c := &cobra.Command{
		Use: "serve", Short: "Run a node of a cluster", GroupID: groupNode, Args: known,
		Long: "Serve runs a node. Every flag is also a variable (--node-id is WEIR_NODE_ID) and a line in the\n" +
			"file that --config names. A flag wins over the environment, the environment over the file.\n" +
			"WEIR_CLUSTER_KEY, WEIR_ROOT_KEY and WEIR_HOST_KEY come from the environment only.",
		Example: "  weir serve --node-id node1 --data /var/lib/weir --cluster-key-file cluster.key \\\n" +
			"    --join 10.0.0.1:8422,10.0.0.2:8422,10.0.0.3:8422 --bootstrap-expect 3 --config weir.conf",
	}
	settingFlags(c, func(*setting.Setting) bool { return true }, nil)
	c.Flags().StringVar(&file, "config", os.Getenv("WEIR_CONFIG"), "file of settings (WEIR_CONFIG)")
	c.RunE = func(c *cobra.Command, _ []string) error {
		s, err := load(c, file, nil)
		if err != nil {
			return err
		}
		if err := s.Check(); err != nil {
			return err
		}
		config, err := configure(s, c.ErrOrStderr())
		if err != nil {
			return err
		}
		return serve(c.Context(), config, nil)
	}
	return c
}

// devDefaults are what a store to play with does otherwise.
var devDefaults = map[string]string{"log-format": "text", "log-level": "warn"}

// newDev makes the command that runs a store of one node.
func newDev() *cobra.Command {
	c := &cobra.Command{
		Use: "dev", Short: "Run a store of one node, to try things out", GroupID: groupNode, Args: known,
		Long: "Dev runs a store that needs no configuration. It listens on loopback, and the token of its\n" +
			"first administrator is in root.key in its directory, that of the first host in host.key.\n" +
			"Without --data the directory is a temporary one, which is removed at the end.",
		Example: "  weir dev --data /tmp/weir",
	}
	settingFlags(c, func(s *setting.Setting) bool { return !s.Node }, devDefaults)
	c.RunE = func(c *cobra.Command, _ []string) (err error) {
		s, err := load(c, "", devDefaults)
		if err != nil {
			return err
		}
		if err := s.CheckHTTP(); err != nil {
			return err
		}
		if s.Data == "" {
			if s.Data, err = os.MkdirTemp("", "weir-dev-"); err != nil {
				return err
			}
			defer func() { err = errors.Join(err, os.RemoveAll(s.Data)) }()
		}
		// What belongs to a cluster does not reach this node, wherever it was set.
		alone := setting.Server{
			NodeID: "dev", Data: s.Data, Listen: s.Listen, TLSCert: s.TLSCert, TLSKey: s.TLSKey, RootKey: s.RootKey, HostKey: s.HostKey,
			LogFormat: s.LogFormat, LogLevel: s.LogLevel, ProfileListen: s.ProfileListen,
		}
		config, err := configure(&alone, c.ErrOrStderr())
		if err != nil {
			return err
		}
		return serve(c.Context(), config, func(n *node.Node) error { return greet(c.OutOrStdout(), n, s.RootKey != "") })
	}
	return c
}

// greet says how to reach a store of one node.
func greet(w io.Writer, n *node.Node, given bool) error {
	token := "$(cat " + n.RootFile() + ")"
	if given {
		token = "$WEIR_ROOT_KEY"
	}
	_, err := fmt.Fprintf(w, "Weir %s answers at %s\n\n"+
		"In another terminal:\n"+
		"  export WEIR_SERVER=%s WEIR_TOKEN=%s\n"+
		"  weir object create --type note --data '{\"title\":\"draft\"}'\n\n"+
		"Ctrl-C ends it.\n", buildinfo.Version(), n.URL(), n.URL(), token)
	return err
}

// word is a setting as a flag.
type word struct {
	text, kind string
}

func (w *word) String() string        { return w.text }
func (w *word) Set(text string) error { w.text = text; return nil }
func (w *word) Type() string          { return w.kind }

// settingFlags declares the flags of settings.
func settingFlags(c *cobra.Command, want func(*setting.Setting) bool, defaults map[string]string) {
	c.Flags().SortFlags = false
	for _, s := range setting.All() {
		if s.Secret || !want(s) {
			continue
		}
		text := s.Default
		if d, ok := defaults[s.Name]; ok {
			text = d
		}
		f := c.Flags().VarPF(&word{text, s.Value}, s.Name, "", s.Doc)
		if s.Switch() {
			f.NoOptDefVal = "true"
		}
	}
}

// load reads the settings of a command.
func load(c *cobra.Command, file string, defaults map[string]string) (s *setting.Server, err error) {
	src := setting.Source{Env: os.Getenv, FileName: file, Defaults: defaults}
	src.Flag = func(name string) (string, bool) {
		f := c.Flags().Lookup(name)
		if f == nil || !f.Changed {
			return "", false
		}
		return f.Value.String(), true
	}
	if file != "" {
		f, err := os.Open(file)
		if err != nil {
			return nil, &failure.UsageError{Key: "--config", Problem: "can't be read: " + err.Error(), Fix: "name a file of settings"}
		}
		defer func() { err = errors.Join(err, f.Close()) }()
		src.File = f
	}
	return setting.Load(src)
}

// configure turns settings into the configuration of a node, and reads the
// files that hold its keys.
func configure(s *setting.Server, logs io.Writer) (node.Config, error) {
	c := node.Config{
		NodeID: s.NodeID, Data: s.Data, Listen: s.Listen, ClusterListen: s.ClusterListen, GossipListen: s.GossipListen,
		Advertise: s.Advertise, Join: s.Join, BootstrapExpect: s.BootstrapExpect,
		TLSCert: s.TLSCert, TLSKey: s.TLSKey, RootKey: s.RootKey, HostKey: s.HostKey, Log: logger(s, logs), ProfileListen: s.ProfileListen,
		Certificates: trust.Files{Cert: s.ClusterTLSCert, Key: s.ClusterTLSKey, Authorities: s.ClusterTLSCA},
	}
	var err error
	if c.Keys, err = clusterKeys(s); err != nil {
		return c, err
	}
	if s.KeyringFile != "" {
		if c.Keyring, err = os.ReadFile(s.KeyringFile); err != nil {
			return c, &failure.UsageError{Key: "--keyring-file", Problem: "can't be read: " + err.Error(), Fix: "name the file of the keyring"}
		}
	}
	return c, nil
}

// clusterKeys reads the cluster key. A store of one node has none to share and
// draws its own.
func clusterKeys(s *setting.Server) (trust.Keys, error) {
	text, from := []byte(s.ClusterKey), "WEIR_CLUSTER_KEY"
	switch {
	case s.ClusterKeyFile != "":
		var err error
		from = "--cluster-key-file"
		if text, err = os.ReadFile(s.ClusterKeyFile); err != nil {
			return trust.Keys{}, &failure.UsageError{Key: from, Problem: "can't be read: " + err.Error(), Fix: "name the file of the cluster key"}
		}
	case s.ClusterKey == "":
		return node.RandomKeys()
	}
	keys, err := trust.ParseKeys(text)
	if err != nil {
		return keys, &failure.UsageError{Key: from, Problem: "holds no cluster key: " + err.Error(), Fix: "make one with: head -c 32 /dev/urandom | base64"}
	}
	return keys, nil
}

func logger(s *setting.Server, w io.Writer) *slog.Logger {
	var level slog.Level
	_ = level.UnmarshalText([]byte(s.LogLevel)) // setting admits the four names only
	options := &slog.HandlerOptions{Level: level}
	if s.LogFormat == "text" {
		return slog.New(slog.NewTextHandler(w, options))
	}
	return slog.New(slog.NewJSONHandler(w, options))
}

// The patience with a node that starts and stops.
const (
	lookEvery = 20 * time.Millisecond
	patience  = 20 * time.Second
)

// serve runs a node until the context ends or the node cannot go on. ready is
// told when it can answer.
func serve(ctx context.Context, config node.Config, ready func(*node.Node) error) error {
	n, err := node.Start(config)
	if err != nil {
		return err
	}
	config.Log.Info("serving", "url", n.URL(), "node", config.NodeID, "version", buildinfo.Version())
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for err == nil && ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case err = <-n.Failed():
		case <-tick.C:
			if ready != nil && n.Ready() == nil {
				err, ready = ready(n), nil
			}
		}
	}
	config.Log.Info("stopping")
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	return errors.Join(err, n.Close(stopping))
}
