package cluster

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/hashicorp/raft"

	"github.com/weir-store/weir/cluster/trust"
)

// The files of a data directory, beside the log and the engine's.
const (
	serverFile  = "server.json"
	keyringFile = "keyring"
	spoolDir    = "spool"
	engineDir   = "state"
)

// EngineDir is where in a data directory the engine is.
func EngineDir(data string) string { return filepath.Join(data, engineDir) }

// membership is who a data directory belongs to. The server id is drawn with the
// directory and dies with it: a wiped disk has forgotten its votes and must not
// come back under its old id.
type membership struct {
	Server  raft.ServerID `json:"server_id"`
	Cluster string        `json:"cluster_id,omitempty"`
	// Forming says that the id was drawn here and no configuration written yet, as
	// far as is known.
	Forming bool `json:"forming,omitempty"`
}

// dataDir is a node's directory. Its methods are called from one goroutine.
type dataDir struct {
	path string
	membership
}

// openDataDir reads the directory of a node, or begins it.
func openDataDir(path, node string) (*dataDir, error) {
	if err := trust.CheckNode(node); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(path, 0o700); err != nil {
		return nil, fmt.Errorf("cluster: make the data directory: %w", err)
	}
	d := &dataDir{path: path}
	b, err := os.ReadFile(d.file(serverFile))
	switch {
	case errors.Is(err, os.ErrNotExist):
		var id [4]byte
		if _, err := rand.Read(id[:]); err != nil {
			return nil, fmt.Errorf("cluster: draw a server id: %w", err)
		}
		d.Server = raft.ServerID(node + "." + hex.EncodeToString(id[:]))
		if err := d.save(); err != nil {
			return nil, err
		}
		return d, nil
	case err != nil:
		return nil, fmt.Errorf("cluster: read the data directory: %w", err)
	}
	if err := json.Unmarshal(b, &d.membership); err != nil {
		return nil, fmt.Errorf("cluster: read %s: %w", serverFile, err)
	}
	if owner := nodeOf(d.Server); owner != node {
		return nil, fmt.Errorf("cluster: the data directory belongs to node %q, this is %q", owner, node)
	}
	return d, nil
}

func (d *dataDir) file(name string) string { return filepath.Join(d.path, name) }

// setCluster records the cluster that this directory belongs to from now on.
func (d *dataDir) setCluster(id string) error {
	if d.Cluster == id && !d.Forming {
		return nil
	}
	if d.Cluster != "" && !d.Forming {
		return fmt.Errorf("cluster: the data directory belongs to cluster %s and was contacted by %s", d.Cluster, id)
	}
	d.Cluster, d.Forming = id, false
	return d.save()
}

// beginForming and endForming enclose the writing of the first configuration.
func (d *dataDir) beginForming(id string) error {
	d.Cluster, d.Forming = id, true
	return d.save()
}

func (d *dataDir) endForming() error {
	d.Forming = false
	return d.save()
}

func (d *dataDir) save() error {
	b, err := json.Marshal(d.membership)
	if err != nil {
		return fmt.Errorf("cluster: encode %s: %w", serverFile, err)
	}
	return writeSynced(d.file(serverFile), b)
}

// writeSynced replaces a file as a whole; it survives a crash once it returns.
func writeSynced(path string, b []byte) error {
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return fmt.Errorf("cluster: open the data directory: %w", err)
	}
	defer func() { _ = dir.Close() }() // it was opened for Sync alone
	next, err := os.OpenFile(path+".next", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("cluster: write %s: %w", filepath.Base(path), err)
	}
	_, err = next.Write(b)
	if err = errors.Join(err, next.Sync(), next.Close()); err == nil {
		err = os.Rename(next.Name(), path)
	}
	if err == nil {
		err = dir.Sync()
	}
	if err != nil {
		return fmt.Errorf("cluster: write %s: %w", filepath.Base(path), err)
	}
	return nil
}

// nodeOf is the node-id in a server id.
func nodeOf(id raft.ServerID) string {
	s := string(id)
	if i := strings.LastIndexByte(s, '.'); i >= 0 {
		return s[:i]
	}
	return s
}

// newClusterID draws the id of a new cluster.
func newClusterID() (string, error) {
	var id [16]byte
	if _, err := rand.Read(id[:]); err != nil {
		return "", fmt.Errorf("cluster: draw a cluster id: %w", err)
	}
	return hex.EncodeToString(id[:]), nil
}
