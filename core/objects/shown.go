package objects

import (
	"encoding/hex"
	"fmt"

	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/urn"
)

// Object is an object as callers see it: header and the data of one version.
type Object struct {
	ID        urn.ID     `json:"id" doc:"the object"`
	Type      string     `json:"type" doc:"the application's own type"`
	OwnerID   urn.ID     `json:"owner_id" doc:"who owns it and can do everything with it"`
	Version   uint64     `json:"version" doc:"the number of the version shown; the newest if none was asked for"`
	Lifecycle string     `json:"lifecycle" doc:"active or tombstoned"`
	CreatedAt state.Time `json:"created_at" doc:"when the object was created"`
	UpdatedAt state.Time `json:"updated_at" doc:"when the version was written"`
	Checksum  string     `json:"checksum" doc:"commitment to the data: HMAC-SHA256 of its canonical form under a random salt"`
	Data      op.JSON    `json:"data,omitempty" doc:"the content"`
	Warning   string     `json:"warning,omitempty" doc:"what to know about the call, such as that the type is deprecated"`
}

// shown is the object with what the caller may see of a version's content.
func shown(v *op.View, h *Header, x *Version) Object {
	o := plain(h, x)
	o.Data = v.Reveal(h.ID, o.Data)
	return o
}

// plain is the object with all of a version's content.
func plain(h *Header, x *Version) Object {
	return Object{
		ID: h.ID, Type: h.Type, OwnerID: h.OwnerID, Version: x.Number, Lifecycle: h.Lifecycle,
		CreatedAt: h.CreatedAt, UpdatedAt: x.CreatedAt, Checksum: hex.EncodeToString(x.Commitment[:]), Data: x.Body.Bytes,
	}
}

// ETagVersion is the version that the reply's ETag names.
func (o Object) ETagVersion() uint64 { return o.Version }

// stateOf is what the audit trail binds of an object: never the data itself,
// only the commitment to it.
type stateOf struct {
	Type       string `json:"type"`
	OwnerID    urn.ID `json:"owner_id"`
	Lifecycle  string `json:"lifecycle"`
	Version    uint64 `json:"version"`
	Commitment string `json:"commitment"`
}

func traced(h *Header, x *Version) *stateOf {
	return &stateOf{h.Type, h.OwnerID, h.Lifecycle, x.Number, hex.EncodeToString(x.Commitment[:])}
}

// record leaves the trace of a change of an object.
func record(tx *op.Tx, action string, h *Header, before, after *stateOf) {
	r := op.Record{Action: action, Entity: op.EntityObject, TargetType: h.Type, TargetID: h.ID}
	if before != nil {
		r.Before = before
		r.Metadata = append(r.Metadata, fault.Member{Name: "before_version", Value: before.Version})
	}
	if after != nil {
		r.After = after
		r.Metadata = append(r.Metadata, fault.Member{Name: "after_version", Value: after.Version}, fault.Member{Name: "commitment", Value: after.Commitment})
	}
	tx.Record(r)
}

const (
	exampleID  urn.ID = "obj_01890a5d0c1e7000a000000000000003"
	exampleSum string = "5e884898da28047151d0e56f8dc6292773603d0d6aabbdd62a11ef721d1542d8"
)

var example = Object{
	ID: exampleID, Type: "note", OwnerID: "alice", Version: 1, Lifecycle: Active,
	CreatedAt: 1767225600000000, UpdatedAt: 1767225600000000, Checksum: exampleSum, Data: op.JSON(`{"title":"draft"}`),
}

// current reads the newest version of a live header.
func current(v state.View, h *Header) *Version {
	x, ok := FindVersion(v, h.ID, h.Version)
	if !ok {
		panic(&state.Broken{Err: fmt.Errorf("objects: %s has no row for its current version", h.ID)})
	}
	return x
}
