package reads

import (
	"crypto/sha256"

	"github.com/weir-store/weir/core/audit/chain"
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/tenancy"
	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/storage/key"
)

// How ordinary reads are traced.
const (
	// Strict reads are answered when their trace is committed.
	Strict = "strict"
	// Batched reads are traced together with others, soon after the answer.
	Batched = "batched"
	// Off leaves no trace.
	Off = "off"
	// Default is what the cluster says; for the cluster itself, Batched.
	Default = "default"
)

// EntityPolicy is the entity of entries about policies of reads.
const EntityPolicy = "read_policy"

// Policy says how reads are traced: those of objects of a type, those by
// right of a scope, or all for which nothing else is said.
type Policy struct {
	ID      urn.ID `cbor:"1,keyasint" json:"id" doc:"cluster, type:<type> or scope:<id>"`
	Type    string `cbor:"2,keyasint,omitempty" json:"type,omitempty" doc:"the type of the objects"`
	ScopeID urn.ID `cbor:"3,keyasint,omitempty" json:"scope_id,omitempty" doc:"the scope by which the reader may read"`
	Mode    string `cbor:"4,keyasint" json:"mode" doc:"strict, batched, off or default"`
	// Scopes, in the policy of the cluster, is how many scopes are strict:
	// while there is none, lists need not look for one.
	Scopes    uint64     `cbor:"5,keyasint,omitempty" json:"-"`
	ChangedAt state.Time `cbor:"6,keyasint" json:"changed_at" doc:"when it was set"`
	ChangedBy urn.ID     `cbor:"7,keyasint" json:"changed_by" doc:"who set it"`
}

var policies = state.NewTable(state.Spec[Policy]{
	Space: key.AuditReadPolicy,
	Key:   func(p *Policy) key.Key { return policyKey(p.ID) },
	Refers: func(p *Policy, to func(key.Key)) {
		if p.ScopeID != "" {
			to(state.Key(key.Scope, p.ScopeID))
		}
	},
})

func policyKey(id urn.ID) key.Key { return state.Key(key.AuditReadPolicy, string(id)) }

const ofCluster urn.ID = "cluster"

// policyOf names the policy of a type or a scope. A type that is no word would
// stand in the trail as a digest, and could not be found by it.
func policyOf(kind, name string) urn.ID {
	id := kind + ":" + name
	if !chain.IsWord(id) {
		sum := sha256.Sum256([]byte(name))
		id = kind + "-sha256:" + chain.HexBytes(sum[:])
	}
	return urn.ID(id)
}

// Mode says how an ordinary read is to be traced: as the strictest policy says
// of those for its type and for the scopes by which the reader may read; where
// there is none, as the cluster's. The decision is that by which he was let in;
// a list, which has none, counts as by right of each strict scope that the
// reader belongs to. What a host reads for a user is traced like the user's own.
func Mode(v state.View, caller *op.Caller, r *op.Record, d *op.Decision) string {
	cluster, ok := policies.Get(v, policyKey(ofCluster))
	if !ok {
		return Batched // nothing was ever set
	}
	mode := Default
	if r.TargetType != "" {
		mode = stricter(mode, mentioned(v, policyOf("type", r.TargetType)))
	}
	for _, way := range d.Why {
		for _, scope := range [...]urn.ID{way.ScopeID, way.FromScopeID} {
			if scope != "" && mode != Strict {
				mode = stricter(mode, mentioned(v, policyOf("scope", string(scope))))
			}
		}
	}
	if r.TargetID == "" && mode != Strict && cluster.Scopes > 0 && belongs(v, caller.ID) {
		return Strict
	}
	if mode == Default {
		return cluster.Mode
	}
	return mode
}

// mentioned is what a policy says, Default if there is none.
func mentioned(v state.View, id urn.ID) string {
	if p, ok := policies.Get(v, policyKey(id)); ok {
		return p.Mode
	}
	return Default
}

// belongs says whether a principal is, or ever was, in or below a strict scope.
func belongs(v state.View, principal urn.ID) (found bool) {
	strict := func(scope urn.ID) bool { return mentioned(v, policyOf("scope", string(scope))) == Strict }
	tenancy.EachHeld(v, principal, func(m *tenancy.Membership) bool {
		found = strict(m.ScopeID)
		for _, above := range m.Above {
			found = found || strict(above)
		}
		return !found
	})
	return found
}

// stricter is the stricter of two modes; default is none.
func stricter(a, b string) string {
	for _, mode := range [...]string{Strict, Batched, Off} {
		if a == mode || b == mode {
			return mode
		}
	}
	return Default
}

// SetPolicyInput says how reads are to be traced.
type SetPolicyInput struct {
	Type    string `json:"type,omitempty" op:"max=128" doc:"reads of objects of this type; give this, scope_id, or neither for the cluster"`
	ScopeID urn.ID `json:"scope_id,omitempty" op:"id=scp|org" doc:"reads by right of this scope"`
	Mode    string `json:"mode" op:"required,enum=strict|batched|off|default" doc:"strict: the reply waits for the trace; batched: traced soon after; off: not traced; default: as the cluster says"`
}

// SetPolicy says how ordinary reads are traced from now on. What is always
// strict stays so: secrets, blobs, the trail itself, exports.
var SetPolicy = op.NewCommand(Ops, op.Spec[SetPolicyInput, Policy]{
	Name:    "set_policy",
	Summary: "Say how reads are traced, for a type, a scope or the cluster.",
	Doc: "Of the policies for an object's type and for the scopes by which the reader may read it the strictest holds; where there is none, " +
		"that of the cluster does, which is batched at first. Secrets, blobs, the trail itself and exports are strict whatever is set.",
	Route:   "PUT /v1/audit/read-policies",
	Access:  op.Holding[SetPolicyInput]("update", op.Administer),
	Faults:  []fault.Code{fault.NotFound},
	Example: SetPolicyInput{Type: "note", Mode: Strict},
	Result:  examplePolicy,
	Undo:    op.Reversible("read.set_policy"),
	Validate: func(in *SetPolicyInput) *fault.Fault {
		if in.Type != "" && in.ScopeID != "" {
			detail := "a policy is for a type or for a scope"
			return fault.New(fault.ValidationFailed, "%s", detail).At(fault.Item{Pointer: "/scope_id", Code: "one-of", Detail: detail})
		}
		return nil
	},
}, func(tx *op.Tx, in SetPolicyInput) (Policy, error) {
	p := Policy{ID: ofCluster, Type: in.Type, ScopeID: in.ScopeID}
	switch {
	case in.Type != "":
		p.ID = policyOf("type", in.Type)
	case in.ScopeID != "":
		if _, ok := tenancy.Find(tx, in.ScopeID); !ok {
			return Policy{}, op.NotFound()
		}
		p.ID = policyOf("scope", string(in.ScopeID))
	}
	before, known := policies.Get(tx, policyKey(p.ID))
	if known && before.Mode == in.Mode {
		return *before, nil
	}
	r := op.Record{Action: "update", Entity: EntityPolicy, TargetID: p.ID, ScopeID: in.ScopeID}
	if known {
		r.Before = before
	}
	set := p.set(tx, in.Mode)
	r.After = set
	tx.Record(r)
	return *set, nil
})

// set gives a policy another mode, and keeps count of the strict scopes.
func (p Policy) set(tx *op.Tx, mode string) *Policy {
	was := mentioned(tx, p.ID)
	cluster, ok := policies.Get(tx, policyKey(ofCluster))
	if !ok {
		cluster = &Policy{ID: ofCluster, Mode: Batched, ChangedAt: tx.Time(), ChangedBy: op.System}
	}
	if p.ID == ofCluster {
		p.Scopes = cluster.Scopes
		if mode == Default {
			mode = Batched
		}
	} else {
		if p.ScopeID != "" && was == Strict {
			cluster.Scopes--
		}
		if p.ScopeID != "" && mode == Strict {
			cluster.Scopes++
		}
		policies.Put(tx.Tx, cluster)
	}
	p.Mode, p.ChangedAt, p.ChangedBy = mode, tx.Time(), tx.Caller.ID
	policies.Put(tx.Tx, &p)
	return &p
}

// unset says that a policy says no more than what holds without it.
func (p *Policy) unset() bool {
	return p.Mode == Default || p.ID == ofCluster && p.Mode == Batched
}

// Policies can be brought back: the content of one is its mode.
var _ = op.NewEntity(Ops, op.Entity{
	Name: EntityPolicy,
	Known: func(v state.View, id urn.ID) (op.Known, bool) {
		p, ok := policies.Get(v, policyKey(id))
		if !ok {
			return op.Known{}, false
		}
		type content struct {
			Mode string `json:"mode"`
		}
		return op.Known{Type: EntityPolicy, ScopeID: p.ScopeID, Ended: p.unset(), State: p, Content: content{p.Mode}}, true
	},
	Rights: func(state.View, urn.ID) (see, revert []op.Right) {
		return []op.Right{{Permission: op.ReadAudit}, {Permission: op.Administer}}, []op.Right{{Permission: op.Administer}}
	},
	Revert: func(tx *op.Tx, id urn.ID, past state.View) error {
		now, ok := policies.Get(tx, policyKey(id))
		if !ok {
			return op.Moot("there is no policy")
		}
		mode := mentioned(past, id)
		if id == ofCluster && mode == Default {
			mode = Batched
		}
		if now.Mode == mode {
			return op.Moot("the policy is that already")
		}
		now.set(tx, mode)
		return nil
	},
})

// PoliciesInput asks for a page.
type PoliciesInput struct{ op.Paging }

// Policies lists what was set.
var Policies = op.NewQuery(Ops, op.Spec[PoliciesInput, op.Page[Policy]]{
	Name:    "policies",
	Summary: "List how reads are traced.",
	Doc:     "Where the list is empty nothing was set, and reads are traced in batches.",
	Route:   "GET /v1/audit/read-policies",
	Access:  op.Holding[PoliciesInput]("read", op.ReadAudit),
	Faults:  []fault.Code{fault.InvalidCursor},
	Result:  op.NewPage([]Policy{examplePolicy}, ""),
}, func(v *op.View, in PoliciesInput) (op.Page[Policy], error) {
	r := state.Range{Prefix: state.Key(key.AuditReadPolicy)}
	if in.Cursor != "" {
		r.After = policyKey(urn.ID(in.Cursor))
	}
	rows := policies.Scan(v, r)
	defer rows.Close()
	var items []Policy
	for rows.Next() {
		if rows.Row().unset() {
			continue
		}
		items = append(items, *rows.Row())
		if len(items) == in.Size() {
			return op.NewPage(items, op.Cursor(rows.Row().ID)), nil
		}
	}
	return op.NewPage(items, ""), nil
})

var examplePolicy = Policy{ID: "type:note", Type: "note", Mode: Strict, ChangedAt: 1767225600000000, ChangedBy: "alice"}
