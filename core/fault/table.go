package fault

import "slices"

// Info is what a code means outside.
type Info struct {
	Code Code
	// Status is the HTTP status.
	Status int
	// Also is a second status that some faults of the code have, or 0: 400
	// where a parameter is wrong, 422 where a place in the body is, 412 where a
	// conditional header does not hold. Fault.Status chooses.
	Also int
	// Exit is the exit status of the command line.
	Exit int
	// Title is the same for every fault of the code.
	Title string
	// Retryable faults may be gone when the same call is made again.
	Retryable bool
	// Next says what a caller can do.
	Next string
}

// The exit statuses of the command line; 0 is success.
const (
	ExitFailure  = 1
	ExitUsage    = 2
	ExitNotFound = 3
	ExitDenied   = 4
	ExitConflict = 5
	// ExitUnavailable also stands for an outcome that is not known. Making the
	// call again with the same idempotency key is safe.
	ExitUnavailable = 6
)

// table is the one list of what codes mean, by status.
var table = []Info{
	{MalformedRequest, 400, 0, ExitUsage, "Malformed request", false, "Correct the place that errors names and send it again."},
	{InvalidCursor, 400, 0, ExitUsage, "Invalid cursor", false, "Start the list again without a cursor."},
	{AmbiguousCredentials, 400, 0, ExitUsage, "Ambiguous credentials", false, "Send one kind of credential only."},
	{TenantContextMissing, 400, 0, ExitUsage, "Tenant context missing", false, "Name the organization that the call is for."},
	{IdempotencyInvalid, 400, 0, ExitUsage, "Invalid Idempotency-Key", false, "Use 16 to 255 visible ASCII characters; a UUID is good, and needed where the reply holds a secret."},
	{IdempotencyMissing, 400, 0, ExitUsage, "Idempotency-Key missing", false, "Send an Idempotency-Key header with a new UUID."},
	{InvalidID, 400, 422, ExitUsage, "Invalid id", false, "Give the id as it was shown: a prefix, an underscore and 32 lower-case hex digits."},
	{InvalidIDType, 400, 422, ExitUsage, "Id of another kind", false, "Give the id of the kind of thing that is asked for."},

	{Unauthenticated, 401, 0, ExitDenied, "Unauthenticated", false, "Send Authorization: Bearer with a key that is live."},
	{TokenExpired, 401, 0, ExitDenied, "Token expired", false, "Refresh the session, or log in again."},
	{SessionRevoked, 401, 0, ExitDenied, "Session revoked", false, "Log in again."},
	{APIKeyInvalid, 401, 0, ExitDenied, "Key not accepted", false, "Use a key that is live; this one is unknown, expired or revoked."},
	{ShareInvalid, 401, 0, ExitDenied, "Share not valid", false, "Ask whoever shared it for a new link."},
	{ShareRevoked, 401, 0, ExitDenied, "Share revoked", false, "Ask whoever shared it for a new link."},
	{ShareConsumed, 401, 0, ExitDenied, "Share used up", false, "It was good for one use; ask whoever shared it for a new link."},
	{ShareExpired, 401, 0, ExitDenied, "Share expired", false, "Ask whoever shared it for a new link."},

	{PermissionDenied, 403, 0, ExitDenied, "Permission denied", false, "Ask the owner, or an administrator of a scope that shares it, for the level that is missing; whoever made the rule that denied_by names; an administrator of the cluster for a permission."},
	{InsufficientScope, 403, 0, ExitDenied, "Insufficient scope", false, "Use a key that was made for this kind of call."},
	{CSRF, 403, 0, ExitDenied, "Cross-site request refused", false, "Load the page again and repeat the call from there."},
	{RoleHierarchy, 403, 0, ExitDenied, "Role too low", false, "Ask a member of higher rank."},
	{ManagedTuple, 403, 0, ExitDenied, "Managed tuple", false, "Change the membership; its tuple follows."},
	{RollbackDenied, 403, 0, ExitDenied, "Rollback denied", false, "Ask somebody with admin on the entity."},

	{NotFound, 404, 0, ExitNotFound, "Not found", false, "Check the id, and the key you use: what you may not see looks like what is not there."},
	{MethodNotAllowed, 405, 0, ExitUsage, "Method not allowed", false, "Use one of the methods in the Allow header."},
	{NotAcceptable, 406, 0, ExitUsage, "Not acceptable", false, "Accept application/json."},
	{RequestTimeout, 408, 0, ExitUnavailable, "Request timeout", true, "Send the body faster, or a smaller one."},

	{VersionConflict, 409, 412, ExitConflict, "Version conflict", false, "Read the thing again and repeat the change on what it is now."},
	{AlreadyExists, 409, 0, ExitConflict, "Already exists", false, "Use another name or id, or change the one that exists."},
	{AlreadyRegistered, 409, 0, ExitConflict, "Already registered", false, "Names are never freed; register a higher version."},
	{IdempotencyKeyReused, 409, 0, ExitConflict, "Idempotency-Key reused", false, "Use a new key for a new call; repeat a call with the very same input."},
	{IdempotencyInProgress, 409, 0, ExitConflict, "Call in progress", true, "Wait as long as Retry-After says, then repeat the call with the same key."},
	{InvalidTransition, 409, 0, ExitConflict, "Invalid transition", false, "Look at the state that it is in; it can't be left that way."},
	{PreconditionFailed, 409, 0, ExitConflict, "Precondition failed", false, "Do first what the detail says."},
	{IsolationViolation, 409, 0, ExitConflict, "Isolation violation", false, "Look at the lifecycle of the object first."},
	{PrincipalInactive, 409, 0, ExitConflict, "Principal inactive", false, "Only who is active can be given rights, or be acted for; have it resumed first."},
	{RegistryFrozen, 409, 0, ExitConflict, "Registry frozen", false, "Unfreeze the registry first."},
	{ScopeFrozen, 409, 0, ExitConflict, "Scope frozen", false, "Unfreeze the scope first; an archived scope stays as it is."},
	{LegalHold, 409, 0, ExitConflict, "Legal hold", false, "Nothing may be erased before the hold is lifted."},
	{LeaseLost, 409, 0, ExitConflict, "Lease lost", false, "Drop the work; somebody else has it now."},
	{RollbackConflict, 409, 0, ExitConflict, "Rollback conflict", false, "Roll back the later change first, or ask to overwrite."},
	{RollbackFailed, 409, 0, ExitConflict, "Rollback failed", false, "That entry is no change that can be taken back."},
	{ComplianceViolation, 409, 0, ExitConflict, "Compliance violation", false, "Correct what the detail names; the change would break a promise of the store."},
	{FeatureLevel, 409, 0, ExitConflict, "Feature level too low", false, "Upgrade every node, then raise the feature level."},
	{OrgSlugConflict, 409, 0, ExitConflict, "Slug in use", false, "Choose another slug."},
	{OrgNotActive, 409, 0, ExitConflict, "Organization not active", false, "Reinstate the organization first."},
	{OrgMismatch, 409, 0, ExitConflict, "Another organization", false, "Name two memberships of one organization."},
	{AlreadyTerminal, 409, 0, ExitConflict, "Already in that state", false, "Nothing is left to do; an organization that was revoked stays so."},
	{SoleOwner, 409, 0, ExitConflict, "Sole owner", false, "Make somebody else an owner first."},
	{DuplicateMembership, 409, 0, ExitConflict, "Duplicate membership", false, "Change the membership that exists."},
	{MembershipNotActive, 409, 0, ExitConflict, "Membership not active", false, "Reinstate the membership first, or add a new one."},
	{FromNotActive, 409, 0, ExitConflict, "Giver not active", false, "Ownership is given by an active membership."},
	{FromNotOwner, 409, 0, ExitConflict, "Giver not an owner", false, "Only an owner can give ownership away."},
	{ToNotActive, 409, 0, ExitConflict, "Receiver not active", false, "Ownership is given to an active membership."},
	{SelfTransfer, 409, 0, ExitConflict, "Transfer to oneself", false, "Name another membership as the receiver."},
	{UseSelfLeave, 409, 0, ExitConflict, "Own membership", false, "Leave with self-leave."},
	{InvitationNotPending, 409, 0, ExitConflict, "Invitation not pending", false, "Ask for a new invitation."},
	{InvitationExpired, 409, 0, ExitConflict, "Invitation expired", false, "Ask for a new invitation."},
	{IdentifierInUse, 409, 0, ExitConflict, "Identifier in use", false, "Accept as the user who has the identifier."},
	{IdentifierBindingRequired, 409, 0, ExitConflict, "Identifier required", false, "Give the identifier that the invitation was sent to."},
	{IdentifierMismatch, 409, 0, ExitConflict, "Another identifier", false, "Accept with the identifier that the invitation was sent to."},
	{DuplicateTuple, 409, 0, ExitConflict, "Duplicate tuple", false, "It is there already."},

	{Erased, 410, 0, ExitNotFound, "Erased", false, "The content is gone for good; the reply names the proof of it."},
	{StateCompacted, 410, 0, ExitNotFound, "State compacted", false, "That state is no longer kept; its digest is."},
	{PayloadTooLarge, 413, 0, ExitUsage, "Payload too large", false, "Send less, or split it."},
	{UnsupportedMediaType, 415, 0, ExitUsage, "Unsupported media type", false, "Send application/json."},

	{ValidationFailed, 422, 0, ExitUsage, "Validation failed", false, "Correct the places that errors names."},
	{LimitExceeded, 422, 0, ExitUsage, "Limit exceeded", false, "Send less at once; the detail names the bound."},
	{InvalidFormat, 422, 400, ExitUsage, "Invalid format", false, "Correct the places that errors names."},
	{InvalidRole, 422, 400, ExitUsage, "Invalid role", false, "Use owner, admin, editor, member, viewer or guest."},
	{EmptyRelationSet, 422, 400, ExitUsage, "No relation", false, "Name one relation at least."},
	{OrgSlugFormat, 422, 0, ExitUsage, "Invalid slug", false, "Use 1 to 63 of a-z 0-9 and hyphens, none of them at an end."},
	{PastExpiration, 422, 0, ExitUsage, "Expiration in the past", false, "Give a time to come."},
	{ShareLifetime, 422, 0, ExitUsage, "Share lifetime out of bounds", false, "Give a lifetime within the bounds that the detail names."},
	{EvaluationLimit, 422, 0, ExitUsage, "Evaluation limit", false, "Make the rules of the relation less deep."},
	{PasswordPolicy, 422, 0, ExitUsage, "Password too weak", false, "Choose another; reasons names all that is wrong with this one."},

	{PreconditionRequired, 428, 0, ExitUsage, "Precondition required", false, "Send If-Match with the version that you read."},
	{RateLimited, 429, 0, ExitUnavailable, "Rate limited", true, "Wait as long as Retry-After says."},
	{QuotaExceeded, 429, 0, ExitUnavailable, "Quota exceeded", true, "Wait for the reset, or ask for a higher quota."},
	{AccountLocked, 429, 0, ExitUnavailable, "Account locked", true, "Wait as long as Retry-After says."},
	{HeaderTooLarge, 431, 0, ExitUsage, "Header too large", false, "Send less in headers."},

	{Internal, 500, 0, ExitFailure, "Internal error", false, "Tell the operator the request id."},
	{TraceIntegrity, 500, 0, ExitFailure, "Trace integrity", false, "Stop and compare the nodes: the audit trail does not verify."},
	{NoLeader, 503, 0, ExitUnavailable, "No leader", true, "Try again shortly, at any node; nothing happened."},
	{Draining, 503, 0, ExitUnavailable, "Draining", true, "Use another node; nothing happened."},
	{ClockSkew, 503, 0, ExitUnavailable, "Clock skew", true, "Set the clock of the leading node; nothing happened."},
	{IndexNotReached, 503, 0, ExitUnavailable, "Index not reached", true, "Try again; the node has not caught up yet."},
	{Maintenance, 503, 0, ExitUnavailable, "Maintenance", true, "Try again when the maintenance is over."},
	{CircuitOpen, 503, 0, ExitUnavailable, "Circuit open", true, "Try again later; a service that is needed fails too often."},
	{DependencyUnavailable, 503, 0, ExitUnavailable, "Dependency unavailable", true, "Try again later; a service that is needed does not answer."},
	{OutcomeUnknown, 504, 0, ExitUnavailable, "Outcome unknown", true, "Repeat the call with the same Idempotency-Key: it happens once."},
	{UpstreamTimeout, 504, 0, ExitUnavailable, "Upstream timeout", true, "Try again later; a service that is needed is slow."},
	{HandlerTimeout, 504, 0, ExitUnavailable, "Handler timeout", true, "Try again, or ask for less at once."},
	{StorageFull, 507, 0, ExitUnavailable, "Storage full", true, "Free disk space on the leading node; nothing happened."},
}

var byCode = func() map[Code]Info {
	m := make(map[Code]Info, len(table))
	for _, i := range table {
		m[i.Code] = i
	}
	return m
}()

// Lookup finds what a code means. A code that is not known, of a newer node
// perhaps, means what Internal does.
func Lookup(c Code) (Info, bool) {
	i, ok := byCode[c]
	if !ok {
		return byCode[Internal], false
	}
	return i, true
}

// All lists every code, by status and then as in the documentation.
func All() []Info { return slices.Clone(table) }
