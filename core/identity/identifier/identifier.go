// Package identifier keeps the identifiers that users were found to have, such
// as their e-mail addresses: sealed, so that only nodes of the cluster can read
// them, and found by keyed digests.
package identifier

import (
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/identity"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/storage/key"
)

// Ops are the operations on identifiers.
var Ops = &op.Set{Noun: "identifier", Doc: "Identifiers are what people are called outside, such as e-mail addresses, as far as it was verified whose they are."}

// Entity is what the trail calls the identifiers of a principal, taken together.
const Entity = "identifier"

// binding is one identifier of one principal. Rows are kept: who had an
// identifier and gave it up has one that is released.
type binding struct {
	// Login is the digest by which names of accounts are compared.
	Login       op.Digest  `cbor:"1,keyasint"`
	PrincipalID urn.ID     `cbor:"2,keyasint"`
	Text        op.Sealed  `cbor:"3,keyasint"`
	Since       state.Time `cbor:"4,keyasint"`
	// Released says that the principal has it no more.
	Released bool `cbor:"5,keyasint,omitempty"`
}

var byPrincipal = &state.Index[binding]{
	Space: key.IdentifierPrincipal,
	Keys: func(b *binding, add func(key.Key)) {
		add(state.Key(key.IdentifierPrincipal, string(b.PrincipalID), string(b.Login[:])))
	},
}

var bindings = state.NewTable(state.Spec[binding]{
	Space:   key.Identifier,
	Key:     (*binding).key,
	Refers:  func(b *binding, to func(key.Key)) { to(state.Key(key.Principal, string(b.PrincipalID))) },
	Indexes: []*state.Index[binding]{byPrincipal},
})

func (b *binding) key() key.Key {
	return state.Key(key.Identifier, string(b.Login[:]), string(b.PrincipalID))
}

// Identifier is an identifier as callers see it. Text is sealed everywhere but
// in answers.
type Identifier struct {
	Text  *op.Sealed `json:"identifier" doc:"the text; null where it cannot be read any more"`
	Since state.Time `json:"since" doc:"since when it is known to be the user's"`
}

func (b *binding) shown() Identifier { return Identifier{&b.Text, b.Since} }

// Holder finds the live user who has an identifier: one that is archived gave up
// those that he had.
func Holder(v state.View, id op.Identifier) (holder urn.ID, ok bool) {
	each(v, id.Login, func(b *binding) {
		if p, known := identity.Find(v, b.PrincipalID); known && p.Lifecycle != identity.Archived {
			holder, ok = p.ID, true
		}
	})
	return holder, ok
}

// Has says whether a user has an identifier.
func Has(v state.View, principal urn.ID, id op.Identifier) bool {
	holder, ok := Holder(v, id)
	return ok && holder == principal
}

// each calls fn for those who were given an identifier and did not give it up:
// one at the most is not archived.
func each(v state.View, login op.Digest, fn func(b *binding)) {
	bindings.Scan(v, state.Range{Prefix: state.Key(key.Identifier, string(login[:]))}).Each(func(b *binding) bool {
		if !b.Released {
			fn(b)
		}
		return true
	})
}

// Bind says that a user has an identifier. identifier-in-use is the answer where
// another one has it; one that is archived loses it for good.
func Bind(tx *op.Tx, principal urn.ID, id op.Identifier) *fault.Fault {
	if Has(tx, principal, id) {
		return nil
	}
	if _, taken := Holder(tx, id); taken {
		return fault.New(fault.IdentifierInUse, "a user has this identifier already; act as that user")
	}
	var former []*binding
	each(tx, id.Login, func(b *binding) { former = append(former, b) })
	put(tx, "create", &binding{Login: id.Login, PrincipalID: principal, Text: id.Sealed, Since: tx.Time()})
	for _, b := range former {
		if b.PrincipalID != principal {
			b.Released = true
			put(tx, "revoke", b)
		}
	}
	return nil
}

// put writes a row and leaves the trace.
func put(tx *op.Tx, action string, b *binding) {
	r := op.Record{Action: action, Entity: Entity, TargetID: b.PrincipalID}
	if before, had := of(tx, b.PrincipalID); had {
		r.Before = before
	}
	bindings.Put(tx.Tx, b)
	r.After, _ = of(tx, b.PrincipalID)
	tx.Record(r)
}

// of lists the identifiers of a principal, and says whether it ever had one.
func of(v state.View, principal urn.ID) (found []Identifier, had bool) {
	found = []Identifier{}
	byPrincipal.Scan(v, state.Range{Prefix: state.Key(key.IdentifierPrincipal, string(principal))}).Each(func(b *binding) bool {
		if had = true; !b.Released {
			found = append(found, b.shown())
		}
		return true
	})
	return found, had
}

const exampleUser urn.ID = "usr_01890a5d0c1e7000a000000000000007"

func example() Identifier {
	text := op.Sealed("alice@example.com")
	return Identifier{&text, 1767225600000000}
}
