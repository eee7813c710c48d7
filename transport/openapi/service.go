package openapi

import (
	"net/http"
	"strconv"

	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/transport/wire"
)

// service adds the routes that are of no operation and need no key.
func (b *builder) service() {
	code := object{
		"name": "code", "in": "path", "required": true, "description": "the code of a problem",
		"schema": object{"type": "string"}, "example": fault.NotFound,
	}
	for _, r := range []struct {
		path, id, summary, mediaType string
		parameters                   []object
		faults                       []fault.Code
	}{
		{"/livez", "livez", "Say whether this node is alive; restart it if not.", wire.JSONType, nil, probeCodes()},
		{"/readyz", "readyz", "Say whether this node should be sent calls.", wire.JSONType, nil, probeCodes()},
		{"/startupz", "startupz", "Say whether this node has started.", wire.JSONType, nil, probeCodes()},
		{"/metrics", "metrics", "Give the measurements of this node, for Prometheus.", "text/plain", nil, nil},
		{"/openapi.json", "openapi", "Give this document.", wire.JSONType, nil, nil},
		{"/v1/openapi.json", "openapi.alias1", "Give this document.", wire.JSONType, nil, nil},
		{wire.ProblemPath + "{code}", "problem", "Explain a code.", "text/html", []object{code}, []fault.Code{fault.NotFound}},
	} {
		responses := b.problems(r.faults)
		responses[strconv.Itoa(http.StatusOK)] = object{"description": r.summary, "content": object{r.mediaType: object{"schema": object{}}}}
		operation := object{
			"operationId": r.id, "tags": []string{"service"}, "summary": r.summary, "security": []object{}, "responses": responses,
		}
		if len(r.parameters) > 0 {
			operation["parameters"] = r.parameters
		}
		b.add(http.MethodGet, r.path, operation)
	}
}

func probeCodes() []fault.Code {
	return []fault.Code{fault.NoLeader, fault.Draining, fault.DependencyUnavailable}
}
