package invitation

import (
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/tenancy"
	"github.com/weir-store/weir/core/urn"
)

// end is when, how and by whom an invitation ended; none while it is pending.
type end struct {
	status string
	at     state.Time
	by     urn.ID
}

// ended says how the invitation stands at a time. What ends it without its row
// being written is derived: its time, the end of the organization, and that the
// inviter's membership ended or came to give less. The first of them counts.
func (r *Row) ended(v state.View, org *tenancy.Header, at state.Time) end {
	if r.Status != StatusPending {
		return end{r.Status, r.TerminalAt, r.TerminalBy}
	}
	var first end
	also := func(e end) {
		if first.status == "" || e.at < first.at {
			first = e
		}
	}
	if at >= r.ExpiresAt {
		also(end{StatusExpired, r.ExpiresAt, ""})
	}
	if org.Archived {
		also(end{StatusRevoked, org.EndedAt, org.EndedBy})
	}
	if e, lost := r.abandoned(v, org, at); lost {
		also(e)
	}
	return first
}

// StatusAt is the invitation's status as it counts at a time.
func (r *Row) StatusAt(v state.View, at state.Time) string {
	org, ok := tenancy.Find(v, r.OrgID)
	if !ok {
		return StatusRevoked
	}
	if e := r.ended(v, org, at); e.status != "" {
		return e.status
	}
	return StatusPending
}

// abandoned finds the end or the change of the inviter's membership after which
// he could not have sent the invitation.
func (r *Row) abandoned(v state.View, org *tenancy.Header, at state.Time) (e end, lost bool) {
	if r.Member == "" {
		return end{}, false
	}
	sent, ok := tenancy.FindMembership(v, r.Member)
	if !ok {
		return end{}, false
	}
	last := sent
	tenancy.Stood(v, r.OrgID, r.InvitedBy, sent.ID).Each(func(m *tenancy.Membership) bool {
		if m.Root != sent.Root {
			return false
		}
		last, lost = m, !gives(m.Role, r.Role)
		return !lost
	})
	if lost {
		return end{StatusRevoked, last.CreatedAt, ""}, true
	}
	m := last.EffectiveIn(v, org, at)
	e = end{StatusRevoked, m.UpdatedAt, m.RemovedBy}
	if m.EndReason == tenancy.EndExpired {
		e.at = m.ExpiresAt // the row was written when that was noted
	}
	return e, m.Status == tenancy.StatusRevoked
}

// gives says whether a member with a role may invite to another.
func gives(own, invited tenancy.Role) bool {
	return own.OnScope() >= op.Admin && invited.Rank() <= own.Rank()
}

// pending refuses what has ended.
func (e end) pending() *fault.Fault {
	switch e.status {
	case "":
		return nil
	case StatusExpired:
		return fault.New(fault.InvitationExpired, "the invitation has expired")
	}
	return fault.New(fault.InvitationNotPending, "the invitation was %s", e.status).With("status", e.status)
}

// entitled says whether the inviter could send the invitation now. What a host
// sent as itself does not depend on that.
func (r *Row) entitled(v *op.View, org *tenancy.Header) *fault.Fault {
	if r.Member == "" {
		return nil
	}
	d := v.Sight.Decide(v.Now, op.Request{
		Principal: r.InvitedBy, Action: actionCreate, Target: op.Scope(r.OrgID), Need: op.Admin, Time: v.Time, Environment: v.Trace.EnvironmentID,
	})
	m, ok := tenancy.Current(v.Now, org, r.InvitedBy, v.Time)
	if d.Allowed && ok && m.Status == tenancy.StatusActive && gives(m.Role, r.Role) {
		return nil
	}
	return fault.New(fault.PermissionDenied, "whoever sent this invitation may not send it any more; ask for a new one")
}
