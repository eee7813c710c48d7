package rest

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strconv"

	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/transport/wire"
)

// reply answers with what the operation gave.
func (e *endpoint) reply(w http.ResponseWriter, r *http.Request, reply *op.Reply) error {
	h := w.Header()
	if reply.Version > 0 {
		h.Set("ETag", wire.ETag(reply.Version))
		if (r.Method == http.MethodGet || r.Method == http.MethodHead) && wire.NoneMatch(r.Header["If-None-Match"], reply.Version) {
			w.WriteHeader(http.StatusNotModified)
			return nil
		}
	}
	if e.nothing {
		w.WriteHeader(e.status)
		return nil
	}
	body, mediaType := []byte(reply.Output), wire.JSONType
	if reply.Raw != nil {
		body, mediaType = reply.Raw.Body, reply.Raw.ContentType
		if reply.Raw.Next > 0 {
			h.Set(wire.HeaderNext, strconv.FormatUint(reply.Raw.Next, 10))
		}
	}
	if e.status == http.StatusCreated {
		at, err := e.server.location(e.operation.Noun, body)
		if err != nil {
			return err
		}
		if at != "" {
			h.Set("Location", at)
		}
	}
	if e.paged {
		if cursor := nextCursor(body); cursor != "" {
			h.Set("Link", next(r, cursor))
		}
	}
	e.server.write(w, r, e.status, mediaType, body)
	return nil
}

// facts sets the headers that say how the reply came to be.
func facts(h http.Header, reply *op.Reply) {
	if reply.Revision > 0 {
		h.Set(wire.HeaderRevision, strconv.FormatUint(reply.Revision, 10))
	}
	if reply.Replayed {
		h.Set(wire.HeaderReplayed, "true")
	}
	if reply.Stale {
		h.Set(wire.HeaderConsistency, wire.Stale)
	}
}

func (s *server) write(w http.ResponseWriter, r *http.Request, status int, mediaType string, body []byte) {
	h := w.Header()
	h.Set("Content-Type", mediaType)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	if _, err := w.Write(body); err != nil {
		s.gone(r, err)
	}
}

// nextCursor is the cursor at the end of an op.Page, or "". Only its tail is
// read: the items come before it, and within strings quotes are escaped, so
// that the last such name is the page's own.
func nextCursor(output []byte) string {
	i := bytes.LastIndex(output, []byte(`"next_cursor":`))
	if i < 0 {
		return ""
	}
	var tail struct {
		NextCursor string `json:"next_cursor"`
	}
	if err := json.Unmarshal(append([]byte{'{'}, output[i:]...), &tail); err != nil {
		return ""
	}
	return tail.NextCursor
}

// next is the link to the page that follows (RFC 8288).
func next(r *http.Request, cursor string) string {
	query := r.URL.Query()
	query.Set("cursor", cursor)
	return "<" + r.URL.EscapedPath() + "?" + query.Encode() + `>; rel="next"`
}
