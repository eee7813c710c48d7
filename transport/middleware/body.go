package middleware

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"net/http"
	"os"
	"time"

	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/transport/wire"
)

// The bounds of reading a body.
const (
	// MaxBody is the most bytes of a body, counted as they come.
	MaxBody = 1 << 20
	// bodyTime is the longest that reading may take. Before it is over, a body
	// must have come at minimum pace, from when grace is over.
	bodyTime  = 15 * time.Second
	bodyGrace = 10 * time.Second
	bodyPace  = 4 << 10 // bytes a second
)

// ReadBody reads the whole JSON body of a request; none is empty. It refuses
// other media types, too many bytes, and bytes that come too slowly.
func ReadBody(w http.ResponseWriter, r *http.Request) ([]byte, *fault.Fault) {
	if r.ContentLength == 0 || r.Body == nil || r.Body == http.NoBody {
		return nil, nil
	}
	if !isJSON(r.Header.Get("Content-Type")) {
		return nil, fault.New(fault.UnsupportedMediaType, "the body must be %s", wire.JSONType)
	}
	p := &paced{
		source: http.MaxBytesReader(w, r.Body, MaxBody), start: time.Now(),
		deadline: http.NewResponseController(w).SetReadDeadline,
	}
	var b bytes.Buffer
	if n := r.ContentLength; n > 0 && n <= MaxBody {
		b.Grow(int(n) + bytes.MinRead)
	}
	if _, err := b.ReadFrom(p); err != nil {
		return nil, unread(w, err)
	}
	return b.Bytes(), nil
}

// isJSON says whether a content type is JSON in UTF-8.
func isJSON(contentType string) bool {
	if contentType == wire.JSONType {
		return true
	}
	name, parameters, err := mime.ParseMediaType(contentType)
	if err != nil || name != wire.JSONType {
		return false
	}
	charset, given := parameters["charset"]
	return !given || charset == "utf-8" || charset == "UTF-8"
}

// unread is the fault of a body that did not come. What is left of it makes
// the connection useless.
func unread(w http.ResponseWriter, err error) *fault.Fault {
	w.Header().Set("Connection", "close")
	var size *http.MaxBytesError
	switch {
	case errors.As(err, &size):
		return fault.New(fault.PayloadTooLarge, "a body may have %d bytes", MaxBody)
	case errors.Is(err, os.ErrDeadlineExceeded):
		return fault.New(fault.RequestTimeout, "the body did not come in time")
	}
	return fault.New(fault.MalformedRequest, "the body did not come whole").Wrap(err)
}

// paced is a body that must come at a minimum pace. Each read gets a deadline:
// the moment at which what has come so far is too little. When the body has
// ended, net/http takes the deadline off the connection.
type paced struct {
	source   io.Reader
	start    time.Time
	got      int64
	deadline func(time.Time) error
}

func (p *paced) Read(b []byte) (int, error) {
	allowed := min(bodyTime, max(bodyGrace, time.Duration(p.got)*time.Second/bodyPace))
	// Only connections of tests know no deadlines.
	if err := p.deadline(p.start.Add(allowed)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return 0, err
	}
	n, err := p.source.Read(b)
	p.got += int64(n)
	return n, err
}
