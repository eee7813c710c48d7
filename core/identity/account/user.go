// Package account is users as organizations know them: principals of kind user
// whose ids are of the form usr_, without anything that they could log in with.
package account

import (
	"github.com/weir-store/weir/core/identity"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/urn"
)

// Ops are the operations on users.
var Ops = &op.Set{Noun: "user", Doc: "Users are the principals that own organizations and are invited into them. A host acts for them."}

// User is a principal of kind user as a host knows it.
type User struct {
	ID          urn.ID     `json:"id" doc:"the user"`
	Status      string     `json:"status" doc:"active, suspended or archived"`
	DisplayName *string    `json:"display_name" doc:"a name for people; null when unset"`
	CreatedAt   state.Time `json:"created_at" doc:"when it was created"`
	CreatedBy   urn.ID     `json:"created_by" doc:"who created it"`
	Version     uint64     `json:"version" doc:"raised by each change"`
}

// ETagVersion is the version that the reply's ETag names.
func (u User) ETagVersion() uint64 { return u.Version }

func show(p *identity.Principal) User {
	u := User{ID: p.ID, Status: p.Lifecycle, CreatedAt: p.CreatedAt, CreatedBy: p.CreatedBy, Version: p.Version}
	if p.DisplayName != "" {
		u.DisplayName = &p.DisplayName
	}
	return u
}

const exampleID urn.ID = "usr_01890a5d0c1e7000a000000000000001"

var (
	exampleName = "Alice"
	example     = User{ID: exampleID, Status: identity.Active, DisplayName: &exampleName, CreatedAt: 1767225600000000, CreatedBy: "host", Version: 1}
)
