// Package rest serves the catalog over HTTP: a route, a status and a document
// of faults for each operation, derived from its declaration.
package rest

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/transport/middleware"
	"github.com/weir-store/weir/transport/wire"
)

// HandlerTimeout is how long a request may take, its body included, if the
// configuration does not say.
const HandlerTimeout = 30 * time.Second

// Config is what a server is composed of. All but Timeout, Live, Ready and
// Started must be set.
type Config struct {
	Catalog *op.Catalog
	Runner  op.Runner
	Logger  *slog.Logger
	// Metrics is where the measurements are registered and gathered for
	// /metrics.
	Metrics interface {
		prometheus.Registerer
		prometheus.Gatherer
	}
	// Document is the OpenAPI document of the catalog.
	Document []byte
	// Live, Ready and Started say why a probe fails; nil functions always
	// pass. A fault is shown to whoever asks, other errors only to the log.
	Live, Ready, Started func() error
	// Timeout bounds a request; 0 is HandlerTimeout.
	Timeout time.Duration
}

// server is a Config with what is derived from it.
type server struct {
	Config
	mux      *http.ServeMux
	observer middleware.Observer
	places   []place
}

// New makes the handler of all routes. It panics on declarations that HTTP
// cannot carry, and fails if the metrics are registered already.
func New(c Config) (http.Handler, error) {
	if c.Catalog == nil || c.Runner == nil || c.Logger == nil || c.Metrics == nil || len(c.Document) == 0 {
		return nil, errors.New("rest: the configuration is not complete")
	}
	if c.Timeout == 0 {
		c.Timeout = HandlerTimeout
	}
	metrics, err := middleware.NewMetrics(c.Metrics)
	if err != nil {
		return nil, err
	}
	s := &server{Config: c, mux: http.NewServeMux(), observer: middleware.Observer{Metrics: metrics, Logger: c.Logger}, places: places(c.Catalog)}
	for _, o := range c.Catalog.Operations() {
		for _, route := range wire.Routes(o) {
			s.handle(route.Pattern(), middleware.ClassPublic, newEndpoint(s, route))
		}
	}
	s.custom()
	s.handle("/", middleware.ClassPublic, handler(s.unmatched))
	return middleware.Begin(c.Timeout, middleware.Harden(s.mux)), nil
}

// handler answers a request, or says with which fault it is to be answered.
type handler func(w http.ResponseWriter, r *http.Request) error

// answerer is a handler as a type of its own.
type answerer interface {
	answer(w http.ResponseWriter, r *http.Request) error
}

func (h handler) answer(w http.ResponseWriter, r *http.Request) error { return h(w, r) }

// unmatchedRoute is the label of requests that have no route.
const unmatchedRoute = "unmatched"

func (s *server) handle(pattern, class string, h answerer) {
	_, template, ok := strings.Cut(pattern, " ")
	if !ok {
		template = unmatchedRoute
	}
	s.mux.Handle(pattern, s.observer.Route(template, class, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := h.answer(w, r); err != nil {
			s.refuse(w, r, err)
		}
	})))
}

// statusGone counts requests whose caller went away. Nobody sees it but logs
// and metrics, which must not take it for a fault of the node.
const statusGone = 499

// refuse answers with a fault. What is not a fault is logged, and shown as one
// with a constant text.
func (s *server) refuse(w http.ResponseWriter, r *http.Request, err error) {
	if errors.Is(r.Context().Err(), context.Canceled) {
		w.WriteHeader(statusGone)
		return
	}
	f := fault.InternalOf(err)
	id := middleware.ExchangeOf(r.Context()).RequestID
	if f.Status() == http.StatusInternalServerError {
		s.Logger.LogAttrs(r.Context(), slog.LevelError, "internal fault",
			slog.String("request_id", id), slog.String("route", r.Pattern), slog.String("code", string(f.Code)), slog.Any("cause", f.Unwrap()))
	}
	if err := wire.WriteProblem(w, f, id); err != nil {
		s.gone(r, err)
	}
}

// gone notes that an answer could not be written.
func (s *server) gone(r *http.Request, err error) {
	s.Logger.LogAttrs(r.Context(), slog.LevelDebug, "answer not written",
		slog.String("request_id", middleware.ExchangeOf(r.Context()).RequestID), slog.Any("cause", err))
}

// unmatched answers where no route fits: with the methods of the path, if it
// has any.
func (s *server) unmatched(w http.ResponseWriter, r *http.Request) error {
	var allowed []string
	for _, method := range wire.Methods() {
		probe := &http.Request{Method: method, URL: r.URL, Host: r.Host}
		if _, pattern := s.mux.Handler(probe); pattern != "/" && pattern != "" {
			allowed = append(allowed, method)
		}
	}
	if len(allowed) == 0 {
		return fault.New(fault.NotFound, "there is no such path; /openapi.json lists them")
	}
	if i := slices.Index(allowed, http.MethodGet); i >= 0 {
		allowed = slices.Insert(allowed, i+1, http.MethodHead)
	}
	w.Header().Set("Allow", strings.Join(allowed, ", "))
	return fault.New(fault.MethodNotAllowed, "this path takes %s", strings.Join(allowed, ", "))
}
