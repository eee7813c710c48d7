// Package objects holds application data as isolated objects: each change is a
// new immutable version, and removal is a tombstone. Who may see an object is
// decided above, through op.Sight.
package objects

import (
	"github.com/weir-store/weir/core/canon"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/storage/key"
)

// Ops are the operations on objects.
var Ops = &op.Set{Noun: "object", Doc: "Objects are the data: private until shared, every version kept, never truly deleted."}

// The lifecycles of an object.
const (
	Active     = "active"
	Tombstoned = "tombstoned"
)

// How a version came to be.
const (
	OriginWrite    = "write"
	OriginRestore  = "restore"
	OriginRollback = "rollback"
	OriginImport   = "import"
)

// Header is what is known of an object without its content. ID and type never
// change; Version is the number of the newest version.
type Header struct {
	ID        urn.ID     `cbor:"1,keyasint"`
	Type      string     `cbor:"2,keyasint"`
	OwnerID   urn.ID     `cbor:"3,keyasint"`
	Version   uint64     `cbor:"4,keyasint"`
	Lifecycle string     `cbor:"5,keyasint"`
	CreatedAt state.Time `cbor:"6,keyasint"`
	CreatedBy urn.ID     `cbor:"7,keyasint"`
	UpdatedAt state.Time `cbor:"8,keyasint"`
}

// URN is the object's name in the registry: the row itself is its entry.
func (h *Header) URN() string {
	return urn.URN{Kind: "instance", Namespace: "objects", Name: string(h.ID), Version: 1}.String()
}

// Version is one immutable state of an object's data.
type Version struct {
	ObjectID   urn.ID     `cbor:"1,keyasint"`
	Number     uint64     `cbor:"2,keyasint"`
	CreatedAt  state.Time `cbor:"3,keyasint"`
	CreatedBy  urn.ID     `cbor:"4,keyasint"`
	Reason     string     `cbor:"5,keyasint,omitempty"`
	Origin     string     `cbor:"6,keyasint"`
	Size       uint64     `cbor:"7,keyasint"`
	Commitment [32]byte   `cbor:"8,keyasint"`
	Body       Body       `cbor:"9,keyasint"`
}

// Body is content, apart from the header so that it can be sealed and erased.
// The commitment in the version binds it; the salt lies here, so that who has
// only the commitment cannot test guesses.
type Body struct {
	// Alg is plain; a sealed body names its cipher and key.
	Alg    string   `cbor:"1,keyasint"`
	KeyRef string   `cbor:"2,keyasint,omitempty"`
	Nonce  []byte   `cbor:"3,keyasint,omitempty"`
	Salt   [32]byte `cbor:"4,keyasint"`
	Bytes  []byte   `cbor:"5,keyasint"`
}

var headers = state.NewTable(state.Spec[Header]{
	Space: key.Object,
	Key:   func(h *Header) key.Key { return state.Key(key.Object, h.ID) },
	Refers: func(h *Header, to func(key.Key)) {
		to(state.Key(key.Principal, string(h.OwnerID)))
		to(state.Key(key.ObjectVersion, h.ID, h.Version))
	},
	Indexes: []*state.Index[Header]{byOwner},
})

var versions = state.NewTable(state.Spec[Version]{
	Space: key.ObjectVersion,
	Key:   func(x *Version) key.Key { return state.Key(key.ObjectVersion, x.ObjectID, x.Number) },
	Refers: func(x *Version, to func(key.Key)) {
		to(state.Key(key.Object, x.ObjectID))
		to(state.Key(key.Principal, string(x.CreatedBy)))
	},
})

// Find reads an object's header.
func Find(v state.View, id urn.ID) (*Header, bool) {
	if _, ok := id.Bytes(); !ok {
		return nil, false
	}
	return headers.Get(v, state.Key(key.Object, id))
}

// FindVersion reads one version of an object.
func FindVersion(v state.View, id urn.ID, n uint64) (*Version, bool) {
	return versions.Get(v, state.Key(key.ObjectVersion, id, n))
}

// HasVersion says whether an object has a version.
func HasVersion(v state.View, id urn.ID, n uint64) bool {
	return versions.Has(v, state.Key(key.ObjectVersion, id, n))
}

// VersionOf is the object and the number that the key of a version names.
func VersionOf(k key.Key) (id urn.ID, n uint64) {
	_, d := key.Decode(k)
	id = urn.FromBytes(urn.PrefixObject, d.Fixed16())
	return id, d.Uint64()
}

// append adds the next version to an object in the transaction.
func (h *Header) append(tx *op.Tx, data op.JSON, reason, origin string) *Version {
	x := &Version{
		ObjectID: h.ID, Number: h.Version + 1, CreatedAt: tx.Time(), CreatedBy: tx.Caller.ID,
		Reason: reason, Origin: origin, Size: uint64(len(data)),
		Body: Body{Alg: "plain", Salt: tx.Draw(), Bytes: data},
	}
	x.Commitment = canon.Commit(x.Body.Salt, data)
	h.Version, h.UpdatedAt = x.Number, x.CreatedAt
	versions.Insert(tx.Tx, x)
	return x
}
