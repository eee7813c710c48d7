package edge

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"

	"github.com/weir-store/weir/core/canon"
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
)

// A cursor on the wire is base64url(key of the list ‖ MAC). The MAC binds the
// principal, the operation and the filters, so that a cursor is of use only
// where it came from. Its key is the cluster's: any node reads it.
const (
	cursorLabel = "weir/cursor"
	macSize     = 16
)

// decodeQuery reads the input of a query, with the cursor opened.
func (e *Edge) decodeQuery(o *op.Operation, caller op.Caller, input op.JSON) (any, *fault.Fault) {
	v, f := parse(input)
	if f != nil {
		return nil, f
	}
	if sealed, ok := v.Get("cursor"); ok && sealed.Kind == canon.String && o.Paged() {
		raw, f := e.openCursor(o, caller, filters(v), sealed.Text)
		if f != nil {
			return nil, f
		}
		members := append([]canon.Member(nil), v.Members...)
		for i := range members {
			if members[i].Name == "cursor" {
				members[i].Value.Text = raw
			}
		}
		v.Members = members
	}
	return o.Decode(v)
}

// signed gives the output with its cursor sealed, if it is a page.
func (e *Edge) signed(o *op.Operation, caller op.Caller, input op.JSON, out any) (any, error) {
	page, ok := out.(interface {
		Signed(sign func(op.Cursor) op.Cursor) any
	})
	if !ok {
		return out, nil
	}
	v, f := parse(input)
	if f != nil {
		return nil, f
	}
	var failed error
	signed := page.Signed(func(raw op.Cursor) op.Cursor {
		mac, err := e.cursorMAC(o, caller, filters(v), string(raw))
		if err != nil {
			failed = err
		}
		return op.Cursor(base64.RawURLEncoding.EncodeToString(append([]byte(raw), mac...)))
	})
	return signed, failed
}

// filters are the members of the input that choose what the list holds.
func filters(v canon.Value) []byte {
	kept := canon.Value{Kind: canon.Object}
	for _, m := range v.Members {
		if m.Name != "cursor" && m.Name != "limit" {
			kept.Members = append(kept.Members, m)
		}
	}
	return kept.Append(nil)
}

func (e *Edge) openCursor(o *op.Operation, caller op.Caller, filters []byte, sealed string) (string, *fault.Fault) {
	bad := fault.New(fault.InvalidCursor, "the cursor does not belong to this list; start again without one")
	b, err := base64.RawURLEncoding.DecodeString(sealed)
	if err != nil || len(b) <= macSize {
		return "", bad
	}
	raw := string(b[:len(b)-macSize])
	mac, err := e.cursorMAC(o, caller, filters, raw)
	if err != nil || !hmac.Equal(mac, b[len(b)-macSize:]) {
		return "", bad
	}
	return raw, nil
}

func (e *Edge) cursorMAC(o *op.Operation, caller op.Caller, filters []byte, raw string) ([]byte, error) {
	k, err := e.Keys.Derive(cursorLabel)
	if err != nil {
		return nil, fmt.Errorf("edge: key of cursors: %w", err)
	}
	h := hmac.New(sha256.New, k)
	for _, part := range [][]byte{[]byte(caller.ID), []byte(o.Name), filters, []byte(raw)} {
		var n [4]byte
		n[0], n[1], n[2], n[3] = byte(len(part)>>24), byte(len(part)>>16), byte(len(part)>>8), byte(len(part))
		h.Write(n[:])
		h.Write(part)
	}
	return h.Sum(nil)[:macSize], nil
}
