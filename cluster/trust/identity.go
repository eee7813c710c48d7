package trust

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"time"
)

// Identity is what a node shows to others and what it accepts from them. It is
// safe for concurrent use.
type Identity struct {
	// Node is the node-id.
	Node   string
	source source
}

// source supplies the certificate to show and the roots to accept at a time.
type source interface {
	material(now time.Time) (*tls.Certificate, *x509.CertPool, error)
}

// Server returns the TLS configuration of a listener for the protocols.
func (i *Identity) Server(protocols ...string) *tls.Config {
	c := i.config(x509.ExtKeyUsageClientAuth)
	c.NextProtos = protocols
	c.ClientAuth = tls.RequireAnyClientCert
	return c
}

// Client returns the TLS configuration of a connection that speaks protocol.
func (i *Identity) Client(protocol string) *tls.Config {
	c := i.config(x509.ExtKeyUsageServerAuth)
	c.NextProtos = []string{protocol}
	// Nodes are known by their node-id and not by a host name, so the check of
	// the library is replaced by the one in VerifyConnection, not left out.
	c.InsecureSkipVerify = true
	return c
}

func (i *Identity) config(peerUsage x509.ExtKeyUsage) *tls.Config {
	show := func() (*tls.Certificate, error) {
		cert, _, err := i.source.material(time.Now())
		return cert, err
	}
	return &tls.Config{
		MinVersion: tls.VersionTLS13,
		// A resumed session would outlive a certificate and a cluster key.
		SessionTicketsDisabled: true,
		GetCertificate:         func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return show() },
		GetClientCertificate:   func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return show() },
		VerifyConnection:       func(s tls.ConnectionState) error { return i.verify(s, peerUsage) },
	}
}

func (i *Identity) verify(s tls.ConnectionState, usage x509.ExtKeyUsage) error {
	now := time.Now()
	_, roots, err := i.source.material(now)
	if err != nil {
		return err
	}
	if len(s.PeerCertificates) == 0 {
		return fmt.Errorf("%w: no certificate was shown", ErrNode)
	}
	between := x509.NewCertPool()
	for _, c := range s.PeerCertificates[1:] {
		between.AddCert(c)
	}
	if _, err := s.PeerCertificates[0].Verify(x509.VerifyOptions{
		Roots: roots, Intermediates: between, CurrentTime: now, KeyUsages: []x509.ExtKeyUsage{usage},
	}); err != nil {
		return fmt.Errorf("trust: not of this cluster: %w", err)
	}
	_, err = nodeOf(s.PeerCertificates[0])
	return err
}

// Peer returns the node-id at the other end of a connection whose handshake has
// ended.
func Peer(s tls.ConnectionState) (string, error) {
	if !s.HandshakeComplete || len(s.PeerCertificates) == 0 {
		return "", fmt.Errorf("%w: the handshake has not ended", ErrNode)
	}
	return nodeOf(s.PeerCertificates[0])
}
