package transport_test

import (
	"context"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/weir-store/weir/client"
	"github.com/weir-store/weir/core"
	"github.com/weir-store/weir/core/objects"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/transport"
)

// constant answers every call alike, at no cost.
type constant struct{ reply *op.Reply }

func (c constant) Run(context.Context, *op.Call) (*op.Reply, error) { return c.reply, nil }

// BenchmarkCall is a typed call through client, loopback and server, with
// nothing behind: what HTTP itself costs.
func BenchmarkCall(b *testing.B) {
	data := op.JSON(`{"text":"` + strings.Repeat("x", 240) + `"}`)
	raw, err := op.Marshal(objects.Object{ID: "obj_01890a5d0c1e7000a000000000000003", Type: "note", Version: 1, CreatedAt: 1, UpdatedAt: 1, Data: data})
	if err != nil {
		b.Fatal(err)
	}
	s, err := transport.NewServer(transport.Config{
		Sets: core.Sets(), Runner: constant{&op.Reply{Output: raw, Revision: 7, Version: 1}}, Version: "bench",
		Logger: slog.New(slog.DiscardHandler), Metrics: prometheus.NewRegistry(),
	})
	if err != nil {
		b.Fatal(err)
	}
	server := httptest.NewServer(s.Handler)
	defer server.Close()
	c, err := client.New([]string{server.URL}, "token")
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	for _, row := range []struct {
		name string
		call func() error
	}{
		{"create", func() error {
			_, err := objects.Create.Call(b.Context(), c, objects.CreateInput{Type: "note", Data: data})
			return err
		}},
		{"get", func() error {
			_, err := objects.Get.Call(b.Context(), c, objects.GetInput{ID: "obj_01890a5d0c1e7000a000000000000003"})
			return err
		}},
	} {
		b.Run(row.name, func(b *testing.B) {
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if err := row.call(); err != nil {
						b.Error(err)
						return
					}
				}
			})
		})
	}
}
