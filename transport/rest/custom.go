package rest

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"html/template"
	"log/slog"
	"net/http"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/transport/middleware"
	"github.com/weir-store/weir/transport/wire"
)

// custom adds the routes that are of no operation.
func (s *server) custom() {
	s.handle(wire.BatchMethod+" "+wire.BatchPath, middleware.ClassPublic, handler(s.batch))
	for path, check := range map[string]func() error{"/livez": s.Live, "/readyz": s.Ready, "/startupz": s.Started} {
		s.handle("GET "+path, middleware.ClassOps, s.probe(check))
	}
	gathered := promhttp.HandlerFor(s.Metrics, promhttp.HandlerOpts{})
	s.handle("GET /metrics", middleware.ClassOps, handler(func(w http.ResponseWriter, r *http.Request) error {
		gathered.ServeHTTP(w, r)
		return nil
	}))
	document := s.document()
	s.handle("GET /openapi.json", middleware.ClassPublic, document)
	s.handle("GET /v1/openapi.json", middleware.ClassPublic, document)
	s.handle("GET "+wire.ProblemPath+"{code}", middleware.ClassPublic, handler(s.explain))
}

// batch runs several operations that happen together or not at all.
func (s *server) batch(w http.ResponseWriter, r *http.Request) error {
	if !wire.Accepts(r.Header["Accept"], wire.JSONType) {
		return fault.New(fault.NotAcceptable, "the answer is %s; accept that", wire.JSONType)
	}
	call := &op.Call{}
	if f := identify(r, call, false); f != nil {
		return f
	}
	if len(r.Header["If-Match"]) > 0 {
		return fault.New(fault.MalformedRequest, "If-Match has no meaning for a batch; give versions in the inputs").
			At(fault.Item{Header: "If-Match", Code: "not-versioned", Detail: "a batch has no version to compare"})
	}
	query, f := parameters(r)
	if f != nil {
		return f
	}
	for name := range query {
		return badParameter(name, "is no parameter of a batch")
	}
	body, f := middleware.ReadBody(w, r)
	if f != nil {
		return f
	}
	if call.Items, f = wire.DecodeBatch(body); f != nil {
		return f
	}
	secret, f := s.known(call.Items)
	if f != nil {
		return f
	}
	if call.IdempotencyKey, f = wire.IdempotencyKey(r.Header[wire.HeaderIdempotencyKey], secret); f != nil {
		return f
	}
	reply, err := s.Runner.Run(r.Context(), call)
	if reply != nil {
		facts(w.Header(), reply)
	}
	if err != nil {
		if f, ok := fault.Of(err); ok {
			wire.RelocateBatch(f)
		}
		return late(err, true)
	}
	s.write(w, r, http.StatusOK, wire.JSONType, reply.Output)
	return nil
}

// known checks that each item is a command, and says whether one of them may
// show a one-time secret.
func (s *server) known(items []op.Item) (secret bool, f *fault.Fault) {
	for i, item := range items {
		o, ok := s.Catalog.Lookup(item.Op)
		if !ok || o.Kind != op.KindCommand || o.Internal() {
			return false, wire.UnknownInBatch(i)
		}
		secret = secret || o.Secret()
	}
	return secret, nil
}

// probe answers 200 if the check passes, and nothing that an outsider could
// use either way.
func (s *server) probe(check func() error) handler {
	ok := []byte(`{"status":"ok"}`)
	return func(w http.ResponseWriter, r *http.Request) error {
		if check != nil {
			if err := check(); err != nil {
				if f, known := fault.Of(err); known && f.Status() == http.StatusServiceUnavailable {
					return f
				}
				s.Logger.LogAttrs(r.Context(), slog.LevelWarn, "probe fails", slog.String("route", r.Pattern), slog.Any("cause", err))
				return fault.New(fault.DependencyUnavailable, "a check of this node fails; its log says which").Wrap(err)
			}
		}
		s.write(w, r, http.StatusOK, wire.JSONType, ok)
		return nil
	}
}

func (s *server) document() handler {
	sum := sha256.Sum256(s.Document)
	tag := `"` + hex.EncodeToString(sum[:16]) + `"`
	return func(w http.ResponseWriter, r *http.Request) error {
		w.Header().Set("ETag", tag)
		if r.Header.Get("If-None-Match") == tag {
			w.WriteHeader(http.StatusNotModified)
			return nil
		}
		s.write(w, r, http.StatusOK, wire.JSONType, s.Document)
		return nil
	}
}

var page = template.Must(template.New("problem").Parse(`<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>{{.Title}}</title></head>
<body>
<h1>{{.Title}}</h1>
<p>Code <code>{{.Code}}</code>, status {{.Status}}{{if .Also}} or {{.Also}}{{end}}. {{if .Retryable}}The same call may succeed later.{{else}}The same call will fail again.{{end}}</p>
<p>{{.Next}}</p>
</body>
</html>
`))

// explain is the page that the type of a problem document names.
func (s *server) explain(w http.ResponseWriter, r *http.Request) error {
	info, ok := fault.Lookup(fault.Code(r.PathValue("code")))
	if !ok {
		return fault.New(fault.NotFound, "there is no such code on this node")
	}
	var b bytes.Buffer
	if err := page.Execute(&b, info); err != nil {
		return err
	}
	s.write(w, r, http.StatusOK, "text/html; charset=utf-8", b.Bytes())
	return nil
}
