package middleware

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/weir-store/weir/transport/wire"
)

// The classes of routes, by who is served.
const (
	ClassPublic = "public"
	ClassOps    = "ops"
)

// Metrics are the measurements of an HTTP server. All labels are bounded:
// routes are templates, and methods that no route has are "other".
type Metrics struct {
	requests   *prometheus.CounterVec
	duration   *prometheus.HistogramVec
	inflight   *prometheus.GaugeVec
	size       *prometheus.HistogramVec
	exceptions *prometheus.CounterVec
}

// NewMetrics registers the measurements. It fails if they are registered
// already.
func NewMetrics(r prometheus.Registerer) (*Metrics, error) {
	m := &Metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "http_server_requests_total", Help: "Requests answered, by status code.",
		}, []string{"method", "route", "code", "class"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "http_server_request_duration_seconds", Help: "Time from the first look at a request to the end of its answer.",
			Buckets: []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2, 5, 10},
		}, []string{"route", "method", "class"}),
		inflight: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "http_server_inflight_requests", Help: "Requests that are being answered.",
		}, []string{"route"}),
		size: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "http_server_response_size_bytes", Help: "Bytes of the bodies of answers.",
			Buckets: prometheus.ExponentialBuckets(256, 4, 8),
		}, []string{"route"}),
		exceptions: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "http_server_exceptions_total", Help: "Requests whose handler panicked.",
		}, []string{"route", "method"}),
	}
	var failed error
	for _, c := range []prometheus.Collector{m.requests, m.duration, m.inflight, m.size, m.exceptions} {
		failed = errors.Join(failed, r.Register(c))
	}
	return m, failed
}

// routed are the measurements of one route, looked up once.
type routed struct {
	*Metrics
	route, class string
	running      prometheus.Gauge
	bytes        prometheus.Observer
}

func (m *Metrics) of(route, class string) routed {
	return routed{m, route, class, m.inflight.WithLabelValues(route), m.size.WithLabelValues(route)}
}

func (m routed) answered(method string, status int, bytes int64, took time.Duration) {
	m.requests.WithLabelValues(method, m.route, strconv.Itoa(status), m.class).Inc()
	m.duration.WithLabelValues(m.route, method, m.class).Observe(took.Seconds())
	m.bytes.Observe(float64(bytes))
}

// bounded is a method as a label.
func bounded(method string) string {
	if method == http.MethodHead || method == http.MethodOptions || slices.Contains(wire.Methods(), method) {
		return method
	}
	return "other"
}
