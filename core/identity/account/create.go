package account

import (
	"github.com/weir-store/weir/core/identity"
	"github.com/weir-store/weir/core/op"
)

// CreateInput describes a new user.
type CreateInput struct {
	DisplayName *string `json:"display_name,omitempty" op:"min=1,max=255" doc:"a name for people; none when absent or null"`
}

// Create makes a user. Nothing lets it in by itself: a host acts for it, until
// it is given a key.
var Create = op.NewCommand(Ops, op.Spec[CreateInput, User]{
	Name:    "create",
	Summary: "Create a user, for whom a host can act.",
	Route:   "POST /v1/users",
	Status:  201,
	Access:  op.Holding[CreateInput]("create", op.ActAsHost, op.Administer),
	Example: CreateInput{DisplayName: &exampleName},
	Result:  example,
	Undo:    op.Reversible("archive the principal"),
}, func(tx *op.Tx, in CreateInput) (User, error) {
	p := identity.Principal{Kind: identity.KindUser}
	if in.DisplayName != nil {
		p.DisplayName = *in.DisplayName
	}
	made, f := identity.Add(tx, p)
	if f != nil {
		return User{}, f
	}
	return show(made), nil
})
