package invitation

import (
	"crypto/sha256"
	"encoding/base64"

	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/tenancy"
	"github.com/weir-store/weir/core/tenancy/tuple"
	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/storage/key"
)

const (
	// maxIdentifier bounds an identifier, in bytes.
	maxIdentifier = 320
	// secretSize is the entropy of a token, in bytes.
	secretSize = 32
)

// CreateInput says whom to invite to what.
type CreateInput struct {
	ID         urn.ID       `json:"id" op:"path,id=org" doc:"the organization"`
	Identifier string       `json:"identifier,omitempty" op:"required,secret,min=1" doc:"whom: an e-mail address or what else your users are called, 1 to 320 bytes, kept as it is given"`
	Role       tenancy.Role `json:"role" op:"required" doc:"owner, admin, editor, member, viewer or guest; none of higher rank than your own, and owner from owners only"`
	ExpiresAt  state.Time   `json:"expires_at" op:"required" doc:"from when on it cannot be accepted"`
	PreTuples  []PreTuple   `json:"pre_tuples,omitempty" op:"max=100" doc:"relations that the invitee gets with the membership, and has as long as that; you must be able to grant each"`
	// Named is what is kept of the identifier, Digest of the token.
	Named  op.Identifier `json:"named,omitzero" op:"prepared" doc:"the identifier, sealed, and its digests"`
	Digest op.Digest     `json:"digest,omitzero" op:"prepared" doc:"digest of the token"`
}

// CreateOutput is the invitation with its token, which is shown this once.
type CreateOutput struct {
	Invitation
	Token string `json:"token,omitempty" doc:"lets its bearer accept or decline without an account; it is not kept and cannot be shown again"`
}

// Create sends an invitation, in so far as it writes it down: to deliver it is
// the application's matter.
var Create = op.NewCommand(Ops, op.Spec[CreateInput, CreateOutput]{
	Name:    "create",
	Summary: "Invite somebody to an organization; the token is shown once.",
	Doc:     "The answer holds a token by which the invitee accepts without an account. There is one pending invitation to each identifier: a new one revokes the one before. It ends with its time, with the organization, and when its sender may not send it any more.",
	Route:   "POST /v1/orgs/{id}/invitations",
	Status:  201,
	Access:  op.May(actionCreate, op.Admin, func(in CreateInput) op.Target { return op.Scope(in.ID) }),
	Faults: []fault.Code{
		fault.NotFound, fault.PermissionDenied, fault.RoleHierarchy, fault.OrgNotActive, fault.ScopeFrozen, fault.PastExpiration,
		fault.InvalidRole, fault.InvalidFormat, fault.InvalidID, fault.ManagedTuple, fault.ValidationFailed,
	},
	Example:  CreateInput{ID: exampleOrg, Identifier: exampleText, Role: tenancy.Member, ExpiresAt: exampleLate, PreTuples: []PreTuple{exampleGrant}},
	Result:   CreateOutput{in(StatusPending), exampleToken},
	Undo:     op.Reversible("invitation.revoke"),
	Validate: func(in *CreateInput) *fault.Fault { return in.validate() },
	Prepare: func(env op.Env, in *CreateInput) (secret string, err error) {
		secret = base64.RawURLEncoding.EncodeToString(env.Random(secretSize))
		in.Digest = sha256.Sum256([]byte(secret))
		in.Named, err = env.Identifier(in.Identifier)
		in.Identifier = ""
		return secret, err
	},
	Assemble: func(out *CreateOutput, secret string) { out.Token = secret },
}, func(tx *op.Tx, in CreateInput) (CreateOutput, error) {
	org, ok := tenancy.Find(tx, in.ID)
	if !ok || org.Kind != tenancy.KindOrg {
		return CreateOutput{}, op.NotFound()
	}
	if f := org.Admits(); f != nil {
		return CreateOutput{}, f
	}
	if in.ExpiresAt <= tx.Time() {
		detail := "must be later than now"
		return CreateOutput{}, fault.New(fault.PastExpiration, "expires_at %s", detail).
			At(fault.Item{Pointer: "/expires_at", Code: string(fault.PastExpiration), Detail: detail})
	}
	member, f := inviter(tx, org, in.Role)
	if f != nil {
		return CreateOutput{}, f
	}
	grants, err := in.grants(tx)
	if err != nil {
		return CreateOutput{}, err
	}
	waiting := Waiting(tx, org.ID, in.Named)
	r := &Row{
		ID: tx.NewID(urn.PrefixInvitation), OrgID: org.ID, Identifier: in.Named, Role: in.Role, Status: StatusPending, Grants: grants,
		InvitedBy: tx.Caller.ID, Member: member, CreatedAt: tx.Time(), ExpiresAt: in.ExpiresAt, Digest: in.Digest,
	}
	r.put(tx, actionCreate, nil)
	for _, old := range waiting {
		if !old.note(tx, org) {
			old.settle(tx, actionRevoke, end{StatusRevoked, tx.Time(), tx.Caller.ID})
		}
	}
	return CreateOutput{Invitation: r.shown(tx, org, tx.Time())}, nil
})

func (in *CreateInput) validate() *fault.Fault {
	if len(in.Identifier) > maxIdentifier {
		return tooLong("identifier")
	}
	for i, p := range in.PreTuples {
		if _, f := tuple.ParseObject(p.Relation, p.ObjectType, p.ObjectID); f != nil {
			_ = op.AtItem(f, "pre_tuples", i) // changes f
			return f
		}
	}
	return nil
}

func tooLong(field string) *fault.Fault {
	detail := "must have at most 320 bytes"
	return fault.New(fault.ValidationFailed, "%s %s", field, detail).At(fault.Item{Pointer: "/" + field, Code: string(fault.ValidationFailed), Detail: detail})
}

// inviter is the membership by which the caller may invite to a role; none for a
// host that acts as itself.
func inviter(tx *op.Tx, org *tenancy.Header, role tenancy.Role) (member urn.ID, f *fault.Fault) {
	m, ok := tenancy.Current(tx, org, tx.Caller.ID, tx.Time())
	switch {
	case ok && m.Status == tenancy.StatusActive && gives(m.Role, role):
		return m.ID, nil
	case tx.Caller.Holds(op.ActAsHost):
		return "", nil
	case !ok:
		return "", fault.New(fault.PermissionDenied, "only members of the organization invite to it")
	}
	return "", fault.New(fault.RoleHierarchy, "nobody invites to a role of higher rank than its own").With("role", string(m.Role))
}

// grants reads the pre-tuples and asks whether the caller may give each.
func (in *CreateInput) grants(tx *op.Tx) ([]Grant, error) {
	grants := make([]Grant, 0, len(in.PreTuples))
	for i, p := range in.PreTuples {
		k, f := tuple.ParseObject(p.Relation, p.ObjectType, p.ObjectID)
		if f != nil {
			return nil, op.AtItem(f, "pre_tuples", i)
		}
		if err := tuple.Grantable(tx, k); err != nil {
			return nil, op.AtItem(err, "pre_tuples", i)
		}
		grants = append(grants, Grant{k.Relation, k.Object})
	}
	return grants, nil
}

// Waiting reads the invitations of an organization to an identifier of which no
// end was written yet.
func Waiting(v state.View, org urn.ID, id op.Identifier) (waiting []*Row) {
	byPending.Scan(v, state.Range{Prefix: state.Key(key.InvitationPending, org, string(id.Exact[:]))}).Each(func(r *Row) bool {
		waiting = append(waiting, r)
		return true
	})
	return waiting
}
