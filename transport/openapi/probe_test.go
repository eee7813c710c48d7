package openapi_test

import (
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/urn"
)

// ops has one operation of each kind that the document tells apart.
var ops = &op.Set{Noun: "probe", Doc: "Operations of these tests."}

const probeID urn.ID = "obj_01890a5d0c1e7000a000000000000001"

type probe struct {
	ID      urn.ID            `json:"id" doc:"the probe"`
	Version uint64            `json:"version" doc:"raised by each change"`
	At      state.Time        `json:"at" doc:"when it was made"`
	Near    *probed           `json:"near" doc:"what it touches, if anything"`
	Labels  map[string]string `json:"labels,omitempty" doc:"words about it"`
}

type probed struct {
	Depth int `json:"depth" doc:"how deep, in meters"`
}

func (p probe) ETagVersion() uint64 { return p.Version }

type putInput struct {
	ID      urn.ID   `json:"id" op:"path,id=obj" doc:"the probe"`
	Version uint64   `json:"version,omitempty" doc:"the version that was read"`
	Data    op.JSON  `json:"data" op:"required,max=1KiB" doc:"the content"`
	Colors  []string `json:"colors,omitempty" op:"max=2,enum=red|green" doc:"its colors"`
	Secret  string   `json:"secret,omitempty" op:"secret,min=8,max=64" doc:"a word that is not kept"`
	Digest  string   `json:"digest,omitempty" op:"prepared" doc:"what is kept of it"`
}

type listInput struct {
	Near bool `json:"near,omitempty" op:"query" doc:"only those that touch something"`
	op.Paging
}

type dropInput struct {
	ID     urn.ID `json:"id" op:"path,id=obj" doc:"the probe"`
	Reason string `json:"reason,omitempty" op:"query,max=64" doc:"why"`
}

type tileInput struct {
	Level uint64 `json:"level" op:"path" doc:"the level"`
	Tile  string `json:"tile" op:"path" doc:"the tile"`
}

var (
	example = probe{ID: probeID, Version: 1, At: 1767225600000000, Near: &probed{3}}

	_ = op.NewCommand(ops, op.Spec[putInput, probe]{
		Name: "put", Summary: "Put a probe.", Doc: "It stays there.", Route: "PUT /v1/probes/{id}", Aliases: []string{"POST /v1/old-probes/{id}"},
		Access: op.May("update", op.Write, func(in putInput) op.Target { return op.Object(in.ID) }), Versioned: true,
		Faults: []fault.Code{fault.NotFound}, Example: putInput{ID: probeID, Data: op.JSON(`{"a":1}`)}, Result: example,
		Prepare:  func(op.Env, *putInput) (string, error) { return "", nil },
		Assemble: func(*probe, string) {},
	}, func(*op.Tx, putInput) (probe, error) { return probe{}, nil })

	_ = op.NewCommand(ops, op.Spec[dropInput, op.Nothing]{
		Name: "drop", Summary: "Drop a probe.", Route: "DELETE /v1/probes/{id}", Access: op.Holding[dropInput]("delete", op.Administer),
		Example: dropInput{ID: probeID, Reason: "lost"},
	}, func(*op.Tx, dropInput) (op.Nothing, error) { return op.Nothing{}, nil })

	_ = op.NewQuery(ops, op.Spec[listInput, op.Page[probe]]{
		Name: "list", Summary: "List probes.", Route: "GET /v1/probes", Access: op.Anyone[listInput]("list"),
		Example: listInput{Near: true}, Result: op.NewPage([]probe{example}, ""),
	}, func(*op.View, listInput) (op.Page[probe], error) { return op.Page[probe]{}, nil })

	_ = op.NewQuery(ops, op.Spec[tileInput, op.Raw]{
		Name: "tile", Summary: "Give a tile.", Route: "GET /v1/tiles/{level}/{tile...}", Access: op.Anyone[tileInput]("read"),
		Example: tileInput{Tile: "x001/067"}, Result: op.Raw{ContentType: "application/octet-stream"},
	}, func(*op.View, tileInput) (op.Raw, error) { return op.Raw{}, nil })

	_ = op.NewLocal(ops, op.Spec[op.Nothing, map[string]string]{
		Name: "status", Summary: "Show the node.", Route: "GET /v1/probe-status", Access: op.Open[op.Nothing]("read"), Result: map[string]string{"id": "n1"},
	})

	_ = op.NewCommand(ops, op.Spec[op.Nothing, op.Nothing]{
		Name: "tick", Summary: "Not for callers.", Access: op.Internal[op.Nothing]("tick"),
	}, func(*op.Tx, op.Nothing) (op.Nothing, error) { return op.Nothing{}, nil })
)
