package objects

import (
	"bytes"

	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/storage/key"
)

// byOwner is the one index of an object. Its keys lie by type, so that a type
// is found among many others without reading them; in order of id they are
// merged from one walk to each type.
var byOwner = &state.Index[Header]{
	Space: key.ObjectOwner,
	Keys:  func(h *Header, add func(key.Key)) { add(ownerKey(h.OwnerID, h.Type, h.ID)) },
}

func ownerKey(owner urn.ID, typ string, id urn.ID) key.Key {
	return state.Key(key.ObjectOwner, string(owner), typ, id)
}

// Owned gives the walks that together are the objects of a principal, as
// a gaze asks for them: one, or one to each type that the principal has objects
// of. Each is in the order asked for.
func Owned(v state.View, g op.Gaze) []*state.Rows[Header] {
	owner := g.Principal
	if g.ByType && g.Type == "" {
		r := state.Range{Prefix: state.Key(key.ObjectOwner, string(owner)), Reverse: g.Reverse}
		if g.After != "" {
			r.After = ownerKey(owner, TypeOfLast(v, g), g.After)
		}
		return []*state.Rows[Header]{byOwner.Scan(v, r)}
	}
	types := []string{g.Type}
	if g.Type == "" {
		types = typesOf(v, owner)
	}
	walks := make([]*state.Rows[Header], len(types))
	for i, typ := range types {
		r := state.Range{Prefix: state.Key(key.ObjectOwner, string(owner), typ), Reverse: g.Reverse}
		if g.After != "" {
			r.After = ownerKey(owner, typ, g.After)
		}
		walks[i] = byOwner.Scan(v, r)
	}
	return walks
}

// TypeOfLast is the type of the object that a gaze goes on behind.
func TypeOfLast(v state.View, g op.Gaze) string {
	if g.Type != "" {
		return g.Type
	}
	h, ok := Find(v, g.After)
	if !ok {
		return ""
	}
	return h.Type
}

// typesOf lists the types of the objects that a principal owns. It costs a
// seek for each, however many objects there are.
func typesOf(v state.View, owner urn.ID) []string {
	var types []string
	r := state.Range{Prefix: state.Key(key.ObjectOwner, string(owner))}
	for {
		rows := byOwner.Scan(v, r)
		if !rows.Next() {
			rows.Close()
			return types
		}
		typ := ownedType(rows.Key())
		rows.Close()
		types = append(types, typ)
		r.After = append(state.Key(key.ObjectOwner, string(owner), typ), lastID[:]...)
	}
}

// lastID sorts behind every id.
var lastID = [16]byte(bytes.Repeat([]byte{0xFF}, 16))

// ownedType is the type that a key of the index holds.
func ownedType(k key.Key) string {
	_, d := key.Decode(k)
	_ = d.String()
	return d.String()
}
