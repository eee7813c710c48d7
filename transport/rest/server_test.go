package rest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/transport/openapi"
	"github.com/weir-store/weir/transport/rest"
	"github.com/weir-store/weir/transport/wire"
)

func TestEveryAnswerIsHardened(t *testing.T) {
	h := serve(t, func(*rest.Config) {})
	for _, target := range []string{"/v1/objects", "/nothing", "/livez", "/openapi.json", "/metrics"} {
		t.Run(target, func(t *testing.T) {
			w := httptest.NewRecorder()
			r := httptest.NewRequest(http.MethodGet, target, nil)
			r.Header.Set(wire.HeaderRequestID, "request-1")
			h.ServeHTTP(w, r)
			for name, want := range map[string]string{
				"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Cache-Control": "no-store",
				"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'", "Strict-Transport-Security": "", wire.HeaderRequestID: "request-1",
			} {
				if got := strings.Join(w.Header().Values(name), "; "); got != want {
					t.Errorf("%s is %q, want %q", name, got, want)
				}
			}
		})
	}
}

func TestProbes(t *testing.T) {
	for _, row := range []struct {
		name   string
		check  func() error
		status int
		code   fault.Code
	}{
		{"no check", nil, 200, ""},
		{"a check that passes", func() error { return nil }, 200, ""},
		{"a fault to show", func() error { return fault.New(fault.Draining, "leaving") }, 503, fault.Draining},
		{"an error to hide", func() error { return errors.New("canary at 10.0.0.1") }, 503, fault.DependencyUnavailable},
		{"a fault of another status", func() error { return fault.New(fault.NotFound, "canary") }, 503, fault.DependencyUnavailable},
	} {
		t.Run(row.name, func(t *testing.T) {
			h := serve(t, func(c *rest.Config) { c.Live, c.Ready, c.Started = row.check, row.check, row.check })
			for _, path := range []string{"/livez", "/readyz", "/startupz"} {
				w := httptest.NewRecorder()
				h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
				if w.Code != row.status || strings.Contains(w.Body.String(), "canary") {
					t.Errorf("%s: %d %s", path, w.Code, w.Body)
				}
				if row.code != "" && wire.ReadProblem(w.Code, w.Header(), w.Body.Bytes()).Code != row.code {
					t.Errorf("%s: %s", path, w.Body)
				}
			}
		})
	}
}

func TestMetricsCountByRoute(t *testing.T) {
	h := serve(t, func(*rest.Config) {})
	for _, target := range []string{"/v1/objects/" + object, "/v1/objects/" + object + "?x=1", "/nothing", "/nowhere"} {
		r := httptest.NewRequest(http.MethodGet, target, nil)
		r.Header.Set("Authorization", bearer)
		h.ServeHTTP(httptest.NewRecorder(), r)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	for _, want := range []string{
		`http_server_requests_total{class="public",code="200",method="GET",route="/v1/objects/{id}"} 1`,
		`http_server_requests_total{class="public",code="400",method="GET",route="/v1/objects/{id}"} 1`,
		`http_server_requests_total{class="public",code="404",method="GET",route="unmatched"} 2`,
		`http_server_request_duration_seconds_count{class="public",method="GET",route="/v1/objects/{id}"} 2`,
		`http_server_inflight_requests{route="/metrics"} 1`,
		`http_server_response_size_bytes_count{route="unmatched"} 2`,
	} {
		if !strings.Contains(w.Body.String(), want) {
			t.Errorf("no sample %s", want)
		}
	}
}

type panicking struct{}

func (panicking) Run(context.Context, *op.Call) (*op.Reply, error) { panic("canary") }

func TestPanicsBecomeProblems(t *testing.T) {
	var log bytes.Buffer
	h := serve(t, func(c *rest.Config) {
		c.Runner, c.Logger = panicking{}, slog.New(slog.NewJSONHandler(&log, nil))
	})
	w := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodGet, "/v1/objects", nil)
	r.Header.Set("Authorization", bearer)
	h.ServeHTTP(w, r)
	f := wire.ReadProblem(w.Code, w.Header(), w.Body.Bytes())
	if w.Code != http.StatusInternalServerError || f.Code != fault.Internal || strings.Contains(w.Body.String(), "canary") {
		t.Errorf("got %d %s", w.Code, w.Body)
	}
	if !strings.Contains(log.String(), "handler panicked") {
		t.Errorf("the log says %s", log.String())
	}
	w = httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	if !strings.Contains(w.Body.String(), `http_server_exceptions_total{method="GET",route="/v1/objects"} 1`) {
		t.Error("the panic is not counted")
	}
}

func TestLogsHoldNoSecretAndNoTarget(t *testing.T) {
	var log bytes.Buffer
	h := serve(t, func(c *rest.Config) {
		c.Runner = &stub{err: errors.New("broken")}
		c.Logger = slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	for _, target := range []string{"/v1/objects?type=sesame", "/v1/objects?token=sesame", "/sesame"} {
		r := httptest.NewRequest(http.MethodGet, target, nil)
		r.Header.Set("Authorization", bearer)
		r.Header.Set("Idempotency-Key", "canary-canary-canary")
		r.Header.Set("Traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
		h.ServeHTTP(httptest.NewRecorder(), r)
	}
	for _, secret := range []string{"canary", "sesame"} {
		if strings.Contains(log.String(), secret) {
			t.Errorf("%s is in the log: %s", secret, log.String())
		}
	}
	if !strings.Contains(log.String(), `"trace_id":"4bf92f3577b34da6a3ce929d0e0e4736"`) || !strings.Contains(log.String(), `"cause":"broken"`) {
		t.Errorf("the log lacks what it needs: %s", log.String())
	}
}

func TestCallersWhoLeaveAreNoFaultOfTheNode(t *testing.T) {
	h := serve(t, func(c *rest.Config) { c.Runner = &stub{err: context.Canceled} })
	ctx, leave := context.WithCancel(t.Context())
	leave()
	r := httptest.NewRequest(http.MethodGet, "/v1/objects", nil).WithContext(ctx)
	r.Header.Set("Authorization", bearer)
	h.ServeHTTP(httptest.NewRecorder(), r)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	if want := `http_server_requests_total{class="public",code="499",method="GET",route="/v1/objects"} 1`; !strings.Contains(w.Body.String(), want) {
		t.Errorf("no sample %s", want)
	}
}

func TestDocumentIsServed(t *testing.T) {
	h := serve(t, func(*rest.Config) {})
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/openapi.json", nil))
	if !json.Valid(w.Body.Bytes()) {
		t.Fatalf("not JSON: %s", w.Body)
	}
	r := httptest.NewRequest(http.MethodGet, "/v1/openapi.json", nil)
	r.Header.Set("If-None-Match", w.Header().Get("ETag"))
	again := httptest.NewRecorder()
	h.ServeHTTP(again, r)
	if again.Code != http.StatusNotModified {
		t.Errorf("the document is sent again: %d", again.Code)
	}
}

// TestWhatIsDescribedIsServed asks for each route of the document.
func TestWhatIsDescribedIsServed(t *testing.T) {
	h := serve(t, func(*rest.Config) {})
	raw, err := openapi.Document(sets(), "test")
	if err != nil {
		t.Fatal(err)
	}
	var document struct {
		Paths map[string]map[string]struct{} `json:"paths"`
	}
	if err := json.Unmarshal(raw, &document); err != nil {
		t.Fatal(err)
	}
	for path, methods := range document.Paths {
		for method := range methods {
			r := httptest.NewRequest(strings.ToUpper(method), strings.NewReplacer("{", "", "}", "").Replace(path), nil)
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if w.Code == http.StatusMethodNotAllowed || strings.Contains(w.Body.String(), "no such path") {
				t.Errorf("%s %s is not served", method, path)
			}
		}
	}
	if len(document.Paths) < 10 {
		t.Errorf("only %d paths are described", len(document.Paths))
	}
}

func TestNewRefusesHalfAConfiguration(t *testing.T) {
	if _, err := rest.New(rest.Config{}); err == nil {
		t.Error("an empty configuration was taken")
	}
	registry := prometheus.NewRegistry()
	c := rest.Config{
		Catalog: op.NewCatalog(), Runner: &stub{}, Logger: slog.New(slog.DiscardHandler), Metrics: registry, Document: []byte("{}"),
	}
	if _, err := rest.New(c); err != nil {
		t.Fatal(err)
	}
	if _, err := rest.New(c); err == nil {
		t.Error("two servers share one registry")
	}
}

func BenchmarkGet(b *testing.B) {
	runner := &stub{reply: &op.Reply{Output: op.JSON(`{"id":"` + object + `","data":{"a":"` + strings.Repeat("x", 256) + `"}}`), Revision: 12, Version: 4}}
	c := rest.Config{
		Catalog: op.NewCatalog(sets()...), Runner: runner, Logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
		Metrics: prometheus.NewRegistry(), Document: []byte("{}"),
	}
	h, err := rest.New(c)
	if err != nil {
		b.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodGet, "/v1/objects/"+object, nil)
	r.Header.Set("Authorization", bearer)
	b.ReportAllocs()
	for b.Loop() {
		h.ServeHTTP(httptest.NewRecorder(), r)
	}
}
