package tuple

import (
	"github.com/weir-store/weir/core/identity"
	"github.com/weir-store/weir/core/objects"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/tenancy"
	"github.com/weir-store/weir/core/urn"
)

// Why a tuple does not count.
const (
	cutEnded     = "revoked"
	cutSuspended = "suspended"
	cutArchived  = "archived"
	cutStay      = "not in the organization"
	cutDeleted   = "tombstoned"
)

// InForce says whether the tuple counts at a time.
func (r *Row) InForce(v state.View, at state.Time) bool { return r.ClosedBy(v, at) == "" }

// ClosedBy says why the tuple does not count at a time; "" if it does: it has
// not ended, its stay goes on, its subject acts and its object shares.
func (r *Row) ClosedBy(v state.View, at state.Time) string {
	switch {
	case r.EndedAt != 0:
		return cutEnded
	case !r.stays(v, at):
		return cutStay
	}
	return closedBy(v, r.SubjectID, r.ObjectID)
}

// closedBy says why nothing of a subject counts, or nothing on an object.
func closedBy(v state.View, subject, object urn.ID) string {
	if isPrincipal(subject) && !identity.IsActive(v, subject) {
		return cutSuspended
	}
	switch {
	case isScope(object):
		return unshared(v, object)
	case kind(object) == urn.PrefixObject:
		if h, ok := objects.Find(v, object); !ok || h.Lifecycle == objects.Tombstoned {
			return cutDeleted
		}
	}
	return ""
}

// unshared says why what is granted in a scope does not count: the scope has
// ended or is suspended, or the organization that it lies below.
func unshared(v state.View, scope urn.ID) string {
	h, ok := tenancy.Find(v, scope)
	if !ok {
		return cutArchived
	}
	root := h
	for root.ParentID != "" {
		if root, ok = tenancy.Find(v, root.ParentID); !ok {
			return cutArchived
		}
	}
	switch {
	case h.Archived, root.Kind == tenancy.KindOrg && root.Archived:
		return cutArchived
	case h.Suspended, root.Suspended:
		return cutSuspended
	}
	return ""
}

// stays says whether the stay that the tuple came with goes on: the subject's
// membership of now is active, and of the same stay.
func (r *Row) stays(v state.View, at state.Time) bool {
	if r.Stay == "" {
		return true
	}
	m, ok := current(v, r.Stay, at)
	return ok && m.Status == tenancy.StatusActive && m.Root == r.Stay
}

// over says whether the stay that the tuple came with has ended for good.
func (r *Row) over(v state.View, at state.Time) bool {
	if r.Stay == "" {
		return false
	}
	m, ok := current(v, r.Stay, at)
	return !ok || m.Root != r.Stay
}

// current is the membership by which whoever began a stay is in that
// organization now; suspended while the organization is.
func current(v state.View, stay urn.ID, at state.Time) (*tenancy.Membership, bool) {
	first, ok := tenancy.FindMembership(v, stay)
	if !ok {
		return nil, false
	}
	org, ok := tenancy.Find(v, first.ScopeID)
	if !ok {
		return nil, false
	}
	m, ok := tenancy.Current(v, org, first.PrincipalID, at)
	if ok && !org.Shares() {
		m.Status = tenancy.StatusSuspended
	}
	return m, ok
}

// grants says whether an active membership counts as a tuple at a time: by
// itself, by its member and scope, and below an organization by the stay there.
func grants(v state.View, m *tenancy.Membership, at state.Time) bool {
	return isPrincipal(m.PrincipalID) && m.Effective(v, at).Status == tenancy.StatusActive && closedBy(v, m.PrincipalID, m.ScopeID) == ""
}
