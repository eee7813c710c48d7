package fault

// Code is the stable name of a kind of fault, in kebab case. A code is never
// renamed and never means anything else.
type Code string

// The codes of the request itself.
const (
	MalformedRequest      Code = "malformed-request"
	InvalidCursor         Code = "invalid-cursor"
	AmbiguousCredentials  Code = "ambiguous-credentials"
	TenantContextMissing  Code = "tenant-context-missing"
	IdempotencyInvalid    Code = "idempotency-key-invalid"
	IdempotencyMissing    Code = "idempotency-key-missing"
	IdempotencyKeyReused  Code = "idempotency-key-reused"
	IdempotencyInProgress Code = "idempotency-in-progress"
	InvalidID             Code = "invalid-id"
	InvalidIDType         Code = "invalid-id-type"
	InvalidFormat         Code = "invalid-format"
	InvalidRole           Code = "invalid-role"
	EmptyRelationSet      Code = "empty-relation-set"
	ValidationFailed      Code = "validation-failed"
	LimitExceeded         Code = "limit-exceeded"
	MethodNotAllowed      Code = "method-not-allowed"
	NotAcceptable         Code = "not-acceptable"
	UnsupportedMediaType  Code = "unsupported-media-type"
	RequestTimeout        Code = "request-timeout"
	PayloadTooLarge       Code = "payload-too-large"
	HeaderTooLarge        Code = "header-too-large"
	PreconditionRequired  Code = "precondition-required"
)

// The codes of who calls, and what they may do.
const (
	Unauthenticated   Code = "unauthenticated"
	TokenExpired      Code = "token-expired"
	SessionRevoked    Code = "session-revoked"
	APIKeyInvalid     Code = "api-key-invalid"
	AccountLocked     Code = "account-locked"
	PasswordPolicy    Code = "password-policy"
	CSRF              Code = "csrf"
	InsufficientScope Code = "insufficient-scope"
	PermissionDenied  Code = "permission-denied"
	RoleHierarchy     Code = "role-hierarchy"
	ManagedTuple      Code = "managed-tuple"
	RollbackDenied    Code = "rollback-denied"
	ShareInvalid      Code = "share-invalid"
	ShareRevoked      Code = "share-revoked"
	ShareConsumed     Code = "share-consumed"
	ShareExpired      Code = "share-expired"
)

// The codes of the state that a call met.
const (
	NotFound            Code = "not-found"
	Erased              Code = "erased"
	StateCompacted      Code = "state-compacted"
	VersionConflict     Code = "version-conflict"
	AlreadyExists       Code = "already-exists"
	AlreadyRegistered   Code = "already-registered"
	InvalidTransition   Code = "invalid-transition"
	PreconditionFailed  Code = "precondition-failed"
	IsolationViolation  Code = "isolation-violation"
	PrincipalInactive   Code = "principal-inactive"
	RegistryFrozen      Code = "registry-frozen"
	ScopeFrozen         Code = "scope-frozen"
	LegalHold           Code = "legal-hold"
	LeaseLost           Code = "lease-lost"
	RollbackConflict    Code = "rollback-conflict"
	RollbackFailed      Code = "rollback-failed"
	ComplianceViolation Code = "compliance-violation"
	FeatureLevel        Code = "feature-level"
)

// The codes of organizations, memberships, invitations, tuples and shares.
const (
	OrgSlugFormat             Code = "org-slug-format"
	OrgSlugConflict           Code = "org-slug-conflict"
	OrgNotActive              Code = "org-not-active"
	OrgMismatch               Code = "org-mismatch"
	AlreadyTerminal           Code = "already-terminal"
	SoleOwner                 Code = "sole-owner"
	DuplicateMembership       Code = "duplicate-membership"
	MembershipNotActive       Code = "membership-not-active"
	FromNotActive             Code = "from-not-active"
	FromNotOwner              Code = "from-not-owner"
	ToNotActive               Code = "to-not-active"
	SelfTransfer              Code = "self-transfer"
	UseSelfLeave              Code = "use-self-leave"
	InvitationNotPending      Code = "invitation-not-pending"
	InvitationExpired         Code = "invitation-expired"
	IdentifierInUse           Code = "identifier-in-use"
	IdentifierBindingRequired Code = "identifier-binding-required"
	IdentifierMismatch        Code = "identifier-mismatch"
	DuplicateTuple            Code = "duplicate-tuple"
	EvaluationLimit           Code = "evaluation-limit"
	PastExpiration            Code = "past-expiration"
	ShareLifetime             Code = "share-lifetime"
)

// The codes of the cluster and its bounds.
const (
	RateLimited           Code = "rate-limited"
	QuotaExceeded         Code = "quota-exceeded"
	Internal              Code = "internal"
	TraceIntegrity        Code = "trace-integrity"
	NoLeader              Code = "no-leader"
	Draining              Code = "draining"
	ClockSkew             Code = "clock-skew"
	IndexNotReached       Code = "index-not-reached"
	Maintenance           Code = "maintenance"
	CircuitOpen           Code = "circuit-open"
	DependencyUnavailable Code = "dependency-unavailable"
	OutcomeUnknown        Code = "outcome-unknown"
	UpstreamTimeout       Code = "upstream-timeout"
	HandlerTimeout        Code = "handler-timeout"
	StorageFull           Code = "storage-full"
)
