package transport_test

import (
	"bytes"
	"context"
	"encoding/pem"
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/weir-store/weir/client"
	"github.com/weir-store/weir/core"
	"github.com/weir-store/weir/core/canon"
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/identity"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/transport"
	"github.com/weir-store/weir/transport/wire"
)

// mirror answers each call with the example of its operation, and keeps the
// call.
type mirror struct {
	catalog *op.Catalog
	call    *op.Call
}

func (m *mirror) Run(_ context.Context, call *op.Call) (*op.Reply, error) {
	m.call = call
	o, ok := m.catalog.Lookup(call.Op)
	if !ok {
		return nil, fault.New(fault.NotFound, "no such operation")
	}
	if raw, ok := o.Result.(op.Raw); ok {
		return &op.Reply{Raw: &raw, Revision: 7}, nil
	}
	out, err := op.Marshal(o.Result)
	return &op.Reply{Output: out, Revision: 7}, err
}

func mirrored(t *testing.T, start func(*httptest.Server)) (*mirror, *httptest.Server) {
	t.Helper()
	m := &mirror{catalog: op.NewCatalog(core.Sets()...)}
	s, err := transport.NewServer(transport.Config{
		Sets: core.Sets(), Runner: m, Version: "test", Logger: slog.New(slog.DiscardHandler), Metrics: prometheus.NewRegistry(),
	})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(s.Handler)
	start(server)
	t.Cleanup(server.Close)
	return m, server
}

// TestEveryExampleTravels sends the example of each operation from the client
// to the server: input and output must arrive as they were.
func TestEveryExampleTravels(t *testing.T) {
	m, server := mirrored(t, (*httptest.Server).Start)
	c, err := client.New([]string{server.URL}, "token", client.Attempts(1))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	sent := 0
	for _, o := range m.catalog.Operations() {
		if len(wire.Routes(o)) == 0 {
			continue
		}
		t.Run(o.Name, func(t *testing.T) {
			sent++
			in, out := canonical(t, o.Example), ""
			reply, err := c.Run(t.Context(), &op.Call{Op: o.Name, Operation: o, Input: op.JSON(in)})
			if err != nil {
				t.Fatal(err)
			}
			if m.call.Op != o.Name || string(m.call.Input) != in {
				t.Errorf("%s arrived with %s, sent was %s", m.call.Op, m.call.Input, in)
			}
			if key := m.call.IdempotencyKey; (key != "") != (o.Kind == op.KindCommand) {
				t.Errorf("a %s has the key %q", o.Kind, key)
			}
			switch result := o.Result.(type) {
			case op.Nothing:
			case op.Raw:
				if len(result.Body) > 0 && (reply.Raw == nil || !bytes.Equal(reply.Raw.Body, result.Body)) {
					t.Errorf("the bytes came back as %+v", reply)
				}
			default:
				out = canonical(t, o.Result)
			}
			back, f := canon.Canonical(reply.Output)
			if out != "" && (f != nil || string(back) != out) {
				t.Errorf("got back %s, want %s", reply.Output, out)
			}
			if reply.Revision != 7 {
				t.Errorf("the revision is %d", reply.Revision)
			}
		})
	}
	if sent < 20 {
		t.Errorf("only %d operations have a route", sent)
	}
}

func canonical(t *testing.T, v any) string {
	t.Helper()
	raw, err := op.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	b, f := canon.Canonical(raw)
	if f != nil {
		t.Fatal(f)
	}
	return string(b)
}

func TestTLSWithACAOfOnesOwn(t *testing.T) {
	_, server := mirrored(t, (*httptest.Server).StartTLS)
	path := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		name   string
		option client.Option
		ok     bool
	}{
		{"the file", client.CAFile(path), true},
		{"the system's", client.Attempts(1), false},
	} {
		t.Run(row.name, func(t *testing.T) {
			c, err := client.New([]string{server.URL}, "token", row.option, client.Attempts(1))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(c.Close)
			if _, err := identity.Me.Call(t.Context(), c, identity.MeInput{}); (err == nil) != row.ok {
				t.Errorf("got %v", err)
			}
		})
	}
	answer, err := server.Client().Get(server.URL + "/livez")
	if err != nil {
		t.Fatal(err)
	}
	if err := answer.Body.Close(); err != nil {
		t.Error(err)
	}
	if got := answer.Header.Get("Strict-Transport-Security"); !strings.HasPrefix(got, "max-age=") {
		t.Errorf("over TLS the header is %q", got)
	}
}
