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
	// HostKeyID and HostDigest are those of the first host's key, if there is to
	// be a host.
	HostKeyID  urn.ID `json:"host_key_id,omitempty" op:"id=pat" doc:"the id of the first host's key"`
	HostDigest string `json:"host_digest,omitempty" op:"min=64,max=64" doc:"SHA-256 of its secret, in hex"`
}

// FoundOutput says who administers the new cluster.
type FoundOutput struct {
	ClusterID string `json:"cluster_id" doc:"the cluster"`
	RootID    urn.ID `json:"root_id" doc:"the first administrator"`
	HostID    urn.ID `json:"host_id,omitempty" doc:"the first host"`
}

// The ids of the first administrator and of the first host.
const (
	Root urn.ID = "root"
	Host urn.ID = "host"
)

// Found founds the cluster: its settings, its first administrator, who holds
// every cluster permission, its first host, which holds that of hosts only, and
// their keys.
var Found = op.NewCommand(Ops, op.Spec[FoundInput, FoundOutput]{
	Name:    "found",
	Schema:  2,
	Summary: "Found the cluster, with its first administrator and its first host.",
	Access:  op.Internal[FoundInput]("create"),
	Faults:  []fault.Code{fault.AlreadyExists},
	Example: FoundInput{ClusterID: "01890a5d0c1e4000a000000000000000", KeyID: example.ID, Digest: "5e884898da28047151d0e56f8dc6292773603d0d6aabbdd62a11ef721d1542d8"},
	Result:  FoundOutput{ClusterID: "01890a5d0c1e4000a000000000000000", RootID: Root},
	Undo:    op.Final("a cluster is founded once"),
	Validate: func(in *FoundInput) *fault.Fault {
		if (in.HostKeyID == "") != (in.HostDigest == "") || in.HostKeyID == in.KeyID {
			return fault.New(fault.ValidationFailed, "the key of the host is not one of its own")
		}
		for _, digest := range []string{in.Digest, in.HostDigest} {
			if _, err := hex.DecodeString(digest); err != nil {
				return fault.New(fault.ValidationFailed, "a digest is not 64 hex digits")
			}
		}
		return nil
	},
}, func(tx *op.Tx, in FoundInput) (FoundOutput, error) {
	s, f := system.Found(tx, in.ClusterID)
	if f != nil {
		return FoundOutput{}, f
	}
	out := FoundOutput{ClusterID: s.ClusterID, RootID: Root}
	if f := first(tx, identity.Principal{
		ID: Root, Kind: "administrator", DisplayName: "First administrator", Permissions: slices.Clone(op.Permissions()),
	}, in.KeyID, in.Digest); f != nil {
		return FoundOutput{}, f
	}
	if in.HostKeyID == "" {
		return out, nil
	}
	if f := first(tx, identity.Principal{
		ID: Host, Kind: "service", DisplayName: "First host", Permissions: []op.Permission{op.ActAsHost},
	}, in.HostKeyID, in.HostDigest); f != nil {
		return FoundOutput{}, f
	}
	out.HostID = Host
	return out, nil
})

// first makes one of the principals that come into being with the cluster, and
// its key.
func first(tx *op.Tx, p identity.Principal, id urn.ID, digest string) *fault.Fault {
	made, f := identity.Add(tx, p)
	if f != nil {
		return f
	}
	b, err := hex.DecodeString(digest)
	if err != nil {
		return fault.New(fault.ValidationFailed, "a digest is not hex")
	}
	Add(tx, &Credential{
		ID: id, PrincipalID: made.ID, Name: string(made.ID), Digest: [32]byte(b),
		CreatedAt: tx.Time(), CreatedBy: op.System,
	})
	return nil
}
