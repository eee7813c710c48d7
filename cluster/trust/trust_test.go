package trust

import (
	"bytes"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/weir-store/weir/cluster/memnet"
)

var (
	keyA = strings.Repeat("a", 40)
	keyB = strings.Repeat("b", 40)
)

func identity(t *testing.T, node, keys string) *Identity {
	t.Helper()
	k, err := ParseKeys([]byte(keys))
	if err != nil {
		t.Fatal(err)
	}
	i, err := FromKeys(node, k)
	if err != nil {
		t.Fatal(err)
	}
	return i
}

func TestParseKeys(t *testing.T) {
	for _, row := range []struct {
		name, text string
		keys       int
		ok         bool
	}{
		{"one", keyA, 1, true},
		{"spaces and empty lines", "\n  " + keyA + " \r\n\n\t" + keyB + "\n\n", 2, true},
		{"least length", strings.Repeat("x", 32), 1, true},
		{"too short", strings.Repeat("x", 31), 0, false},
		{"second too short", keyA + "\nsecret", 0, false},
		{"spaces do not count", "x" + strings.Repeat(" ", 40), 0, false},
		{"empty", " \n\n", 0, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			k, err := ParseKeys([]byte(row.text))
			if (err == nil) != row.ok || len(k.secrets) != row.keys {
				t.Errorf("%d keys, %v", len(k.secrets), err)
			}
			for _, shown := range []string{fmt.Sprintf("%v %+v %#v %s", k, k, k, k), fmt.Sprint(err)} {
				if strings.Contains(shown, "xxx") || strings.Contains(shown, "secret\"") || strings.Contains(shown, keyA) {
					t.Errorf("a key is shown: %s", shown)
				}
			}
		})
	}
}

// Every node makes the authority for itself, in every release: a change of one
// byte would part the nodes of a cluster during an upgrade.
func TestDerivationsAreForEver(t *testing.T) {
	k, err := ParseKeys([]byte(keyA))
	if err != nil {
		t.Fatal(err)
	}
	signing, err := k.authorityKeys()
	if err != nil {
		t.Fatal(err)
	}
	a, err := newAuthority(signing[0])
	if err != nil {
		t.Fatal(err)
	}
	gossip, err := k.Gossip()
	if err != nil {
		t.Fatal(err)
	}
	for name, row := range map[string]struct {
		got  []byte
		want string
	}{
		"authority key":         {signing[0].Seed(), "8ae046ad041cc32b"},
		"authority certificate": {a.cert.Raw, "28eedcf4cf89be95"},
		"gossip key":            {gossip[0], "dc5e83c1e791ce6d"},
	} {
		sum := sha256.Sum256(row.got)
		if got := hex.EncodeToString(sum[:8]); got != row.want {
			t.Errorf("%s: digest %s, want %s", name, got, row.want)
		}
	}
}

func TestCheckNode(t *testing.T) {
	for id, ok := range map[string]bool{
		"n1": true, "a": true, "node-1.rack_2": true, strings.Repeat("x", 63): true,
		"": false, "-a": false, "a.": false, "a b": false, "a/b": false, "ä": false, "a\n": false, strings.Repeat("x", 64): false,
	} {
		if err := CheckNode(id); (err == nil) != ok {
			t.Errorf("CheckNode(%q) = %v, want ok: %v", id, err, ok)
		}
	}
}

// meet runs a handshake and returns whom the server met and both errors.
func meet(t *testing.T, server, client *tls.Config) (peer string, serverErr, clientErr error) {
	t.Helper()
	n := memnet.New()
	l, err := n.Listen("server")
	if err != nil {
		t.Fatal(err)
	}
	var s *tls.Conn
	done := make(chan error, 1)
	go func() {
		plain, err := l.Accept()
		if err != nil {
			done <- err
			return
		}
		s = tls.Server(plain, server)
		done <- s.Handshake()
	}()
	plain, err := n.Dialer("client")(t.Context(), "server")
	if err != nil {
		t.Fatal(err)
	}
	clientErr = tls.Client(plain, client).Handshake()
	if clientErr != nil {
		_ = plain.Close() // ends the server's wait
	}
	if serverErr = <-done; serverErr == nil {
		if peer, serverErr = Peer(s.ConnectionState()); serverErr != nil {
			t.Fatal(serverErr)
		}
	}
	return peer, serverErr, clientErr
}

func TestWhoIsOfTheCluster(t *testing.T) {
	server := identity(t, "n1", keyA+"\n"+keyB)
	for _, row := range []struct {
		name   string
		client *tls.Config
		ok     bool
	}{
		{"both keys, the same one active", identity(t, "n2", keyA+"\n"+keyB).Client("p"), true},
		{"both keys, the other one active", identity(t, "n2", keyB+"\n"+keyA).Client("p"), true},
		{"foreign key", identity(t, "n2", strings.Repeat("c", 40)).Client("p"), false},
		{"no certificate", &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"p"}}, false},
		{"other protocol", identity(t, "n2", keyA+"\n"+keyB).Client("q"), false},
		{"TLS 1.2", func() *tls.Config {
			c := identity(t, "n2", keyA+"\n"+keyB).Client("p")
			c.MinVersion, c.MaxVersion = tls.VersionTLS12, tls.VersionTLS12
			return c
		}(), false},
	} {
		t.Run(row.name, func(t *testing.T) {
			peer, serverErr, clientErr := meet(t, server.Server("p"), row.client)
			ok := serverErr == nil && clientErr == nil
			if ok != row.ok || ok && peer != "n2" {
				t.Errorf("server met %q, %v; client: %v", peer, serverErr, clientErr)
			}
		})
	}
}

func TestCertificateIsRenewedInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := identity(t, "n1", keyA)
		first, _, err := i.source.material(time.Now())
		if err != nil {
			t.Fatal(err)
		}
		if life := first.Leaf.NotAfter.Sub(first.Leaf.NotBefore); life > 30*24*time.Hour {
			t.Errorf("a certificate lives %v", life)
		}
		for day := range 100 {
			now := time.Now().Add(time.Duration(day) * 24 * time.Hour)
			c, _, err := i.source.material(now)
			if err != nil {
				t.Fatal(err)
			}
			if left := c.Leaf.NotAfter.Sub(now); left < 9*24*time.Hour {
				t.Fatalf("on day %d the certificate is valid for %v", day, left)
			}
			if day == 1 && c != first {
				t.Error("a fresh certificate was replaced")
			}
		}
	})
}

// operator writes the files of an operator's own authority for a node.
func operator(t *testing.T, dir, node string) Files {
	t.Helper()
	k, err := ParseKeys([]byte(keyB))
	if err != nil {
		t.Fatal(err)
	}
	signing, err := k.authorityKeys()
	if err != nil {
		t.Fatal(err)
	}
	a, err := newAuthority(signing[0])
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := a.issue(node, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	key, err := x509.MarshalPKCS8PrivateKey(leaf.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	files := Files{Cert: filepath.Join(dir, "cert"), Key: filepath.Join(dir, "key"), Authorities: filepath.Join(dir, "ca")}
	for path, block := range map[string]*pem.Block{
		files.Cert:        {Type: "CERTIFICATE", Bytes: leaf.Certificate[0]},
		files.Key:         {Type: "PRIVATE KEY", Bytes: key},
		files.Authorities: {Type: "CERTIFICATE", Bytes: a.cert.Raw},
	} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return files
}

func TestOperatorsCertificates(t *testing.T) {
	dir := t.TempDir()
	i, err := FromFiles("n1", operator(t, dir, "n1"))
	if err != nil {
		t.Fatal(err)
	}
	other, err := FromFiles("n2", operator(t, t.TempDir(), "n2"))
	if err != nil {
		t.Fatal(err)
	}
	if peer, serverErr, clientErr := meet(t, i.Server("p"), other.Client("p")); peer != "n2" || serverErr != nil || clientErr != nil {
		t.Errorf("server met %q, %v; client: %v", peer, serverErr, clientErr)
	}
	if _, err := FromFiles("n3", operator(t, t.TempDir(), "n1")); !errors.Is(err, ErrNode) {
		t.Errorf("a certificate of another node: %v", err)
	}

	before, _, err := i.source.material(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	files := operator(t, dir, "n1")
	later := time.Now().Add(time.Minute)
	if err := os.Chtimes(files.Cert, later, later); err != nil {
		t.Fatal(err)
	}
	after, _, err := i.source.material(time.Now())
	if err != nil || bytes.Equal(before.Certificate[0], after.Certificate[0]) {
		t.Errorf("a changed certificate was not loaded: %v", err)
	}
	if err := os.WriteFile(files.Key, []byte("half a key"), 0o600); err != nil {
		t.Fatal(err)
	}
	if kept, _, err := i.source.material(time.Now()); err != nil || !bytes.Equal(kept.Certificate[0], after.Certificate[0]) {
		t.Errorf("half a change replaced the last good certificate: %v", err)
	}
}

func FuzzNodeOf(f *testing.F) {
	for _, uri := range []string{"weir:node:n1", "weir:node:", "weir:node:a/b", "https://n1", "weir:other:n1"} {
		f.Add(uri)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		u, err := url.Parse(raw)
		if err != nil {
			return
		}
		id, err := nodeOf(&x509.Certificate{URIs: []*url.URL{u}})
		if err == nil && nodeURI(id).String() != u.String() && u.RawQuery == "" && u.Fragment == "" && !u.ForceQuery {
			t.Errorf("%q names %q, whose URI is %q", raw, id, nodeURI(id))
		}
	})
}
