package invitation

import (
	"crypto/sha256"
	"crypto/subtle"

	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/identity"
	"github.com/weir-store/weir/core/identity/identifier"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/urn"
)

// digest is what the log has of a token that somebody shows.
func digest(token *string) *op.Digest {
	if token == nil {
		return nil
	}
	d := op.Digest(sha256.Sum256([]byte(*token)))
	return &d
}

// opens says whether a token is that of the invitation.
func (r *Row) opens(proof *op.Digest) bool {
	return proof != nil && subtle.ConstantTimeCompare(proof[:], r.Digest[:]) == 1
}

// isUser says whether somebody acts as a user, itself or through a host.
func isUser(c *op.Caller) bool { return c.ID != "" && c.Kind == identity.KindUser }

// isHost says whether a host acts as itself.
func isHost(c *op.Caller) bool { return !isUser(c) && c.Holds(op.ActAsHost) }

// isTo says whether the invitation was sent to an identifier of a user.
func (r *Row) isTo(v state.View, user urn.ID) bool {
	return identifier.Has(v, user, r.Identifier)
}

// accepts finds out as whom the caller may accept the invitation: as the user
// who it is, or "" for a user who is still to be made.
func (r *Row) accepts(v *op.View, in *AcceptInput) (urn.ID, *fault.Fault) {
	switch {
	case isUser(&v.Caller):
		return v.Caller.ID, r.bound(v, in.Named)
	case isHost(&v.Caller):
	case v.Caller.ID != "":
		return "", fault.New(fault.PermissionDenied, "only users accept invitations; a host names one in X-Act-As, or has a new one made")
	case !r.opens(in.Digest):
		return "", fault.New(fault.PermissionDenied, "without an account this takes the token that came with the invitation")
	}
	if _, taken := identifier.Holder(v.Now, r.Identifier); taken {
		return "", fault.New(fault.IdentifierInUse, "a user has this identifier already; sign in, and accept as that user")
	}
	return "", nil
}

// bound says whether a user accepts by the identifier that the invitation was
// sent to. A host is trusted to know whose it is; a user's own word is held
// against what is known of him.
func (r *Row) bound(v *op.View, named *op.Identifier) *fault.Fault {
	host := v.Caller.Host != ""
	switch {
	case named == nil:
		return fault.New(fault.IdentifierBindingRequired, "an account accepts with the identifier that the invitation was sent to; give accepting_identifier")
	case subtle.ConstantTimeCompare(named.Exact[:], r.Identifier.Exact[:]) == 1 && (host || identifier.Has(v.Now, v.Caller.ID, *named)):
		return nil
	}
	f := fault.New(fault.IdentifierMismatch, "the invitation was not sent to this identifier, or it is not known to be yours")
	if host {
		f = f.With("invitation_identifier", r.Identifier.Sealed).With("accepting_identifier", named.Sealed)
	}
	return f
}

// sees says whether the caller may see the invitation: who may send them, who
// sent or accepted it, and whom it was sent to, unless a rule about the
// organization denies it.
func (r *Row) sees(v *op.View) bool {
	id := v.Caller.ID
	switch {
	case id == "":
		return false
	case id == r.InvitedBy, id == r.UserID, v.Caller.Holds(op.Administer), r.isTo(v.Now, id):
		return v.Forbidden("read", op.Scope(r.OrgID)) == nil
	}
	return v.Decide("read", op.Admin, op.Scope(r.OrgID)).Allowed
}

// unhindered asks whether a rule about the organization keeps the caller from
// what he may do with the invitation though he has no role there. Rules look at
// principals: for nobody in particular there are none.
func (r *Row) unhindered(v *op.View, action string) error {
	if v.Caller.ID == "" {
		return nil
	}
	return v.Forbidden(action, op.Scope(r.OrgID))
}

// hidden is the refusal of somebody who may not know of an invitation.
func hidden(action string, id urn.ID) error {
	return &op.Refused{Fault: op.NotFound(), Action: action, Target: op.Target{Entity: Entity, ID: id}}
}

// barred is the refusal of somebody who may know of it.
func barred(action string, id urn.ID, why string) error {
	return &op.Refused{
		Fault: fault.New(fault.PermissionDenied, "%s", why), Action: action,
		Target: op.Target{Entity: Entity, ID: id}, Decision: op.Decision{Visible: true},
	}
}
