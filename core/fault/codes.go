package fault

// Code is the stable name of a kind of fault, in kebab case. A code is never
// renamed and never means anything else.
type Code string

// Info is what a code means outside.
type Info struct {
	Code Code
	// Status is the HTTP status.
	Status int
	// Exit is the exit status of the command line.
	Exit int
	// Title is the same for every fault of the code.
	Title string
	// Retryable faults may be gone when the same call is made again.
	Retryable bool
	// Next says what a caller can do.
	Next string
}

// The exit statuses of the command line.
const (
	ExitFailure     = 1
	ExitUsage       = 2
	ExitUnavailable = 3
	ExitDenied      = 4
	ExitNotFound    = 5
	ExitConflict    = 6
	ExitUnknown     = 7
)

// The codes.
const (
	MalformedRequest     Code = "malformed-request"
	InvalidCursor        Code = "invalid-cursor"
	AmbiguousCredentials Code = "ambiguous-credentials"
	IdempotencyInvalid   Code = "idempotency-key-invalid"
	IdempotencyMissing   Code = "idempotency-key-missing"
	InvalidID            Code = "invalid-id"
	InvalidIDType        Code = "invalid-id-type"
	InvalidRole          Code = "invalid-role"
	Unauthenticated      Code = "unauthenticated"
	PermissionDenied     Code = "permission-denied"
	RollbackDenied       Code = "rollback-denied"
	NotFound             Code = "not-found"
	MethodNotAllowed     Code = "method-not-allowed"
	NotAcceptable        Code = "not-acceptable"
	RequestTimeout       Code = "request-timeout"
	VersionConflict      Code = "version-conflict"
	AlreadyExists        Code = "already-exists"
	AlreadyRegistered    Code = "already-registered"
	IdempotencyKeyReused Code = "idempotency-key-reused"
	InvalidTransition    Code = "invalid-transition"
	IsolationViolation   Code = "isolation-violation"
	PrincipalInactive    Code = "principal-inactive"
	RegistryFrozen       Code = "registry-frozen"
	ScopeFrozen          Code = "scope-frozen"
	SoleOwner            Code = "sole-owner"
	DuplicateMembership  Code = "duplicate-membership"
	PreconditionFailed   Code = "precondition-failed"
	RollbackConflict     Code = "rollback-conflict"
	RollbackFailed       Code = "rollback-failed"
	FeatureLevel         Code = "feature-level"
	StateCompacted       Code = "state-compacted"
	PayloadTooLarge      Code = "payload-too-large"
	UnsupportedMediaType Code = "unsupported-media-type"
	ValidationFailed     Code = "validation-failed"
	LimitExceeded        Code = "limit-exceeded"
	PreconditionRequired Code = "precondition-required"
	RateLimited          Code = "rate-limited"
	QuotaExceeded        Code = "quota-exceeded"
	HeaderTooLarge       Code = "header-too-large"
	Internal             Code = "internal"
	NoLeader             Code = "no-leader"
	Draining             Code = "draining"
	ClockSkew            Code = "clock-skew"
	IndexNotReached      Code = "index-not-reached"
	Maintenance          Code = "maintenance"
	OutcomeUnknown       Code = "outcome-unknown"
	HandlerTimeout       Code = "handler-timeout"
	StorageFull          Code = "storage-full"
	TraceIntegrity       Code = "trace-integrity"
)

// table is the one list of codes, by status.
var table = []Info{
	{MalformedRequest, 400, ExitUsage, "Malformed request", false, "Correct the place that errors names and send it again."},
	{InvalidCursor, 400, ExitUsage, "Invalid cursor", false, "Start the list again without a cursor."},
	{AmbiguousCredentials, 400, ExitUsage, "Ambiguous credentials", false, "Send one kind of credential only."},
	{IdempotencyInvalid, 400, ExitUsage, "Invalid Idempotency-Key", false, "Use 16 to 255 visible ASCII characters; a UUID is good, and needed where the reply holds a secret."},
	{IdempotencyMissing, 400, ExitUsage, "Idempotency-Key missing", false, "Send an Idempotency-Key header with a new UUID."},
	{InvalidID, 400, ExitUsage, "Invalid id", false, "Give the id as it was shown: a prefix, an underscore and 32 lower-case hex digits."},
	{InvalidIDType, 400, ExitUsage, "Id of another kind", false, "Give the id of the kind of thing that is asked for."},
	{Unauthenticated, 401, ExitDenied, "Unauthenticated", false, "Send Authorization: Bearer with a key that is live."},
	{PermissionDenied, 403, ExitDenied, "Permission denied", false, "Ask the owner, or an administrator of a scope that shares it, for the level that is missing."},
	{RollbackDenied, 403, ExitDenied, "Rollback denied", false, "Ask somebody with admin on the entity."},
	{NotFound, 404, ExitNotFound, "Not found", false, "Check the id, and the key you use: what you may not see looks like what is not there."},
	{MethodNotAllowed, 405, ExitUsage, "Method not allowed", false, "Use one of the methods in the Allow header."},
	{NotAcceptable, 406, ExitUsage, "Not acceptable", false, "Accept application/json."},
	{RequestTimeout, 408, ExitUnavailable, "Request timeout", true, "Send the body faster, or a smaller one."},
	{VersionConflict, 409, ExitConflict, "Version conflict", false, "Read the thing again and repeat the change on what it is now."},
	{AlreadyExists, 409, ExitConflict, "Already exists", false, "Use another name or id, or change the one that exists."},
	{AlreadyRegistered, 409, ExitConflict, "Already registered", false, "Names are never freed; register a higher version."},
	{IdempotencyKeyReused, 409, ExitConflict, "Idempotency-Key reused", false, "Use a new key for a new call; repeat a call with the very same input."},
	{InvalidTransition, 409, ExitConflict, "Invalid transition", false, "Look at the state that it is in; it can't be left that way."},
	{IsolationViolation, 409, ExitConflict, "Isolation violation", false, "Look at the lifecycle of the object first."},
	{PrincipalInactive, 409, ExitConflict, "Principal inactive", false, "Only active principals can be given rights."},
	{RegistryFrozen, 409, ExitConflict, "Registry frozen", false, "Unfreeze the registry first."},
	{ScopeFrozen, 409, ExitConflict, "Scope frozen", false, "Unfreeze the scope first; an archived scope stays as it is."},
	{SoleOwner, 409, ExitConflict, "Sole owner", false, "Make somebody else an owner first."},
	{DuplicateMembership, 409, ExitConflict, "Duplicate membership", false, "Change the membership that exists."},
	{PreconditionFailed, 409, ExitConflict, "Precondition failed", false, "Do first what the detail says."},
	{RollbackConflict, 409, ExitConflict, "Rollback conflict", false, "Roll back the later change first, or ask to overwrite."},
	{RollbackFailed, 409, ExitConflict, "Rollback failed", false, "That entry is no change that can be taken back."},
	{FeatureLevel, 409, ExitConflict, "Feature level too low", false, "Upgrade every node, then raise the feature level."},
	{StateCompacted, 410, ExitNotFound, "State compacted", false, "That state is no longer kept; its digest is."},
	{PayloadTooLarge, 413, ExitUsage, "Payload too large", false, "Send less, or split it."},
	{UnsupportedMediaType, 415, ExitUsage, "Unsupported media type", false, "Send application/json."},
	{InvalidRole, 422, ExitUsage, "Invalid role", false, "Use owner, admin, editor, member, viewer or guest."},
	{ValidationFailed, 422, ExitUsage, "Validation failed", false, "Correct the places that errors names."},
	{LimitExceeded, 422, ExitUsage, "Limit exceeded", false, "Split the call."},
	{PreconditionRequired, 428, ExitUsage, "Precondition required", false, "Send If-Match with the version that you read."},
	{RateLimited, 429, ExitUnavailable, "Rate limited", true, "Wait as long as Retry-After says."},
	{QuotaExceeded, 429, ExitUnavailable, "Quota exceeded", true, "Wait for the reset, or ask for a higher quota."},
	{HeaderTooLarge, 431, ExitUsage, "Header too large", false, "Send less in headers."},
	{Internal, 500, ExitFailure, "Internal error", false, "Tell the operator the request id."},
	{TraceIntegrity, 500, ExitFailure, "Trace integrity", false, "Stop and compare the nodes: the audit trail does not verify."},
	{NoLeader, 503, ExitUnavailable, "No leader", true, "Try again shortly, at any node; nothing happened."},
	{Draining, 503, ExitUnavailable, "Draining", true, "Use another node; nothing happened."},
	{ClockSkew, 503, ExitUnavailable, "Clock skew", true, "Set the clock of the leading node; nothing happened."},
	{IndexNotReached, 503, ExitUnavailable, "Index not reached", true, "Try again; the node has not caught up yet."},
	{Maintenance, 503, ExitUnavailable, "Maintenance", true, "Try again when the maintenance is over."},
	{OutcomeUnknown, 504, ExitUnknown, "Outcome unknown", true, "Repeat the call with the same Idempotency-Key: it happens once."},
	{HandlerTimeout, 504, ExitUnavailable, "Handler timeout", true, "Try again, or ask for less at once."},
	{StorageFull, 507, ExitUnavailable, "Storage full", true, "Free disk space on the leading node; nothing happened."},
}

var byCode = func() map[Code]Info {
	m := make(map[Code]Info, len(table))
	for _, i := range table {
		m[i.Code] = i
	}
	return m
}()

// Lookup finds what a code means; what it does not know is internal.
func Lookup(c Code) (Info, bool) {
	i, ok := byCode[c]
	if !ok {
		return byCode[Internal], false
	}
	return i, true
}

// All lists every code, by status.
func All() []Info { return append([]Info(nil), table...) }
