package apikey

import (
	"encoding/hex"
	"slices"

	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/identity"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/system"
	"github.com/weir-store/weir/core/urn"
)

// FoundInput is what the first node decides for the whole cluster.
type FoundInput struct {
	ClusterID string `json:"cluster_id" op:"required,min=32,max=32" doc:"32 hex digits, drawn by the founding node"`
	// KeyID and Digest are those of the first administrator's key.
	KeyID  urn.ID `json:"key_id" op:"required,id=pat" doc:"the id of the first administrator's key"`
	Digest string `json:"digest" op:"required,min=64,max=64" doc:"SHA-256 of its secret, in hex"`
}

// FoundOutput says who administers the new cluster.
type FoundOutput struct {
	ClusterID string `json:"cluster_id" doc:"the cluster"`
	RootID    urn.ID `json:"root_id" doc:"the first administrator"`
}

// Root is the id of the first administrator.
const Root urn.ID = "root"

// Found founds the cluster: its settings, its first administrator, who holds
// every cluster permission, and its key.
var Found = op.NewCommand(Ops, op.Spec[FoundInput, FoundOutput]{
	Name:    "found",
	Summary: "Found the cluster, with its first administrator.",
	Access:  op.Internal[FoundInput]("create"),
	Faults:  []fault.Code{fault.AlreadyExists},
	Example: FoundInput{ClusterID: "01890a5d0c1e4000a000000000000000", KeyID: example.ID, Digest: "5e884898da28047151d0e56f8dc6292773603d0d6aabbdd62a11ef721d1542d8"},
	Result:  FoundOutput{ClusterID: "01890a5d0c1e4000a000000000000000", RootID: Root},
	Undo:    op.Final("a cluster is founded once"),
	Validate: func(in *FoundInput) *fault.Fault {
		if b, err := hex.DecodeString(in.Digest); err != nil || len(b) != 32 {
			return fault.New(fault.ValidationFailed, "digest is not 64 hex digits")
		}
		return nil
	},
}, func(tx *op.Tx, in FoundInput) (FoundOutput, error) {
	s, f := system.Found(tx, in.ClusterID)
	if f != nil {
		return FoundOutput{}, f
	}
	root, f := identity.Add(tx, identity.Principal{
		ID: Root, Kind: "administrator", DisplayName: "First administrator", Permissions: slices.Clone(op.Permissions()),
	})
	if f != nil {
		return FoundOutput{}, f
	}
	digest, err := hex.DecodeString(in.Digest)
	if err != nil {
		return FoundOutput{}, fault.New(fault.ValidationFailed, "digest is not hex")
	}
	Add(tx, &Credential{
		ID: in.KeyID, PrincipalID: root.ID, Name: "root", Digest: [32]byte(digest),
		CreatedAt: tx.Time(), CreatedBy: op.System,
	})
	return FoundOutput{ClusterID: s.ClusterID, RootID: root.ID}, nil
})
