package trust

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
	"sync"
	"time"
)

// Files names the certificate of a node, its key and the authorities that it
// trusts, all in PEM. The certificate carries the URI weir:node:<node-id>.
type Files struct{ Cert, Key, Authorities string }

// filed is the source of an identity that comes from files.
type filed struct {
	node  string
	files Files
	mu    sync.Mutex
	stamp [3]time.Time
	cert  *tls.Certificate
	roots *x509.CertPool
}

// FromFiles returns the identity of a node with an operator's own certificates.
// They are read again when they change; until a change can be read as a whole,
// the last good ones stay in use.
func FromFiles(node string, files Files) (*Identity, error) {
	if err := CheckNode(node); err != nil {
		return nil, err
	}
	f := &filed{node: node, files: files}
	if err := f.load(); err != nil {
		return nil, err
	}
	return &Identity{Node: node, source: f}, nil
}

func (f *filed) material(time.Time) (*tls.Certificate, *x509.CertPool, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.cert == nil || f.changed() != f.stamp {
		if err := f.load(); err != nil && f.cert == nil {
			return nil, nil, err
		}
	}
	return f.cert, f.roots, nil
}

// changed returns the modification times of the files; zero for a missing one.
func (f *filed) changed() (stamp [3]time.Time) {
	for i, path := range []string{f.files.Cert, f.files.Key, f.files.Authorities} {
		if info, err := os.Stat(path); err == nil {
			stamp[i] = info.ModTime()
		}
	}
	return stamp
}

func (f *filed) load() error {
	stamp := f.changed()
	cert, err := tls.LoadX509KeyPair(f.files.Cert, f.files.Key)
	if err != nil {
		return fmt.Errorf("trust: load the node certificate: %w", err)
	}
	node, err := nodeOf(cert.Leaf)
	if err != nil {
		return err
	}
	if node != f.node {
		return fmt.Errorf("%w: the certificate is for %q, this is %q", ErrNode, node, f.node)
	}
	pem, err := os.ReadFile(f.files.Authorities)
	if err != nil {
		return fmt.Errorf("trust: load the authorities: %w", err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		return fmt.Errorf("%w: no authority in %s", ErrNode, f.files.Authorities)
	}
	f.stamp, f.cert, f.roots = stamp, &cert, roots
	return nil
}
