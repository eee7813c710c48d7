package compliance

import (
	"encoding/binary"
	"fmt"

	"github.com/weir-store/weir/core/audit"
	"github.com/weir-store/weir/core/audit/chain"
	"github.com/weir-store/weir/core/identity"
	"github.com/weir-store/weir/core/identity/apikey"
	"github.com/weir-store/weir/core/objects"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/tenancy"
	"github.com/weir-store/weir/core/tenancy/tuple"
	"github.com/weir-store/weir/core/urn"
)

// trail verifies the entries in stretches. A stretch begins at the hash that
// the one before ended with, so that none is left out between them.
func trail(c *course) bool {
	from := uint64(1)
	if len(c.After) == 8 {
		from = binary.BigEndian.Uint64(c.After) + 1
	}
	from = max(from, audit.Pruned(c.v.Now)+1)
	size := audit.SizeAt(c.v.Now, c.v.Revision())
	if from > size {
		return true
	}
	to := min(size, from+uint64(c.Budget)-1)
	out, err := audit.Verify.Answer(c.v, audit.VerifyInput{From: from, To: to})
	if err != nil {
		c.result.violation(err.Error())
		return true
	}
	report := out.(chain.Report)
	c.result.Checked += report.Checked
	if !report.Valid {
		c.result.violation(fmt.Sprintf("entry %d: %s", report.BrokenAt, report.Reason))
		return true
	}
	c.Budget -= int(to - from + 1)
	c.After = binary.BigEndian.AppendUint64(nil, to)
	return to == size
}

// change is a change that a row tells of: what was changed, and when.
type change struct {
	entity string
	id     urn.ID
	at     state.Time
}

// changes are all that a row tells of.
func changes(row any) []change {
	switch x := row.(type) {
	case *identity.Principal:
		return []change{{op.EntityPrincipal, x.ID, x.CreatedAt}}
	case *apikey.Credential:
		return []change{{op.EntityCredential, x.ID, x.CreatedAt}, {op.EntityCredential, x.ID, x.RevokedAt}}
	case *objects.Version:
		return []change{{op.EntityObject, x.ObjectID, x.CreatedAt}}
	case *objects.Tombstone:
		return []change{{op.EntityObject, x.ObjectID, x.TombstonedAt}, {op.EntityObject, x.ObjectID, x.ReversedAt}}
	case *tenancy.Header:
		return []change{{op.EntityScope, x.ID, x.CreatedAt}}
	case *tenancy.Membership:
		created, updated := x.CreatedAt, x.UpdatedAt
		if x.Replaces != "" {
			// The next one of a stay is dated behind the one before, also where one call
			// made both; when that was, the grant says.
			created = x.GrantedAt
			if updated == x.CreatedAt {
				updated = created
			}
		}
		return []change{{tenancy.EntityMembership, x.ID, created}, {tenancy.EntityMembership, x.ID, updated}}
	case *tenancy.Projection:
		return []change{{tenancy.EntityProjection, x.ID, x.ProjectedAt}, {tenancy.EntityProjection, x.ID, x.RevokedAt}}
	case *tuple.Row:
		return []change{{tuple.Entity, x.ID, x.CreatedAt}, {tuple.Entity, x.ID, x.EndedAt}}
	}
	return nil
}

// traced is invariant 4, from both sides.
func traced(c *course, row any) {
	for _, x := range changes(row) {
		if x.at != 0 && !c.told(x) {
			c.broken(x.id, "the %s was changed at %s, of which the trail does not tell", x.entity, x.at)
		}
	}
	raw, ok := audit.Stored(row)
	if !ok {
		return
	}
	e, err := chain.Parse(raw)
	if err != nil {
		c.result.violation(err.Error())
		return
	}
	if e.Outcome != chain.OK || !mutates(e) {
		return
	}
	if entity, declared := c.v.Catalog.Entity(e.Entity); declared {
		if _, known := entity.Known(c.v, e.TargetID); !known && e.Revision <= c.v.Revision() {
			c.broken(e.ID, "entry %d tells of the %s %s, which is not there", e.Sequence, e.Entity, e.TargetID)
		}
	}
}

// mutates says whether an entry tells of a change.
func mutates(e *chain.Entry) bool { return e.AfterDigest != "" }

// told says whether the trail has an entry about a change. Several commands may
// have one time. What was pruned is not asked for.
func (c *course) told(x change) bool {
	at := x.at.String()
	n := audit.SizeAt(c.v.Now, audit.RevisionAt(c.v.Now, x.at))
	for pruned := audit.Pruned(c.v.Now); n > pruned; n-- {
		e, ok := audit.EntryAt(c.v.Now, n)
		if !ok || e.Timestamp != at {
			return false
		}
		if e.Entity == x.entity && e.TargetID == x.id && e.Outcome == chain.OK {
			return true
		}
	}
	return n > 0
}
