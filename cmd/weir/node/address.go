package node

import (
	"crypto/tls"
	"net"
	"os"
	"sync"
	"time"
)

// advertised is the address to tell others: the advertised host, if there is
// one, with the port that is listened on.
func advertised(host, listen string) string {
	if host == "" {
		return ""
	}
	_, port, err := net.SplitHostPort(listen)
	if err != nil {
		return ""
	}
	return net.JoinHostPort(host, port)
}

func publicURL(c Config, l net.Listener) string {
	scheme := "http"
	if c.TLSCert != "" {
		scheme = "https"
	}
	return scheme + "://" + or(advertised(c.Advertise, l.Addr().String()), l.Addr().String())
}

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// certificate is read again when its file has changed.
type certificate struct {
	certFile, keyFile string
	mu                sync.Mutex // guards what follows
	read              time.Time
	loaded            *tls.Certificate
}

func serverTLS(certFile, keyFile string) *tls.Config {
	c := &certificate{certFile: certFile, keyFile: keyFile}
	return &tls.Config{MinVersion: tls.VersionTLS13, GetCertificate: c.get}
}

func (c *certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	info, err := os.Stat(c.certFile)
	if err == nil && c.loaded != nil && info.ModTime().Equal(c.read) {
		return c.loaded, nil
	}
	loaded, loadErr := tls.LoadX509KeyPair(c.certFile, c.keyFile)
	switch {
	case err == nil && loadErr == nil:
		c.loaded, c.read = &loaded, info.ModTime()
	case c.loaded == nil:
		return nil, loadErr
	}
	// A certificate that is being replaced may not fit its key for a moment:
	// the one that was read before serves until it does.
	return c.loaded, nil
}
