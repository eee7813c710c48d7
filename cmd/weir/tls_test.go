package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// certificate writes a certificate of 127.0.0.1 that signs itself, and its key.
func certificate(t *testing.T) (cert, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	write := func(name, kind string, b []byte) string {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: b}), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	return write("tls.crt", "CERTIFICATE", der), write("tls.key", "PRIVATE KEY", secret)
}

func TestTLS(t *testing.T) {
	if testing.Short() {
		t.Skip("starts processes")
	}
	cert, key := certificate(t)
	d := startDev(t, "--tls-cert", cert, "--tls-key", key)
	if !strings.HasPrefix(d.url, "https://127.0.0.1:") {
		t.Fatalf("the store answers at %s", d.url)
	}
	p := newProgram(t, "WEIR_SERVER="+d.url, "WEIR_TOKEN="+d.token(t))
	p.ok("object", "list", "--ca-file", cert)
	// A context remembers whom to trust.
	p.ok("login", "--ca-file", cert)
	newProgram(t, "XDG_CONFIG_HOME="+p.home).ok("object", "list")
	if r := p.run("", "object", "list", "--timeout", "500ms"); r.status != 6 {
		t.Errorf("a certificate that nobody trusts: status %d\n%s", r.status, r.err)
	}
	if r := p.run("", "object", "list", "--ca-file", key); r.status == 0 {
		t.Error("a private key was taken for certificates")
	}
}
