package objects

import (
	"encoding/hex"
	"strconv"

	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/storage/key"
)

// VersionsInput names an object.
type VersionsInput struct {
	ID    urn.ID `json:"id" op:"path,id=obj" doc:"the object"`
	Order string `json:"order,omitempty" op:"query,enum=version|-version" doc:"version, oldest first, when absent"`
	op.Paging
}

// VersionInfo is one line of an object's history.
type VersionInfo struct {
	ObjectID  urn.ID     `json:"object_id" doc:"the object"`
	Version   uint64     `json:"version" doc:"1, 2, 3 without gap"`
	CreatedAt state.Time `json:"created_at" doc:"when it was written"`
	CreatedBy urn.ID     `json:"created_by" doc:"who wrote it"`
	Reason    string     `json:"change_reason" doc:"why, as the writer said"`
	Origin    string     `json:"origin" doc:"write, restore, rollback or import"`
	Checksum  string     `json:"checksum" doc:"commitment to the data"`
	Data      op.JSON    `json:"data,omitempty" doc:"the content"`
}

// Versions lists the history of an object.
var Versions = op.NewQuery(Ops, op.Spec[VersionsInput, op.Page[VersionInfo]]{
	Name:    "versions",
	Schema:  2,
	Summary: "List the versions of an object, oldest first unless asked otherwise.",
	Route:   "GET /v1/objects/{id}/versions",
	Access:  op.May("read", op.Read, func(in VersionsInput) op.Target { return op.Object(in.ID) }),
	Example: VersionsInput{ID: exampleID},
	Result:  op.NewPage([]VersionInfo{exampleInfo}, ""),
	Validate: func(in *VersionsInput) *fault.Fault {
		if _, err := strconv.ParseUint(in.Cursor, 10, 64); in.Cursor != "" && err != nil {
			return fault.New(fault.InvalidCursor, "the cursor is not one of this list")
		}
		return nil
	},
}, func(v *op.View, in VersionsInput) (op.Page[VersionInfo], error) {
	h, ok := Find(v, in.ID)
	if !ok {
		return op.Page[VersionInfo]{}, op.NotFound()
	}
	v.Read(reading(h))
	r := state.Range{Prefix: state.Key(key.ObjectVersion, in.ID), Reverse: in.Order == "-version"}
	if n, err := strconv.ParseUint(in.Cursor, 10, 64); err == nil {
		r.After = state.Key(key.ObjectVersion, in.ID, n)
	}
	rows := versions.Scan(v, r)
	defer rows.Close()
	var items []VersionInfo
	size := 0
	for rows.Next() {
		x := rows.Row()
		items = append(items, info(v, x))
		if size += len(x.Body.Bytes); len(items) == in.Size() || size > pageBytes {
			return op.NewPage(items, op.Cursor(strconv.FormatUint(x.Number, 10))), nil
		}
	}
	return op.NewPage(items, ""), nil
})

// pageBytes is the size of contents at which a page ends, however few things
// are on it.
const pageBytes = 1 << 20

// info is the version with what the caller may see of its content.
func info(v *op.View, x *Version) VersionInfo {
	return VersionInfo{
		ObjectID: x.ObjectID, Version: x.Number, CreatedAt: x.CreatedAt, CreatedBy: x.CreatedBy,
		Reason: x.Reason, Origin: x.Origin, Checksum: hex.EncodeToString(x.Commitment[:]), Data: v.Reveal(x.ObjectID, x.Body.Bytes),
	}
}

var exampleInfo = VersionInfo{
	ObjectID: exampleID, Version: 1, CreatedAt: 1767225600000000, CreatedBy: "alice", Reason: "created",
	Origin: OriginWrite, Checksum: exampleSum, Data: op.JSON(`{"title":"draft"}`),
}

// VersionInput names one version of an object.
type VersionInput struct {
	ID      urn.ID `json:"id" op:"path,id=obj" doc:"the object"`
	Version uint64 `json:"version" op:"path,min=1" doc:"the number of the version"`
}

// GetVersion shows one version of an object, also of a deleted one to those who
// see that.
var GetVersion = op.NewQuery(Ops, op.Spec[VersionInput, VersionInfo]{
	Name:    "get_version",
	Summary: "Show one version of an object.",
	Route:   "GET /v1/objects/{id}/versions/{version}",
	Access:  op.May("read", op.Read, func(in VersionInput) op.Target { return op.Object(in.ID) }),
	Example: VersionInput{ID: exampleID, Version: 1},
	Result:  exampleInfo,
}, func(v *op.View, in VersionInput) (VersionInfo, error) { return one(v, in.ID, in.Version) })

// CurrentInput names an object.
type CurrentInput struct {
	ID urn.ID `json:"id" op:"path,id=obj" doc:"the object"`
}

// CurrentVersion shows the newest version of an object.
var CurrentVersion = op.NewQuery(Ops, op.Spec[CurrentInput, VersionInfo]{
	Name:    "current_version",
	Summary: "Show the newest version of an object: who wrote it, when and why.",
	Route:   "GET /v1/objects/{id}/versions/current",
	Access:  op.May("read", op.Read, func(in CurrentInput) op.Target { return op.Object(in.ID) }),
	Example: CurrentInput{ID: exampleID},
	Result:  exampleInfo,
}, func(v *op.View, in CurrentInput) (VersionInfo, error) { return one(v, in.ID, 0) })

// one finds a version of an object; the newest for 0.
func one(v *op.View, id urn.ID, number uint64) (VersionInfo, error) {
	h, ok := Find(v, id)
	if !ok {
		return VersionInfo{}, op.NotFound()
	}
	if number == 0 {
		number = h.Version
	}
	x, ok := FindVersion(v, id, number)
	if !ok {
		return VersionInfo{}, op.NotFound()
	}
	v.Read(reading(h))
	return info(v, x), nil
}
