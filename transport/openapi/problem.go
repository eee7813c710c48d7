package openapi

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/transport/wire"
)

// codes are the faults that an operation can end with: its own, and those of
// everything that a call of its kind goes through.
func codes(o *op.Operation) []fault.Code {
	all := slices.Clone(o.Faults)
	if o.Kind == op.KindCommand {
		all = append(all, commandCodes()...)
	} else {
		all = append(all, fault.MalformedRequest, fault.NotAcceptable, fault.Internal, fault.NoLeader, fault.IndexNotReached, fault.HandlerTimeout)
	}
	if o.Method != http.MethodGet {
		all = append(all, bodyCodes()...)
	}
	if authenticated(o) {
		all = append(all, callerCodes()...)
	}
	if slices.ContainsFunc(o.Input.Fields, func(f *op.Field) bool { return f.Path }) {
		all = append(all, fault.NotFound)
	}
	if slices.ContainsFunc(o.Input.Fields, func(f *op.Field) bool { return f.Format == "id" }) {
		all = append(all, fault.InvalidID, fault.InvalidIDType)
	}
	if o.Versioned {
		all = append(all, fault.VersionConflict)
	}
	if o.Paged() {
		all = append(all, fault.InvalidCursor)
	}
	return all
}

func commandCodes() []fault.Code {
	return []fault.Code{
		fault.MalformedRequest, fault.NotAcceptable, fault.IdempotencyInvalid, fault.IdempotencyKeyReused,
		fault.Internal, fault.NoLeader, fault.OutcomeUnknown,
	}
}

// callerCodes are the faults of who calls, and for whom.
func callerCodes() []fault.Code {
	return []fault.Code{
		fault.Unauthenticated, fault.APIKeyInvalid, fault.PermissionDenied, fault.InsufficientScope,
		fault.NotFound, fault.InvalidID, fault.InvalidIDType, fault.PrincipalInactive,
	}
}

func bodyCodes() []fault.Code {
	return []fault.Code{fault.RequestTimeout, fault.PayloadTooLarge, fault.UnsupportedMediaType, fault.ValidationFailed}
}

// problems are the answers of a list of codes, by status.
func (b *builder) problems(codes []fault.Code) object {
	byStatus := map[int][]fault.Info{}
	slices.Sort(codes)
	for _, code := range slices.Compact(codes) {
		info, _ := fault.Lookup(code)
		byStatus[info.Status] = append(byStatus[info.Status], info)
		if info.Also != 0 {
			byStatus[info.Also] = append(byStatus[info.Also], info)
		}
	}
	all := object{}
	for status, infos := range byStatus {
		var words []string
		examples := object{}
		for _, info := range infos {
			words = append(words, "`"+string(info.Code)+"`: "+info.Next)
			examples[string(info.Code)] = object{"$ref": "#/components/examples/" + string(info.Code)}
			b.examples[string(info.Code)] = object{"summary": info.Title, "value": example(info)}
		}
		all[strconv.Itoa(status)] = object{"description": strings.Join(words, "\n\n"), "content": object{wire.ProblemType: object{
			"schema": object{"$ref": "#/components/schemas/Problem"}, "examples": examples,
		}}}
	}
	return all
}

func example(info fault.Info) object {
	const id = "01890a5d-0c1e-7000-a000-000000000009"
	return object{
		"type": wire.ProblemPath + string(info.Code), "title": info.Title, "status": info.Status, "detail": info.Next,
		"instance": "urn:request:" + id, "code": info.Code, "request_id": id, "retryable": info.Retryable,
	}
}

func problemSchema() object {
	text := func(doc string) object { return object{"type": "string", "description": doc} }
	known := []string{}
	for _, info := range fault.All() {
		known = append(known, string(info.Code))
	}
	return object{
		"type":     "object",
		"required": []string{"type", "title", "status", "detail", "code", "retryable"},
		"properties": object{
			"type":       object{"type": "string", "format": "uri-reference", "description": "a page about the code"},
			"title":      text("the same for every problem of the code"),
			"status":     object{"type": "integer", "minimum": 400, "maximum": 599, "description": "the HTTP status"},
			"detail":     text("what is wrong here, and what to do"),
			"instance":   object{"type": "string", "format": "uri-reference", "description": "the request"},
			"code":       object{"type": "string", "description": "stable; match on this", "examples": known[:3]},
			"request_id": text("links the answer to logs and audit trail"),
			"retryable":  object{"type": "boolean", "description": "whether the same call may succeed later"},
			"errors": object{"type": "array", "description": "each place that is wrong", "items": object{
				"type": "object", "required": []string{"code", "detail"},
				"properties": object{
					"pointer": text("a JSON Pointer into the body"), "parameter": text("a parameter of path or query"),
					"header": text("a header"), "code": text("what kind of mistake"), "detail": text("what is wrong"),
				},
			}},
		},
	}
}
