package trust

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"net/url"
	"sync"
	"time"
)

const (
	// leafLife is how long a node's certificate is valid. It lives in memory, so
	// a node that restarts has a new one anyway.
	leafLife = 30 * 24 * time.Hour
	// leafMargin is how far clocks may be apart.
	leafMargin = time.Hour
)

// authority is a certificate authority that every node makes for itself, equal
// to the last bit, from a cluster key.
type authority struct {
	key  ed25519.PrivateKey
	cert *x509.Certificate
}

func newAuthority(key ed25519.PrivateKey) (*authority, error) {
	template := &x509.Certificate{
		SerialNumber:          big.NewInt(1),
		Subject:               pkix.Name{CommonName: "weir cluster"},
		NotBefore:             time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC),
		NotAfter:              time.Date(2120, 1, 1, 0, 0, 0, 0, time.UTC),
		IsCA:                  true,
		BasicConstraintsValid: true,
		MaxPathLenZero:        true,
		KeyUsage:              x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(nil, template, template, key.Public(), key)
	if err != nil {
		return nil, fmt.Errorf("trust: make the authority: %w", err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("trust: make the authority: %w", err)
	}
	return &authority{key: key, cert: cert}, nil
}

// issue makes a certificate with a fresh key for a node.
func (a *authority) issue(node string, now time.Time) (*tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("trust: make a node key: %w", err)
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 126))
	if err != nil {
		return nil, fmt.Errorf("trust: make a serial number: %w", err)
	}
	template := &x509.Certificate{
		SerialNumber: serial,
		Subject:      pkix.Name{CommonName: node},
		NotBefore:    now.Add(-leafMargin),
		NotAfter:     now.Add(leafLife - leafMargin),
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
		URIs:         []*url.URL{nodeURI(node)},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, key.Public(), a.key)
	if err != nil {
		return nil, fmt.Errorf("trust: make a node certificate: %w", err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("trust: make a node certificate: %w", err)
	}
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}, nil
}

// keyed is the source of an identity that comes from cluster keys.
type keyed struct {
	node   string
	active *authority
	roots  *x509.CertPool
	mu     sync.Mutex
	leaf   *tls.Certificate
}

// FromKeys returns the identity of a node in the cluster of the given keys.
func FromKeys(node string, keys Keys) (*Identity, error) {
	if err := CheckNode(node); err != nil {
		return nil, err
	}
	signing, err := keys.authorityKeys()
	if err != nil {
		return nil, err
	}
	if len(signing) == 0 {
		return nil, ErrNoKey
	}
	k := &keyed{node: node, roots: x509.NewCertPool()}
	for i, key := range signing {
		a, err := newAuthority(key)
		if err != nil {
			return nil, err
		}
		if i == 0 {
			k.active = a
		}
		k.roots.AddCert(a.cert)
	}
	return &Identity{Node: node, source: k}, nil
}

func (k *keyed) material(now time.Time) (*tls.Certificate, *x509.CertPool, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.leaf == nil || k.leaf.Leaf.NotAfter.Sub(now) < leafLife/3 {
		leaf, err := k.active.issue(k.node, now)
		if err != nil {
			return nil, nil, err
		}
		k.leaf = leaf
	}
	return k.leaf, k.roots, nil
}
