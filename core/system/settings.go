// Package system is what the cluster knows of itself: its identity, its
// incarnation and the feature level that all its nodes have agreed on.
package system

import (
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/storage/key"
)

// Level is the newest feature level that this binary knows. The level in force
// is raised through the log only.
const Level = 1

// Settings is the one row about the cluster.
type Settings struct {
	// ClusterID is 32 hex digits, drawn when the cluster was founded.
	ClusterID string `cbor:"1,keyasint" json:"cluster_id"`
	// Incarnation starts at 1 and is raised by a restore from backup.
	Incarnation uint64     `cbor:"2,keyasint" json:"incarnation"`
	Level       uint64     `cbor:"3,keyasint" json:"level"`
	FoundedAt   state.Time `cbor:"4,keyasint" json:"founded_at"`
	// Limits are what was set; a field of 0 was not.
	Limits  Limits `cbor:"5,keyasint,omitzero" json:"limits,omitzero"`
	Version uint64 `cbor:"6,keyasint,omitempty" json:"version,omitempty"`
}

var settings = state.NewTable(state.Spec[Settings]{
	Space: key.Setting,
	Key:   func(*Settings) key.Key { return state.Key(key.Setting, "cluster") },
})

// Load reads the settings; false before the cluster is founded.
func Load(v state.View) (*Settings, bool) { return settings.Get(v, state.Key(key.Setting, "cluster")) }

// Found writes the settings of a new cluster, once.
func Found(tx *op.Tx, clusterID string) (*Settings, *fault.Fault) {
	if _, founded := Load(tx); founded {
		return nil, fault.New(fault.AlreadyExists, "the cluster was founded before")
	}
	s := &Settings{ClusterID: clusterID, Incarnation: 1, Level: Level, FoundedAt: tx.Time()}
	settings.Insert(tx.Tx, s)
	return s, nil
}
