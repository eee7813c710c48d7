package client

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"time"
)

// Option changes how a client works.
type Option func(*settings) error

type settings struct {
	attempts     int
	perAttempt   time.Duration
	backoff      time.Duration
	maxBackoff   time.Duration
	ownWrites    bool
	tls          *tls.Config
	roundTripper http.RoundTripper
}

func defaults() settings {
	return settings{
		attempts:   10,
		perAttempt: 35 * time.Second, // more than a node takes to give up itself
		backoff:    25 * time.Millisecond,
		maxBackoff: 2 * time.Second,
	}
}

// Attempts bounds how often a call is tried, the first time included. The
// default is 10; 1 never repeats.
func Attempts(n int) Option {
	return func(s *settings) error {
		if n < 1 {
			return errors.New("client: at least one attempt is needed")
		}
		s.attempts = n
		return nil
	}
}

// AttemptTimeout bounds one attempt. The default is 35 s. The context bounds
// the call as a whole.
func AttemptTimeout(d time.Duration) Option {
	return func(s *settings) error {
		if d <= 0 {
			return errors.New("client: the timeout of an attempt must be positive")
		}
		s.perAttempt = d
		return nil
	}
}

// ReadYourWrites makes each call wait until the node has the newest revision
// that this client has seen. Confirmed reads have it anyway; it is for reads
// that are not.
func ReadYourWrites() Option {
	return func(s *settings) error {
		s.ownWrites = true
		return nil
	}
}

// CAFile trusts the certificates of a PEM file instead of the system's.
func CAFile(path string) Option {
	return func(s *settings) error {
		pem, err := os.ReadFile(path)
		if err != nil {
			return fmt.Errorf("client: read the CA file: %w", err)
		}
		pool := x509.NewCertPool()
		if !pool.AppendCertsFromPEM(pem) {
			return errors.New("client: the CA file holds no certificate")
		}
		s.tls = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
		return nil
	}
}

// TLS sets the whole TLS configuration.
func TLS(c *tls.Config) Option {
	return func(s *settings) error {
		s.tls = c
		return nil
	}
}

// RoundTripper replaces the way to the servers; TLS options have no effect
// then.
func RoundTripper(rt http.RoundTripper) Option {
	return func(s *settings) error {
		s.roundTripper = rt
		return nil
	}
}

// idlePerServer keeps the connections of many goroutines open.
const idlePerServer = 256

func (s *settings) transport() http.RoundTripper {
	if s.roundTripper != nil {
		return s.roundTripper
	}
	dialer := &net.Dialer{Timeout: 3 * time.Second, KeepAlive: 15 * time.Second}
	return &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         dialer.DialContext,
		TLSClientConfig:     s.tls,
		TLSHandshakeTimeout: 5 * time.Second,
		ForceAttemptHTTP2:   true,
		MaxIdleConnsPerHost: idlePerServer,
		IdleConnTimeout:     90 * time.Second,
	}
}
