// Package witness has outsiders cosign the checkpoints of the audit trail: it
// sends each to the witnesses of the cluster with a proof that the trail only
// grew, and brings back what they say. The protocol is C2SP tlog-witness.
package witness

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// The bounds of one call.
const (
	callTimeout = 10 * time.Second
	maxAnswer   = 64 << 10
)

// errInternal says that a witness lies where the cluster may not call.
var errInternal = errors.New("witness: the address is a loopback or private one, which this witness is not allowed to have")

// request is what a witness is asked to sign.
type request struct {
	url      string
	internal bool
	// old is the size of the checkpoint that the witness is believed to have
	// seen last; proof shows that the tree of note began with it.
	old   uint64
	proof [][32]byte
	note  []byte
}

func (r *request) body() []byte {
	b := append([]byte("old "), strconv.AppendUint(nil, r.old, 10)...)
	b = append(b, '\n')
	for _, h := range r.proof {
		b = append(b, base64.StdEncoding.EncodeToString(h[:])...)
		b = append(b, '\n')
	}
	b = append(b, '\n')
	return append(b, r.note...)
}

// behind is the answer of a witness that has last seen another size.
type behind struct{ size uint64 }

func (b *behind) Error() string {
	return "witness: it has last seen a checkpoint of " + strconv.FormatUint(b.size, 10) + " entries"
}

// caller makes calls, over connections that are kept.
type caller struct{ outside, anywhere *http.Client }

func newCaller() *caller {
	return &caller{outside: client(guarded), anywhere: client(nil)}
}

func client(control func(network, address string, c syscall.RawConn) error) *http.Client {
	dialer := &net.Dialer{Timeout: callTimeout, Control: control}
	return &http.Client{
		Timeout:   callTimeout,
		Transport: &http.Transport{DialContext: dialer.DialContext, TLSHandshakeTimeout: callTimeout, MaxIdleConnsPerHost: 1, IdleConnTimeout: time.Minute},
		// A witness does not move; who answers for it must not choose an address.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// guarded refuses addresses inside. It judges the address that is really
// called, after names were resolved.
func guarded(_, address string, _ syscall.RawConn) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("witness: %w", err)
	}
	ip := at.Addr().Unmap()
	if !ip.IsGlobalUnicast() || ip.IsPrivate() || shared.Contains(ip) {
		return errInternal
	}
	return nil
}

// shared are addresses of carriers' own nets (RFC 6598).
var shared = netip.MustParsePrefix("100.64.0.0/10")

// ask sends a checkpoint and gives the signature lines of the answer.
func (c *caller) ask(ctx context.Context, r *request) (lines string, err error) {
	q, err := http.NewRequestWithContext(ctx, http.MethodPost, r.url+"/add-checkpoint", bytes.NewReader(r.body()))
	if err != nil {
		return "", fmt.Errorf("witness: %w", err)
	}
	q.Header.Set("Content-Type", "text/plain; charset=utf-8")
	http := c.outside
	if r.internal {
		http = c.anywhere
	}
	reply, err := http.Do(q)
	if err != nil {
		return "", fmt.Errorf("witness: %w", err)
	}
	defer func() { err = errors.Join(err, reply.Body.Close()) }()
	answer, err := io.ReadAll(io.LimitReader(reply.Body, maxAnswer))
	if err != nil {
		return "", fmt.Errorf("witness: %w", err)
	}
	return interpret(reply, answer)
}

func interpret(reply *http.Response, answer []byte) (lines string, err error) {
	switch reply.StatusCode {
	case http.StatusOK:
		return string(answer), nil
	case http.StatusConflict:
		size, err := strconv.ParseUint(strings.TrimSuffix(string(answer), "\n"), 10, 53)
		if err != nil || !strings.HasPrefix(reply.Header.Get("Content-Type"), "text/x.tlog.size") {
			return "", errors.New("witness: it has another history of this log, or does not say what it has seen")
		}
		return "", &behind{size}
	case http.StatusNotFound:
		return "", errors.New("witness: it does not know this log")
	case http.StatusForbidden:
		return "", errors.New("witness: it does not know the key of this log")
	case http.StatusUnprocessableEntity:
		return "", errors.New("witness: it has another history of this log: the proof does not fit")
	}
	return "", fmt.Errorf("witness: it answers %s", reply.Status)
}
