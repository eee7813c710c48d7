package tuple

import (
	"bytes"

	"github.com/weir-store/weir/core/objects"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/tenancy"
	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/storage/key"
)

// Gives is the level that a relation of a principal to an object gives on it:
// none but for the roles.
func Gives(relation string) op.Level { return tenancy.Role(relation).Cap() }

// To lists the tuples that give a principal rights to an object and have not
// ended; with all those that have, too, and the roles that give nothing. Whether
// each counts, ClosedBy says.
func To(v state.View, principal, object urn.ID, all bool) []*Row {
	if !isPrincipal(principal) {
		return nil
	}
	var found []*Row
	keep := func(r *Row) bool {
		if isRole(r.Relation) {
			found = append(found, r)
		}
		return true
	}
	if all {
		rows.Scan(v, state.Range{Prefix: state.Key(key.Tuple, kind(principal), principal, kind(object), object)}).Each(keep)
	} else {
		bySubject.Scan(v, state.Range{Prefix: ofSubject(principal, walkObject, object)}).Each(keep)
	}
	return found
}

// Listed walks the tuples that give a principal rights to objects and have not
// ended, as a gaze asks for the objects; nil for one that can have none. There
// may be several to one object. Whether each counts, ClosedBy says.
func Listed(v state.View, g op.Gaze) *state.Rows[Row] {
	if !isPrincipal(g.Principal) {
		return nil
	}
	parts := []any{walkObject}
	if typed(g) {
		parts = []any{walkType}
	}
	if g.Type != "" {
		parts = append(parts, g.Type)
	}
	r := state.Range{Prefix: ofSubject(g.Principal, parts...), Reverse: g.Reverse}
	if g.After != "" {
		if g.ByType && g.Type == "" {
			parts = append(parts, objects.TypeOfLast(v, g))
		}
		r.After = ofSubject(g.Principal, append(parts, g.After)...)
		if !g.Reverse {
			r.After = append(r.After, lastID...)
		}
	}
	return bySubject.Scan(v, r)
}

// lastID sorts behind every id.
var lastID = bytes.Repeat([]byte{0xFF}, 16)

// typed says whether a gaze goes over the index by type.
func typed(g op.Gaze) bool { return g.ByType || g.Type != "" }

// ObjectAt is the object that a walk of Listed stands on, and its type where the
// walk goes by type.
func ObjectAt(k key.Key, g op.Gaze) (object urn.ID, typ string) {
	_, d := key.Decode(k)
	_ = d.String()
	d.Fixed16()
	_ = d.String()
	if typed(g) {
		typ = d.String()
	}
	return urn.FromBytes(urn.PrefixObject, d.Fixed16()), typ
}
