package middleware

import (
	"net/http"

	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/transport/wire"
)

// MaxHeader bounds the names and values of a request's headers together, in
// bytes.
const MaxHeader = 64 << 10

// hardening are the headers of every answer. The slices are shared by all
// answers: they have no room to append to.
var hardening = map[string][]string{
	"Cache-Control":                {"no-store"},
	"Content-Security-Policy":      {"default-src 'none'; frame-ancestors 'none'"},
	"Cross-Origin-Opener-Policy":   {"same-origin"},
	"Cross-Origin-Resource-Policy": {"same-origin"},
	"Referrer-Policy":              {"strict-origin-when-cross-origin"},
	"X-Content-Type-Options":       {"nosniff"},
	"X-Frame-Options":              {"DENY"},
	"X-Xss-Protection":             {"0"},
}

var strictTransport = []string{"max-age=63072000; includeSubDomains"}

// Harden sets the security headers of every answer and refuses requests with
// too much in their headers.
func Harden(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		for name, value := range hardening {
			h[name] = value
		}
		if r.TLS != nil {
			h["Strict-Transport-Security"] = strictTransport
		}
		if headerSize(r) > MaxHeader {
			f := fault.New(fault.HeaderTooLarge, "headers and target may have %d bytes together", MaxHeader)
			_ = wire.WriteProblem(w, f, ExchangeOf(r.Context()).RequestID) // the caller has gone
			return
		}
		next.ServeHTTP(w, r)
	})
}

func headerSize(r *http.Request) int {
	size := len(r.RequestURI)
	for name, values := range r.Header {
		for _, v := range values {
			size += len(name) + len(v)
		}
	}
	return size
}
