package wire

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/urn"
)

// The names of headers, in canonical form.
const (
	HeaderRequestID      = "X-Request-Id"
	HeaderTraceparent    = "Traceparent"
	HeaderActAs          = "X-Act-As"
	HeaderIdempotencyKey = "Idempotency-Key"
	HeaderReplayed       = "Idempotent-Replayed"
	HeaderRevision       = "Weir-Revision"
	HeaderMinRevision    = "Weir-Min-Revision"
	HeaderConsistency    = "Weir-Consistency"
	HeaderNext           = "Weir-Next"
	HeaderParentTrace    = "Weir-Parent-Trace"
	HeaderTraceScope     = "Weir-Trace-Scope"
	HeaderEnvironment    = "Weir-Environment"
)

// The names of query parameters that every read has beside those of its
// operation.
const (
	ParamAt          = "at"
	ParamConsistency = "consistency"
	// Stale is the value of consistency for a read that no quorum confirms.
	Stale = "stale"
	// Linearizable is the value of consistency that is the default.
	Linearizable = "linearizable"
)

// The bounds of an idempotency key in characters, and the least length of one
// that seals a one-time secret.
const (
	MinKey       = 16
	MaxKey       = 255
	MinSecretKey = 32
)

// ETag names a version of a thing.
func ETag(version uint64) string { return `"v` + strconv.FormatUint(version, 10) + `"` }

// ParseETag reads what ETag wrote. Weak tags are none of ours.
func ParseETag(tag string) (version uint64, ok bool) {
	text, ok := strings.CutPrefix(tag, `"v`)
	if !ok {
		return 0, false
	}
	text, ok = strings.CutSuffix(text, `"`)
	if !ok || text == "" || text[0] < '1' || text[0] > '9' {
		return 0, false
	}
	version, err := strconv.ParseUint(text, 10, 64)
	return version, err == nil
}

func badHeader(code fault.Code, name, why string) *fault.Fault {
	return fault.New(code, "%s %s", name, why).At(fault.Item{Header: name, Code: string(code), Detail: why})
}

// IfMatch reads the values of If-Match: one version, or * for any, which is 0.
func IfMatch(values []string) (uint64, *fault.Fault) {
	if len(values) == 0 {
		return 0, nil
	}
	value := strings.TrimSpace(values[0])
	if len(values) == 1 && value == "*" {
		return 0, nil
	}
	version, ok := ParseETag(value)
	if !ok || len(values) > 1 {
		return 0, badHeader(fault.MalformedRequest, "If-Match", `names one version, as "v3", or is *; weak tags are not taken`)
	}
	return version, nil
}

// NoneMatch says whether the values of If-None-Match name the version. Weak
// tags compare like strong ones here (RFC 9110, section 13.1.2).
func NoneMatch(values []string, version uint64) bool {
	for _, value := range values {
		for tag := range strings.SplitSeq(value, ",") {
			tag = strings.TrimPrefix(strings.TrimSpace(tag), "W/")
			if v, ok := ParseETag(tag); tag == "*" || (ok && v == version) {
				return true
			}
		}
	}
	return false
}

// IdempotencyKey reads the values of Idempotency-Key: an RFC 9651 string, or
// the bare characters. "" is no key. A key that seals a one-time secret must
// be long.
func IdempotencyKey(values []string, secret bool) (string, *fault.Fault) {
	if len(values) == 0 {
		return "", nil
	}
	bad := func(why string) (string, *fault.Fault) {
		return "", badHeader(fault.IdempotencyInvalid, HeaderIdempotencyKey, why)
	}
	if len(values) > 1 {
		return bad("is given more than once")
	}
	key, ok := unquote(strings.TrimSpace(values[0]))
	if !ok || strings.ContainsFunc(key, func(r rune) bool { return r < 0x21 || r > 0x7E }) {
		return bad("holds visible ASCII characters only")
	}
	if len(key) < MinKey || len(key) > MaxKey {
		return bad("has 16 to 255 characters")
	}
	if secret && len(key) < MinSecretKey {
		return bad("has at least 32 characters where the reply holds a one-time secret; a UUID is good")
	}
	return key, nil
}

// unquote reads an RFC 9651 string; what has no quotes stands for itself.
func unquote(text string) (string, bool) {
	if !strings.HasPrefix(text, `"`) {
		return text, true
	}
	var b strings.Builder
	for i := 1; i < len(text); i++ {
		switch c := text[i]; c {
		case '"':
			return b.String(), i == len(text)-1
		case '\\':
			if i++; i == len(text) || (text[i] != '"' && text[i] != '\\') {
				return "", false
			}
			b.WriteByte(text[i])
		default:
			b.WriteByte(c)
		}
	}
	return "", false
}

// QuoteKey writes an idempotency key as an RFC 9651 string.
func QuoteKey(key string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(key) + `"`
}

// MinRevision reads the values of Weir-Min-Revision; 0 is none.
func MinRevision(values []string) (uint64, *fault.Fault) {
	if len(values) == 0 {
		return 0, nil
	}
	n, err := strconv.ParseUint(values[0], 10, 64)
	if err != nil || len(values) > 1 {
		return 0, badHeader(fault.MalformedRequest, HeaderMinRevision, "is one decimal number, as Weir-Revision gave it")
	}
	return n, nil
}

// ActAs reads the values of X-Act-As: the user for whom a host acts; "" is none.
func ActAs(values []string) (urn.ID, *fault.Fault) {
	if len(values) == 0 {
		return "", nil
	}
	if len(values) > 1 {
		return "", badHeader(fault.MalformedRequest, HeaderActAs, "is given more than once")
	}
	id, f := urn.ParsePrincipal(values[0])
	if f == nil {
		f = urn.CheckPrincipalKind(id, "user")
	}
	if f != nil {
		return "", badHeader(f.Code, HeaderActAs, "names one user, by the id that creating it gave")
	}
	return id, nil
}

// Trace reads what a caller says about the cause of a call.
func Trace(h http.Header) (t op.Trace, f *fault.Fault) {
	for _, part := range traceHeaders(&t) {
		values := h[part.name]
		if len(values) == 0 {
			continue
		}
		if len(values) > 1 || !urn.IsValid(urn.ID(values[0]), part.prefixes...) {
			return op.Trace{}, badHeader(fault.MalformedRequest, part.name, "is one id, of "+part.of)
		}
		*part.id = urn.ID(values[0])
	}
	return t, nil
}

// SetTrace writes what Trace reads.
func SetTrace(h http.Header, t op.Trace) {
	for _, part := range traceHeaders(&t) {
		if *part.id != "" {
			h.Set(part.name, string(*part.id))
		}
	}
}

// traceHeader is a header that names one part of a trace.
type traceHeader struct {
	name, of string
	prefixes []string
	id       *urn.ID
}

func traceHeaders(t *op.Trace) []traceHeader {
	return []traceHeader{
		{HeaderParentTrace, "an entry of the audit trail", []string{urn.PrefixAudit}, &t.ParentID},
		{HeaderTraceScope, "a scope", []string{"scp", "org"}, &t.ScopeID},
		{HeaderEnvironment, "an environment", []string{"env"}, &t.EnvironmentID},
	}
}

// Bearer reads the token of the values of Authorization; "" is none.
func Bearer(values []string) (string, *fault.Fault) {
	switch len(values) {
	case 0:
		return "", nil
	case 1:
	default:
		return "", badHeader(fault.AmbiguousCredentials, "Authorization", "is given more than once")
	}
	scheme, token, ok := strings.Cut(values[0], " ")
	token = strings.TrimSpace(token)
	if !ok || !strings.EqualFold(scheme, "Bearer") || token == "" {
		return "", badHeader(fault.Unauthenticated, "Authorization", "is not of the form Bearer <key>")
	}
	return token, nil
}

// Accepts says whether the values of Accept admit a media type. No value
// admits everything.
func Accepts(values []string, mediaType string) bool {
	if len(values) == 0 {
		return true
	}
	mediaType, _, _ = strings.Cut(mediaType, ";")
	family, _, _ := strings.Cut(mediaType, "/")
	for _, value := range values {
		for one := range strings.SplitSeq(value, ",") {
			parts := strings.Split(one, ";")
			name := strings.ToLower(strings.TrimSpace(parts[0]))
			if (name == "*/*" || name == family+"/*" || name == mediaType) && !slices.ContainsFunc(parts[1:], zeroWeight) {
				return true
			}
		}
	}
	return false
}

// zeroWeight recognizes the parameter q=0.
func zeroWeight(parameter string) bool {
	q, ok := strings.CutPrefix(strings.ReplaceAll(strings.ToLower(parameter), " ", ""), "q=")
	return ok && strings.Trim(q, "0.") == "" && q != ""
}
