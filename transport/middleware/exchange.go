// Package middleware is what surrounds every handler of the HTTP contract:
// names and deadlines of requests, bounds on what is read, headers that every
// answer has, and what is told about them in metrics and logs.
package middleware

import (
	"context"
	"net/http"
	"time"

	"github.com/weir-store/weir/transport/wire"
)

// Exchange is what is known of a request from its beginning.
type Exchange struct {
	// RequestID is in every answer, log line and audit entry of the request.
	RequestID string
	// TraceID is the caller's W3C trace id, or empty.
	TraceID string
}

type exchangeKey struct{}

// ExchangeOf finds the exchange of a request's context.
func ExchangeOf(ctx context.Context) Exchange {
	x, _ := ctx.Value(exchangeKey{}).(*Exchange)
	if x == nil {
		return Exchange{}
	}
	return *x
}

// Begin names the request, and ends its context after the timeout. It must be
// the outermost layer.
func Begin(timeout time.Duration, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		x := &Exchange{
			RequestID: wire.RequestID(r.Header.Get(wire.HeaderRequestID)),
			TraceID:   wire.TraceID(r.Header.Get(wire.HeaderTraceparent)),
		}
		w.Header()[wire.HeaderRequestID] = []string{x.RequestID}
		ctx, cancel := context.WithTimeout(context.WithValue(r.Context(), exchangeKey{}, x), timeout)
		defer cancel()
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}
