package setting

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"

	"github.com/weir-store/weir/cmd/weir/failure"
)

// Source is where settings come from. A flag wins over the environment, the
// environment over the file, the file over the default.
type Source struct {
	// Flag gives what the command line says about a setting.
	Flag func(name string) (text string, given bool)
	// Env gives a variable of the environment; an empty one counts as absent.
	Env func(name string) string
	// File is the configuration file, nil when there is none, and FileName
	// its name for messages.
	File     io.Reader
	FileName string
	// Defaults holds instead of the declared ones, where it has an entry.
	Defaults map[string]string
}

// entry is one setting as some source gave it.
type entry struct{ key, text string }

// Load reads the settings from all sources. The error lists every mistake that
// a single source shows, each a *failure.UsageError; it does not yet look at how
// the settings go together.
func Load(src Source) (*Server, error) {
	given := map[string]entry{}
	var errs []error
	if src.File != nil {
		errs = src.readFile(given)
	}
	for _, s := range all {
		if text := src.Env(s.Env()); text != "" {
			given[s.Name] = entry{s.Env(), text}
		}
		if text, ok := src.Flag(s.Name); ok {
			given[s.Name] = entry{"--" + s.Name, text}
		}
	}
	server := &Server{}
	for _, s := range all {
		e, ok := given[s.Name]
		if !ok {
			e = entry{"--" + s.Name, s.Default}
			if d, other := src.Defaults[s.Name]; other {
				e.text = d
			}
		}
		if e.text == "" {
			continue
		}
		if u := s.set(server, e.text); u != nil {
			u.Key = e.key
			errs = append(errs, u)
		}
	}
	return server, errors.Join(errs...)
}

// readFile reads lines of the form name = value. A line that starts with # is
// a comment; everything after the first = is the value, without the blanks
// around it.
func (src Source) readFile(given map[string]entry) []error {
	var errs []error
	lines := bufio.NewScanner(src.File)
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || line[0] == '#' {
			continue
		}
		at := fmt.Sprintf("%s:%d", src.FileName, n)
		name, text, ok := strings.Cut(line, "=")
		name, text = strings.TrimSpace(name), strings.TrimSpace(text)
		s, known := find(name)
		switch {
		case !ok:
			errs = append(errs, &failure.UsageError{Key: at, Problem: "the line has no =", Fix: "write name = value, or begin it with #"})
		case !known:
			errs = append(errs, &failure.UsageError{Key: at, Problem: "there is no setting of that name", Fix: nearest(name)})
		case s.Secret:
			errs = append(errs, &failure.UsageError{Key: at, Problem: name + " is a secret and does not belong in this file", Fix: "set " + s.Env()})
		case given[name] != entry{}:
			errs = append(errs, &failure.UsageError{Key: at, Problem: name + " was set before, at " + place(given[name].key), Fix: "remove one of the two lines"})
		default:
			given[name] = entry{at + ": " + name, text}
		}
	}
	if err := lines.Err(); err != nil {
		errs = append(errs, &failure.UsageError{Key: src.FileName, Problem: "can't be read: " + err.Error(), Fix: "check the file"})
	}
	return errs
}

func place(key string) string {
	at, _, _ := strings.Cut(key, ": ")
	return at
}

// nearest proposes the setting whose name shares most with a misspelt one.
func nearest(name string) string {
	best, score := "", 2 // three pairs of letters are a reason to think of it
	for _, s := range all {
		n := 0
		for i := range len(name) - 1 {
			if strings.Contains(s.Name, name[i:i+2]) {
				n++
			}
		}
		if n > score && !s.Secret {
			best, score = s.Name, n
		}
	}
	if best == "" {
		return "see weir serve --help for all of them"
	}
	return "did you mean " + best + "?"
}

// Check says whether the settings make a node of a cluster. The error lists
// everything that is wrong, each a *failure.UsageError.
func (s *Server) Check() error {
	var errs []error
	need := func(ok bool, key, problem, fix string) {
		if !ok {
			errs = append(errs, &failure.UsageError{Key: key, Problem: problem, Fix: fix})
		}
	}
	need(s.NodeID != "", "--node-id", "is missing", "give each node a name of its own, such as node1")
	need(s.Data != "", "--data", "is missing", "name the directory of the node")
	need(s.ClusterKeyFile != "" || s.ClusterKey != "", "--cluster-key-file", "is missing", "name the file with the cluster key, or set WEIR_CLUSTER_KEY")
	need(s.ClusterKeyFile == "" || s.ClusterKey == "", "WEIR_CLUSTER_KEY", "is set, and --cluster-key-file too", "give one of the two")
	need(s.BootstrapExpect > 0 || len(s.Join) > 0, "--join", "is missing, and --bootstrap-expect is 0", "name nodes of the cluster to join, or say how many form a new one")
	need(s.BootstrapExpect < 2 || len(s.Join) > 0, "--join", "is missing", "name the gossip addresses of the nodes that form the cluster")
	own := 0
	for _, file := range []string{s.ClusterTLSCert, s.ClusterTLSKey, s.ClusterTLSCA} {
		if file != "" {
			own++
		}
	}
	need(own == 0 || own == 3, "--cluster-tls-cert", "is given without its key or its authorities", "give --cluster-tls-cert, --cluster-tls-key and --cluster-tls-ca, or none of them")
	if err := s.CheckHTTP(); err != nil {
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// CheckHTTP says whether HTTP is served where it is safe: on loopback, with
// TLS, or because somebody took the responsibility.
func (s *Server) CheckHTTP() error {
	switch {
	case s.ProfileListen != "" && !loopback(s.ProfileListen):
		return &failure.UsageError{Key: "--profile-listen", Problem: "is not a loopback address", Fix: "profiles show what the process does: serve them on 127.0.0.1 only"}
	case s.TLSCert == "" && s.TLSKey != "":
		return &failure.UsageError{Key: "--tls-cert", Problem: "is missing, and --tls-key is given", Fix: "name the certificate of the key"}
	case s.TLSCert != "" && s.TLSKey == "":
		return &failure.UsageError{Key: "--tls-key", Problem: "is missing, and --tls-cert is given", Fix: "name the private key of the certificate"}
	case s.TLSCert != "" || s.AllowPlainHTTP || loopback(s.Listen):
		return nil
	}
	return &failure.UsageError{
		Key: "--listen", Problem: "is not a loopback address, and HTTP would be served without TLS",
		Fix: "give --tls-cert and --tls-key, or --allow-plain-http if something else protects the way",
	}
}

func loopback(listen string) bool {
	host, _, err := net.SplitHostPort(listen)
	if err != nil {
		return false
	}
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.Unmap().IsLoopback()
}
