package key

// Space is a set of keys with one layout. Its ID is their first byte and is
// never used for anything else.
type Space struct {
	ID   byte
	Name string
	// Volatile spaces keep the newest value only; their past cannot be read.
	Volatile bool
}

// The key spaces, sixteen to a layer. The layout of each is drawn in
// storage/DESIGN.md.
var (
	Meta            = declare(Space{ID: 0x01, Name: "meta", Volatile: true})
	Setting         = declare(Space{ID: 0x02, Name: "setting"})
	Idempotency     = declare(Space{ID: 0x03, Name: "idempotency", Volatile: true})
	IdempotencyTime = declare(Space{ID: 0x04, Name: "idempotency_time", Volatile: true})

	Registry       = declare(Space{ID: 0x10, Name: "registry"})
	RegistryURN    = declare(Space{ID: 0x11, Name: "registry_urn"})
	RegistryKind   = declare(Space{ID: 0x12, Name: "registry_kind"})
	RegistryTarget = declare(Space{ID: 0x13, Name: "registry_target"})

	RegistryNamespace = declare(Space{ID: 0x14, Name: "registry_namespace"})
	RegistryTag       = declare(Space{ID: 0x15, Name: "registry_tag"})
	RegistryLifecycle = declare(Space{ID: 0x16, Name: "registry_lifecycle"})
	RegistryChange    = declare(Space{ID: 0x17, Name: "registry_change"})
	RegistryCustom    = declare(Space{ID: 0x18, Name: "registry_custom"})

	Principal           = declare(Space{ID: 0x20, Name: "principal"})
	PrincipalKind       = declare(Space{ID: 0x21, Name: "principal_kind"})
	Credential          = declare(Space{ID: 0x22, Name: "credential"})
	CredentialPrincipal = declare(Space{ID: 0x23, Name: "credential_principal"})
	PrincipalLifecycle  = declare(Space{ID: 0x24, Name: "principal_lifecycle"})
	PrincipalPermission = declare(Space{ID: 0x25, Name: "principal_permission"})
	Relationship        = declare(Space{ID: 0x26, Name: "relationship"})
	RelationshipID      = declare(Space{ID: 0x27, Name: "relationship_id"})
	RelationshipChild   = declare(Space{ID: 0x28, Name: "relationship_child"})
	Identifier          = declare(Space{ID: 0x29, Name: "identifier"})
	IdentifierPrincipal = declare(Space{ID: 0x2A, Name: "identifier_principal"})

	Object        = declare(Space{ID: 0x30, Name: "object"})
	ObjectOwner   = declare(Space{ID: 0x31, Name: "object_owner"})
	ObjectVersion = declare(Space{ID: 0x32, Name: "object_version"})
	Tombstone     = declare(Space{ID: 0x33, Name: "tombstone"})
	ObjectType    = declare(Space{ID: 0x34, Name: "object_type"})

	Scope            = declare(Space{ID: 0x40, Name: "scope"})
	ScopeParent      = declare(Space{ID: 0x41, Name: "scope_parent"})
	Membership       = declare(Space{ID: 0x42, Name: "membership"})
	MembershipOwner  = declare(Space{ID: 0x43, Name: "membership_owner"})
	MembershipScope  = declare(Space{ID: 0x44, Name: "membership_scope"})
	Projection       = declare(Space{ID: 0x45, Name: "projection"})
	ProjectionObject = declare(Space{ID: 0x46, Name: "projection_object"})
	MembershipExpiry = declare(Space{ID: 0x47, Name: "membership_expiry"})
	MembershipID     = declare(Space{ID: 0x48, Name: "membership_id"})
	ProjectionID     = declare(Space{ID: 0x49, Name: "projection_id"})
	ProjectionType   = declare(Space{ID: 0x4A, Name: "projection_type"})

	MembershipTuple        = declare(Space{ID: 0x4B, Name: "membership_tuple"})
	MembershipTupleSubject = declare(Space{ID: 0x4C, Name: "membership_tuple_subject"})
	MembershipTupleObject  = declare(Space{ID: 0x4D, Name: "membership_tuple_object"})
	OrgSlug                = declare(Space{ID: 0x4E, Name: "org_slug"})
	MembershipPrincipal    = declare(Space{ID: 0x4F, Name: "membership_principal"})

	Rule              = declare(Space{ID: 0x50, Name: "rule"})
	RulePriority      = declare(Space{ID: 0x51, Name: "rule_priority"})
	RuleVersion       = declare(Space{ID: 0x52, Name: "rule_version"})
	RuleBinding       = declare(Space{ID: 0x53, Name: "rule_binding"})
	RuleBindingRule   = declare(Space{ID: 0x54, Name: "rule_binding_rule"})
	RuleBindingTarget = declare(Space{ID: 0x55, Name: "rule_binding_target"})
	RuleRoster        = declare(Space{ID: 0x56, Name: "rule_roster"})
	RuleTally         = declare(Space{ID: 0x57, Name: "rule_tally"})

	Audit            = declare(Space{ID: 0x60, Name: "audit"})
	AuditTile        = declare(Space{ID: 0x61, Name: "audit_tile"})
	AuditCheckpoint  = declare(Space{ID: 0x62, Name: "audit_checkpoint"})
	AuditKey         = declare(Space{ID: 0x63, Name: "audit_key"})
	AuditReads       = declare(Space{ID: 0x64, Name: "audit_reads"})
	AuditReadPolicy  = declare(Space{ID: 0x65, Name: "audit_read_policy"})
	AuditWitness     = declare(Space{ID: 0x66, Name: "audit_witness"})
	AuditCosignature = declare(Space{ID: 0x67, Name: "audit_cosignature"})
	AuditLink        = declare(Space{ID: 0x6A, Name: "audit_link"})

	Reversal       = declare(Space{ID: 0x70, Name: "reversal"})
	AuditBase      = declare(Space{ID: 0x6B, Name: "audit_base"})
	AuditHold      = declare(Space{ID: 0x6C, Name: "audit_hold"})
	AuditExport    = declare(Space{ID: 0x6D, Name: "audit_export"})
	AuditRetention = declare(Space{ID: 0x6E, Name: "audit_retention"})

	// Layer 4 goes on here: what grants without a place of its own.
	Tuple             = declare(Space{ID: 0x71, Name: "tuple"})
	TupleID           = declare(Space{ID: 0x72, Name: "tuple_id"})
	TupleSubject      = declare(Space{ID: 0x73, Name: "tuple_subject"})
	TupleObject       = declare(Space{ID: 0x74, Name: "tuple_object"})
	TupleRule         = declare(Space{ID: 0x75, Name: "tuple_rule"})
	Invitation        = declare(Space{ID: 0x76, Name: "invitation"})
	InvitationOrg     = declare(Space{ID: 0x77, Name: "invitation_org"})
	InvitationPending = declare(Space{ID: 0x78, Name: "invitation_pending"})
	InvitationInviter = declare(Space{ID: 0x79, Name: "invitation_inviter"})
	InvitationExpiry  = declare(Space{ID: 0x7A, Name: "invitation_expiry"})
	Share             = declare(Space{ID: 0x7B, Name: "share"})
	ShareDigest       = declare(Space{ID: 0x7C, Name: "share_digest"})
	ShareObject       = declare(Space{ID: 0x7D, Name: "share_object"})

	// These lie in a node's own index, never in the state.
	IndexMark    = declare(Space{ID: 0xF0, Name: "index_mark", Volatile: true})
	IndexPosting = declare(Space{ID: 0xF1, Name: "index_posting"})
)

var table [256]*Space

func declare(s Space) Space {
	if table[s.ID] != nil || s.ID == 0 || s.ID == 0xFF {
		panic("key: space " + s.Name + " has a byte that is taken or reserved")
	}
	table[s.ID] = &s
	return s
}

// Spaces lists every space by its byte.
func Spaces() []Space {
	var all []Space
	for _, s := range table {
		if s != nil {
			all = append(all, *s)
		}
	}
	return all
}

// Volatile says whether an encoded key lies in a volatile space.
func Volatile(k []byte) bool {
	return len(k) > 0 && table[k[0]] != nil && table[k[0]].Volatile
}
