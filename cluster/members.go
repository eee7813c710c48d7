package cluster

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/hashicorp/raft"

	"github.com/weir-store/weir/cluster/trust"
	"github.com/weir-store/weir/core/fault"
)

const (
	// maintainEvery is how often a leader looks after the members.
	maintainEvery = 500 * time.Millisecond
	// closeEnough is how many entries a node may be behind and still be given a
	// vote.
	closeEnough = 250
	// changeTimeout bounds the wait for Raft to take a change of members.
	changeTimeout = 5 * time.Second
)

// handleJoin takes an empty node in as a server without a vote, or a member that
// moved. The node-id of the caller is proven by its certificate.
func (n desk) handleJoin(ctx context.Context, node string, payload []byte) ([]byte, error) {
	var request joinRequest
	if err := json.Unmarshal(payload, &request); err != nil {
		return nil, fault.New(fault.MalformedRequest, "the request to join cannot be read")
	}
	if nodeOf(raft.ServerID(request.Server)) != node || trust.CheckNode(node) != nil {
		return nil, fault.New(fault.PermissionDenied, "a node joins for itself only")
	}
	if !n.leads() {
		addr, id := n.raft.LeaderWithID()
		if id == "" || id == n.dir.Server {
			return nil, fault.New(fault.NoLeader, "there is no leader at the moment")
		}
		return json.Marshal(joinReply{Leader: string(addr)})
	}
	id := n.ClusterID()
	if id == "" {
		return nil, fault.New(fault.NoLeader, "the cluster is being formed")
	}
	if err := chair(n).take(ctx, raft.ServerID(request.Server), raft.ServerAddress(request.Address)); err != nil {
		return nil, err
	}
	return json.Marshal(joinReply{Cluster: id})
}

// take makes a server a member, if it is not one.
func (n chair) take(ctx context.Context, id raft.ServerID, addr raft.ServerAddress) error {
	future := n.raft.GetConfiguration()
	for _, s := range future.Configuration().Servers {
		switch {
		case s.ID == id && s.Address == addr:
			return nil
		case s.ID == id:
			return n.move(ctx, s, addr, future.Index())
		case nodeOf(s.ID) == nodeOf(id):
			return fault.New(fault.AlreadyExists, "node %s is a member with another data directory; remove it first", nodeOf(id))
		case s.Address == addr:
			return fault.New(fault.AlreadyExists, "node %s is a member at that address", nodeOf(s.ID))
		}
	}
	// Never with a vote at once: an empty server would count for the quorum.
	n.log.Info("a node joins", "server", id, "address", addr)
	return refusedChange(await(ctx, n.raft.AddNonvoter(id, addr, future.Index(), changeTimeout)))
}

// move changes the address of a member.
func (n chair) move(ctx context.Context, s raft.Server, addr raft.ServerAddress, index uint64) error {
	n.log.Info("a node moves", "server", s.ID, "from", s.Address, "to", addr)
	if s.Suffrage == raft.Voter {
		return refusedChange(await(ctx, n.raft.AddVoter(s.ID, addr, index, changeTimeout)))
	}
	return refusedChange(await(ctx, n.raft.AddNonvoter(s.ID, addr, index, changeTimeout)))
}

// refusedChange is the fault for a change of members that Raft refused. Each names the
// configuration it starts from, so that of two at once one fails.
func refusedChange(err error) error {
	if err != nil {
		return fault.New(fault.NoLeader, "the members change at the moment").Wrap(err)
	}
	return nil
}

// maintain looks after the members until the leadership ends: one change at a
// time, at most one in a turn.
func (n chair) maintain(ctx context.Context) {
	tick := time.NewTicker(maintainEvery)
	defer tick.Stop()
	keepingUp := map[raft.ServerID]time.Time{}
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		if err := n.maintainOnce(ctx, keepingUp); err != nil && ctx.Err() == nil {
			n.log.Warn("cannot change the members", "error", err)
		}
	}
}

func (n chair) maintainOnce(ctx context.Context, keepingUp map[raft.ServerID]time.Time) error {
	future := n.raft.GetConfiguration()
	heard := n.heard()
	for _, s := range future.Configuration().Servers {
		if meta, ok := heard[s.ID]; ok && meta.Address != string(s.Address) {
			return n.move(ctx, s, raft.ServerAddress(meta.Address), future.Index())
		}
		if s.Suffrage == raft.Voter {
			continue
		}
		if !n.keepsUp(ctx, s) {
			delete(keepingUp, s.ID)
			continue
		}
		since, ok := keepingUp[s.ID]
		if !ok {
			keepingUp[s.ID] = time.Now()
			continue
		}
		if time.Since(since) >= n.tuning.Settled {
			delete(keepingUp, s.ID)
			n.log.Info("a node gets its vote", "server", s.ID)
			return refusedChange(await(ctx, n.raft.AddVoter(s.ID, s.Address, future.Index(), changeTimeout)))
		}
	}
	return nil
}

// keepsUp asks a server how far it is.
func (n chair) keepsUp(ctx context.Context, s raft.Server) bool {
	ctx, cancel := context.WithTimeout(ctx, maintainEvery)
	defer cancel()
	status, err := n.StatusOf(ctx, Member{Node: nodeOf(s.ID), Address: string(s.Address)})
	return err == nil && status.Server == string(s.ID) && status.Index+closeEnough >= n.watermark.published()
}

// Remove takes a node out of the cluster, on the leader. It refuses where the
// remaining voters that gossip hears would be no majority of the remaining ones.
// A removed data directory must be wiped.
func (n *Node) Remove(ctx context.Context, node string) error {
	if !n.leads() {
		return fault.New(fault.NoLeader, "members are removed on the leader")
	}
	future := n.raft.GetConfiguration()
	var gone *raft.Server
	heard := n.heard()
	voters, alive := 0, 0
	for _, s := range future.Configuration().Servers {
		if nodeOf(s.ID) == node {
			gone = &s
			continue
		}
		if s.Suffrage == raft.Voter {
			voters++
			if _, ok := heard[s.ID]; ok || s.ID == n.dir.Server {
				alive++
			}
		}
	}
	switch {
	case gone == nil:
		return fault.New(fault.NotFound, "no such node")
	case gone.Suffrage == raft.Voter && (voters == 0 || alive < voters/2+1):
		return fault.New(fault.PreconditionFailed, "%d of the %d voters that remain are alive: no majority", alive, voters)
	}
	return refusedChange(await(ctx, n.raft.RemoveServer(gone.ID, future.Index(), changeTimeout)))
}

// Transfer hands the leadership over, on the leader, to a voter that has caught
// up.
func (n *Node) Transfer(ctx context.Context, node string) error {
	if !n.leads() {
		return fault.New(fault.NoLeader, "leadership is handed over on the leader")
	}
	for _, s := range n.servers() {
		if nodeOf(s.ID) != node {
			continue
		}
		if s.Suffrage != raft.Voter || !(chair{n}).keepsUp(ctx, s) {
			return fault.New(fault.PreconditionFailed, "the node has no vote or has not caught up")
		}
		if err := await(ctx, n.raft.LeadershipTransferToServer(s.ID, s.Address)); err != nil {
			return fault.New(fault.NoLeader, "the transfer did not succeed").Wrap(fmt.Errorf("cluster: transfer: %w", err))
		}
		return nil
	}
	return fault.New(fault.NotFound, "no such node")
}
