// Package setting declares what a node can be told, each thing once: its flag,
// its environment variable, its line in the configuration file and its
// documentation come from the declaration.
package setting

import (
	"strings"

	"github.com/weir-store/weir/cmd/weir/failure"
)

// Server is everything that a node can be told.
type Server struct {
	NodeID          string
	Data            string
	Listen          string
	ClusterListen   string
	GossipListen    string
	Advertise       string
	Join            []string
	BootstrapExpect int
	ClusterKeyFile  string
	ClusterKey      string
	ClusterTLSCert  string
	ClusterTLSKey   string
	ClusterTLSCA    string
	KeyringFile     string
	TLSCert, TLSKey string
	AllowPlainHTTP  bool
	RootKey         string
	HostKey         string
	LogFormat       string
	LogLevel        string
	ProfileListen   string
}

// Setting is one declaration.
type Setting struct {
	// Name is the flag without its dashes, and the name in the file.
	Name string
	// Value stands for the value in documents; empty for a switch.
	Value string
	// Default is what holds when nothing is said, in the form of a value.
	Default string
	// Doc is one sentence for people.
	Doc string
	// Secret settings come from the environment only: process lists show
	// flags, and files are copied around.
	Secret bool
	// Node settings have no meaning for a store of one node.
	Node bool
	set  func(s *Server, text string) *failure.UsageError
}

// Env is the environment variable of the setting.
func (s *Setting) Env() string {
	return "WEIR_" + strings.ToUpper(strings.ReplaceAll(s.Name, "-", "_"))
}

// Switch says whether the setting is on or off.
func (s *Setting) Switch() bool { return s.Value == "" }

// All are the settings of a node, in the order of the documents.
func All() []*Setting { return all }

var all = []*Setting{
	{
		Name: "node-id", Value: "NAME", Node: true, set: nodeID,
		Doc: "The name of the node, which no other node of the cluster has and which never changes.",
	},
	{
		Name: "data", Value: "DIR", set: text(func(s *Server) *string { return &s.Data }),
		Doc: "The directory that belongs to the node alone. It must be on a local disk.",
	},
	{
		Name: "listen", Value: "HOST:PORT", Default: "127.0.0.1:8420", set: address(func(s *Server) *string { return &s.Listen }),
		Doc: "Where HTTP is served. Anything but a loopback address needs tls-cert, or allow-plain-http.",
	},
	{
		Name: "cluster-listen", Value: "HOST:PORT", Default: "127.0.0.1:8421", Node: true, set: address(func(s *Server) *string { return &s.ClusterListen }),
		Doc: "Where other nodes reach this one, under mutual TLS.",
	},
	{
		Name: "gossip-listen", Value: "HOST:PORT", Default: "127.0.0.1:8422", Node: true, set: address(func(s *Server) *string { return &s.GossipListen }),
		Doc: "Where nodes find each other, over TCP and UDP.",
	},
	{
		Name: "advertise", Value: "HOST", Node: true, set: text(func(s *Server) *string { return &s.Advertise }),
		Doc: "The host by which other nodes reach this one, when it is not the one it listens on.",
	},
	{
		Name: "join", Value: "HOST:PORT,...", Node: true, set: join,
		Doc: "Gossip addresses of nodes to look for, this one among them or not.",
	},
	{
		Name: "bootstrap-expect", Value: "N", Default: "0", Node: true, set: expect,
		Doc: "How many empty nodes form a new cluster when they see each other; 0 only joins one that exists.",
	},
	{
		Name: "cluster-key-file", Value: "FILE", Node: true, set: text(func(s *Server) *string { return &s.ClusterKeyFile }),
		Doc: "The file with the cluster key: a line of 32 bytes or more; the first line is used, all are accepted.",
	},
	{
		Name: "cluster-key", Value: "KEY", Secret: true, Node: true, set: text(func(s *Server) *string { return &s.ClusterKey }),
		Doc: "The cluster key itself, where a file is awkward.",
	},
	{
		Name: "cluster-tls-cert", Value: "FILE", Node: true, set: text(func(s *Server) *string { return &s.ClusterTLSCert }),
		Doc: "A certificate of your own for the cluster port, in PEM, with the URI weir:node:NAME; made from the cluster key when absent.",
	},
	{
		Name: "cluster-tls-key", Value: "FILE", Node: true, set: text(func(s *Server) *string { return &s.ClusterTLSKey }),
		Doc: "The private key of cluster-tls-cert in PEM.",
	},
	{
		Name: "cluster-tls-ca", Value: "FILE", Node: true, set: text(func(s *Server) *string { return &s.ClusterTLSCA }),
		Doc: "The authorities that certificates of other nodes must come from, in PEM.",
	},
	{
		Name: "keyring-file", Value: "FILE", Node: true, set: text(func(s *Server) *string { return &s.KeyringFile }),
		Doc: "The keyring of the cluster, where it does not lie in the data directory.",
	},
	{
		Name: "tls-cert", Value: "FILE", set: text(func(s *Server) *string { return &s.TLSCert }),
		Doc: "The certificate for HTTP in PEM. It is read again when it changes.",
	},
	{
		Name: "tls-key", Value: "FILE", set: text(func(s *Server) *string { return &s.TLSKey }),
		Doc: "The private key of tls-cert in PEM.",
	},
	{
		Name: "allow-plain-http", Default: "false", set: toggle(func(s *Server) *bool { return &s.AllowPlainHTTP }),
		Doc: "Serve HTTP without TLS on an address that is not loopback, where something else protects the way.",
	},
	{
		Name: "root-key", Value: "TOKEN", Secret: true, set: rootKey,
		Doc: "The token of the first administrator, equal on all nodes; one is made and written to root.key when absent.",
	},
	{
		Name: "host-key", Value: "TOKEN", Secret: true, set: hostKey,
		Doc: "The token of the first host, an application that acts for users, equal on all nodes; one is made and written to host.key when absent.",
	},
	{
		Name: "log-format", Value: "json|text", Default: "json", set: choice(func(s *Server) *string { return &s.LogFormat }, "json", "text"),
		Doc: "How log lines are written.",
	},
	{
		Name: "log-level", Value: "LEVEL", Default: "info", set: choice(func(s *Server) *string { return &s.LogLevel }, "debug", "info", "warn", "error"),
		Doc: "The least level that is logged: debug, info, warn or error.",
	},
	{
		Name: "profile-listen", Value: "HOST:PORT", set: address(func(s *Server) *string { return &s.ProfileListen }),
		Doc: "A loopback address where the profiles of the Go runtime are served under /debug/pprof/; nowhere when absent.",
	},
}

func find(name string) (*Setting, bool) {
	for _, s := range all {
		if s.Name == name {
			return s, true
		}
	}
	return nil, false
}
