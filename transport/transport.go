// Package transport is the HTTP server of a node. It knows the catalog and an
// op.Runner, and nothing of the cluster behind it.
package transport

import (
	"log/slog"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/transport/middleware"
	"github.com/weir-store/weir/transport/openapi"
	"github.com/weir-store/weir/transport/rest"
)

// The bounds of a connection.
const (
	headerTimeout = 5 * time.Second
	idleTimeout   = 120 * time.Second
	// hardMaxHeader is where net/http itself gives up, without a problem
	// document. The handler refuses at middleware.MaxHeader, well before.
	hardMaxHeader = 2 * middleware.MaxHeader
)

// Config is what a server is composed of.
type Config struct {
	// Sets are the operations to serve; Runner runs them.
	Sets   []*op.Set
	Runner op.Runner
	// Version is the program's, for the OpenAPI document.
	Version string
	Logger  *slog.Logger
	// Metrics is where the measurements of the server are registered, and what
	// /metrics shows; nil is a registry of the server's own.
	Metrics *prometheus.Registry
	// Live, Ready and Started say why a probe fails; nil functions always
	// pass. A fault of status 503 is shown to whoever asks, other errors stay
	// inside.
	Live, Ready, Started func() error
	// Timeout bounds a request; 0 is rest.HandlerTimeout.
	Timeout time.Duration
}

// NewServer makes a server without a listener. The caller sets TLS, serves and
// shuts it down.
func NewServer(c Config) (*http.Server, error) {
	document, err := openapi.Document(c.Sets, c.Version)
	if err != nil {
		return nil, err
	}
	if c.Metrics == nil {
		c.Metrics = prometheus.NewRegistry()
	}
	handler, err := rest.New(rest.Config{
		Catalog: op.NewCatalog(c.Sets...), Runner: c.Runner, Logger: c.Logger, Metrics: c.Metrics, Document: document,
		Live: c.Live, Ready: c.Ready, Started: c.Started, Timeout: c.Timeout,
	})
	if err != nil {
		return nil, err
	}
	return &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: headerTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    hardMaxHeader,
		ErrorLog:          slog.NewLogLogger(c.Logger.Handler(), slog.LevelDebug),
	}, nil
}
