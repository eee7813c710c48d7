package middleware

import (
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/transport/wire"
)

// Observer watches the handlers of a server.
type Observer struct {
	Metrics *Metrics
	Logger  *slog.Logger
}

// Route watches the handler of one route: it measures and logs each answer,
// and turns a panic into a problem. The log has the route's template and never
// the target itself, headers or bodies. Successes are logged at debug, faults
// of callers at info, faults of the node at warn.
func (o *Observer) Route(template, class string, next http.Handler) http.Handler {
	m := o.Metrics.of(template, class)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		a := &answer{ResponseWriter: w}
		method := bounded(r.Method)
		m.running.Inc()
		defer func() {
			m.running.Dec()
			if p := recover(); p != nil {
				o.recovered(a, r, m, method, p)
			}
			took := time.Since(start)
			m.answered(method, a.code(), a.bytes, took)
			o.log(r, template, a, took)
		}()
		next.ServeHTTP(a, r)
	})
}

// recovered answers for a handler that panicked. The server's own way to end a
// connection goes on up.
func (o *Observer) recovered(a *answer, r *http.Request, m routed, method string, p any) {
	if p == http.ErrAbortHandler { //nolint:errorlint // the value that net/http itself compares with
		panic(p)
	}
	m.exceptions.WithLabelValues(m.route, method).Inc()
	x := ExchangeOf(r.Context())
	o.Logger.LogAttrs(r.Context(), slog.LevelError, "handler panicked",
		slog.String("request_id", x.RequestID), slog.String("route", m.route), slog.Any("panic", p), slog.String("stack", string(debug.Stack())))
	if a.status == 0 {
		_ = wire.WriteProblem(a, fault.InternalOf(fmt.Errorf("panic: %v", p)), x.RequestID) // the caller has gone
	}
}

func (o *Observer) log(r *http.Request, template string, a *answer, took time.Duration) {
	level := slog.LevelDebug
	switch {
	case a.code() >= 500:
		level = slog.LevelWarn
	case a.code() >= 400:
		level = slog.LevelInfo
	}
	if !o.Logger.Enabled(r.Context(), level) {
		return
	}
	x := ExchangeOf(r.Context())
	attrs := []slog.Attr{
		slog.String("request_id", x.RequestID), slog.String("method", bounded(r.Method)), slog.String("route", template),
		slog.Int("status", a.code()), slog.Int64("bytes", a.bytes), slog.Duration("took", took),
	}
	if x.TraceID != "" {
		attrs = append(attrs, slog.String("trace_id", x.TraceID))
	}
	o.Logger.LogAttrs(r.Context(), level, "request", attrs...)
}

// answer remembers what was answered.
type answer struct {
	http.ResponseWriter
	status int
	bytes  int64
}

// code is the status as the caller sees it.
func (a *answer) code() int {
	if a.status == 0 {
		return http.StatusOK
	}
	return a.status
}

// WriteHeader implements http.ResponseWriter.
func (a *answer) WriteHeader(status int) {
	if a.status == 0 {
		a.status = status
	}
	a.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (a *answer) Write(b []byte) (int, error) {
	if a.status == 0 {
		a.status = http.StatusOK
	}
	n, err := a.ResponseWriter.Write(b)
	a.bytes += int64(n)
	return n, err
}

// Unwrap lets http.ResponseController reach the connection.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }
