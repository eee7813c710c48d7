package objects

import (
	"bytes"
	"encoding/hex"
	"strconv"

	"github.com/weir-store/weir/core/canon"
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/storage/key"
)

// VersionsInput names an object.
type VersionsInput struct {
	ID urn.ID `json:"id" op:"path,id=obj" doc:"the object"`
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

// Versions lists the history of an object, oldest first.
var Versions = op.NewQuery(Ops, op.Spec[VersionsInput, op.Page[VersionInfo]]{
	Name:    "versions",
	Summary: "List the versions of an object, oldest first.",
	Route:   "GET /v1/objects/{id}/versions",
	Access:  op.May("read", op.Read, func(in VersionsInput) op.Target { return op.Object(in.ID) }),
	Example: VersionsInput{ID: exampleID},
	Result: op.NewPage([]VersionInfo{{
		ObjectID: exampleID, Version: 1, CreatedAt: 1767225600000000, CreatedBy: "alice", Reason: "created",
		Origin: OriginWrite, Checksum: exampleSum, Data: op.JSON(`{"title":"draft"}`),
	}}, ""),
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
	r := state.Range{Prefix: state.Key(key.ObjectVersion, in.ID)}
	if n, err := strconv.ParseUint(in.Cursor, 10, 64); err == nil {
		r.After = state.Key(key.ObjectVersion, in.ID, n)
	}
	rows := versions.Scan(v, r)
	defer rows.Close()
	var items []VersionInfo
	for rows.Next() {
		x := rows.Row()
		items = append(items, VersionInfo{
			ObjectID: x.ObjectID, Version: x.Number, CreatedAt: x.CreatedAt, CreatedBy: x.CreatedBy,
			Reason: x.Reason, Origin: x.Origin, Checksum: hex.EncodeToString(x.Commitment[:]), Data: x.Body.Bytes,
		})
		if len(items) == in.Size() {
			return op.NewPage(items, op.Cursor(strconv.FormatUint(x.Number, 10))), nil
		}
	}
	return op.NewPage(items, ""), nil
})

// DiffInput names two versions of an object.
type DiffInput struct {
	ID   urn.ID `json:"id" op:"path,id=obj" doc:"the object"`
	From uint64 `json:"from" op:"required,query,min=1" doc:"the version to start from"`
	To   uint64 `json:"to" op:"required,query,min=1" doc:"the version to compare with"`
}

// Change is a member that differs between two versions.
type Change struct {
	Old op.JSON `json:"old" doc:"the value before"`
	New op.JSON `json:"new" doc:"the value after"`
}

// DiffOutput compares the top-level members of two versions.
type DiffOutput struct {
	Added   map[string]op.JSON `json:"added" doc:"members that only the later one has"`
	Removed map[string]op.JSON `json:"removed" doc:"members that only the earlier one has"`
	Changed map[string]Change  `json:"changed" doc:"members that differ"`
}

// Diff compares two versions of an object member by member.
var Diff = op.NewQuery(Ops, op.Spec[DiffInput, DiffOutput]{
	Name:    "diff",
	Summary: "Compare two versions of an object.",
	Route:   "GET /v1/objects/{id}/diff",
	Access:  op.May("read", op.Read, func(in DiffInput) op.Target { return op.Object(in.ID) }),
	Example: DiffInput{ID: exampleID, From: 1, To: 2},
	Result: DiffOutput{
		Added: map[string]op.JSON{}, Removed: map[string]op.JSON{},
		Changed: map[string]Change{"title": {Old: op.JSON(`"draft"`), New: op.JSON(`"final"`)}},
	},
}, func(v *op.View, in DiffInput) (DiffOutput, error) {
	h, ok := Find(v, in.ID)
	if !ok {
		return DiffOutput{}, op.NotFound()
	}
	from, ok := FindVersion(v, in.ID, in.From)
	to, found := FindVersion(v, in.ID, in.To)
	if !ok || !found {
		return DiffOutput{}, op.NotFound()
	}
	v.Read(reading(h))
	a, f := canon.Parse(from.Body.Bytes)
	if f != nil {
		return DiffOutput{}, f
	}
	b, f := canon.Parse(to.Body.Bytes)
	if f != nil {
		return DiffOutput{}, f
	}
	return compare(a.Members, b.Members), nil
})

// compare merges two lists of members, both in canonical order.
func compare(a, b []canon.Member) DiffOutput {
	d := DiffOutput{Added: map[string]op.JSON{}, Removed: map[string]op.JSON{}, Changed: map[string]Change{}}
	at := func(list []canon.Member, name string) (op.JSON, bool) {
		for _, m := range list {
			if m.Name == name {
				return m.Value.Append(nil), true
			}
		}
		return nil, false
	}
	for _, m := range a {
		was := op.JSON(m.Value.Append(nil))
		is, ok := at(b, m.Name)
		switch {
		case !ok:
			d.Removed[m.Name] = was
		case !bytes.Equal(was, is):
			d.Changed[m.Name] = Change{Old: was, New: is}
		}
	}
	for _, m := range b {
		if _, ok := at(a, m.Name); !ok {
			d.Added[m.Name] = m.Value.Append(nil)
		}
	}
	return d
}
