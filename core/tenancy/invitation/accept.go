package invitation

import (
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/identity"
	"github.com/weir-store/weir/core/identity/identifier"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/tenancy"
	"github.com/weir-store/weir/core/tenancy/org"
	"github.com/weir-store/weir/core/tenancy/tuple"
	"github.com/weir-store/weir/core/urn"
)

// AcceptInput names an invitation, and why it may be accepted.
type AcceptInput struct {
	ID    urn.ID  `json:"id" op:"path,id=inv" doc:"the invitation"`
	Text  *string `json:"accepting_identifier,omitempty" op:"secret" doc:"for users: the identifier that the invitation was sent to, to the byte"`
	Token *string `json:"token,omitempty" op:"secret" doc:"without an account: the token that came with the invitation"`
	// Named and Digest are what the log has of both.
	Named  *op.Identifier `json:"named,omitempty" op:"prepared" doc:"the identifier, sealed, and its digests"`
	Digest *op.Digest     `json:"digest,omitempty" op:"prepared" doc:"digest of the token"`
}

// Accepted is what became of an invitation.
type Accepted struct {
	Invitation Invitation     `json:"invitation" doc:"the invitation, accepted"`
	Membership org.Membership `json:"membership" doc:"the membership that came of it"`
	Tuples     []tuple.Tuple  `json:"materialized_tuples" doc:"the tuple of each pre-tuple, in their order; one that was there already is shown as it is"`
}

// Accept makes the invitee a member, and a user if there is none yet.
var Accept = op.NewCommand(Ops, op.Spec[AcceptInput, Accepted]{
	Name:    "accept",
	Summary: "Accept an invitation, as the user it was sent to, or as a new one.",
	Doc: "A user gives the identifier that the invitation was sent to; with a key of its own it must be known to have it, while a host that acts for it (X-Act-As) is trusted to have made sure. " +
		"A host as itself, or whoever sends the token without a key, makes a new user, who has the identifier from then on.",
	Route:  "POST /v1/invitations/{id}/accept",
	Access: op.Open[AcceptInput](actionAccept),
	Faults: []fault.Code{
		fault.NotFound, fault.InvitationNotPending, fault.InvitationExpired, fault.OrgNotActive, fault.ScopeFrozen, fault.PermissionDenied,
		fault.IdentifierBindingRequired, fault.IdentifierMismatch, fault.IdentifierInUse, fault.DuplicateMembership, fault.ValidationFailed, fault.InvalidIDType,
	},
	Example: AcceptInput{ID: exampleID, Text: new(exampleText)},
	Result:  exampleAccepted(),
	Undo:    op.Reversible("membership.admin_remove"),
	Validate: func(in *AcceptInput) *fault.Fault {
		if in.Text != nil && len(*in.Text) > maxIdentifier {
			return tooLong("accepting_identifier")
		}
		return nil
	},
	Prepare: func(env op.Env, in *AcceptInput) (secret string, err error) {
		if in.Text != nil {
			named, err := env.Identifier(*in.Text)
			if err != nil {
				return "", err
			}
			in.Named = &named
		}
		in.Digest = digest(in.Token)
		in.Text, in.Token = nil, nil
		return "", nil
	},
	Screen: func(v *op.View, in AcceptInput) error {
		_, _, _, err := acceptable(v, &in)
		return err
	},
}, func(tx *op.Tx, in AcceptInput) (Accepted, error) {
	r, o, user, err := acceptable(tx.View(), &in)
	if err != nil {
		return Accepted{}, err
	}
	isNew := user == ""
	if isNew {
		user = tx.NewID(urn.PrefixUser)
	}
	r.settle(tx, actionAccept, end{StatusAccepted, tx.Time(), user})
	if isNew {
		if f := welcome(tx, user, r.Identifier); f != nil {
			return Accepted{}, f
		}
	}
	m, f := tenancy.Join(tx, o, user, r.Role, r.InvitedBy, 0)
	if f != nil {
		return Accepted{}, f
	}
	tuples, err := r.materialize(tx, user, m.Root)
	if err != nil {
		return Accepted{}, err
	}
	return Accepted{r.shown(tx, o, tx.Time()), org.Shown(tx, m, tx.Time()), tuples}, nil
})

// acceptable asks what can be asked before anything changes: whether there is
// such an invitation, it is pending, its organization takes members, its sender
// may still send it, and the caller may accept it, and as whom.
func acceptable(v *op.View, in *AcceptInput) (*Row, *tenancy.Header, urn.ID, error) {
	r, o, ok := find(v, in.ID)
	if !ok {
		return nil, nil, "", op.NotFound()
	}
	if f := r.ended(v, o, v.Time).pending(); f != nil {
		return nil, nil, "", f
	}
	if f := o.Admits(); f != nil {
		return nil, nil, "", f
	}
	if f := r.entitled(v, o); f != nil {
		return nil, nil, "", f
	}
	user, f := r.accepts(v, in)
	if f != nil {
		return nil, nil, "", f
	}
	if err := r.unhindered(v, actionAccept); err != nil {
		return nil, nil, "", err
	}
	return r, o, user, nil
}

// welcome makes a user of whom no more is known than the identifier.
func welcome(tx *op.Tx, user urn.ID, id op.Identifier) *fault.Fault {
	if _, f := identity.Add(tx, identity.Principal{ID: user, Kind: identity.KindUser}); f != nil {
		return f
	}
	return identifier.Bind(tx, user, id)
}

// materialize writes the tuples that were promised, for as long as the stay.
func (r *Row) materialize(tx *op.Tx, user, stay urn.ID) ([]tuple.Tuple, error) {
	for i := range r.Grants {
		if tuple.GrantableBy(tx, r.InvitedBy, r.Grants[i].to(user)) != nil {
			return nil, fault.New(fault.PermissionDenied, "a grant of the invitation cannot be given any more; ask for a new invitation").With("index", int64(i))
		}
	}
	tuples := make([]tuple.Tuple, 0, len(r.Grants))
	for i := range r.Grants {
		t, _, err := tuple.Grant(tx, r.Grants[i].to(user), r.InvitedBy, stay)
		if err != nil {
			return nil, err
		}
		tuples = append(tuples, t.Shown())
	}
	return tuples, nil
}

func exampleAccepted() Accepted {
	i := in(StatusAccepted)
	return Accepted{
		Invitation: i,
		Membership: org.Membership{
			ID: "mem_01890a5d0c1e7000a000000000000054", UsrID: *i.InvitedUserID, OrgID: i.OrgID, Role: i.Role, Status: tenancy.StatusActive,
			InvitedBy: &i.InvitedBy, CreatedAt: *i.TerminalAt, UpdatedAt: *i.TerminalAt, Version: 1,
		},
		Tuples: []tuple.Tuple{{
			ID: "tup_01890a5d0c1e7000a000000000000055", SubjectType: urn.PrefixUser, SubjectID: *i.InvitedUserID, Relation: exampleGrant.Relation,
			ObjectType: exampleGrant.ObjectType, ObjectID: exampleGrant.ObjectID, CreatedAt: *i.TerminalAt, CreatedBy: i.InvitedBy,
			MembershipID: "mem_01890a5d0c1e7000a000000000000054",
		}},
	}
}
