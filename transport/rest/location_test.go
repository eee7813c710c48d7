package rest_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/weir-store/weir/core"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/transport/rest"
)

// What was created is where its kind of things is, whatever it was made below
// and whatever stands beside it in the answer.
func TestLocation(t *testing.T) {
	const digits = "01890a5d0c1e7000a000000000000001"
	for _, row := range []struct{ path, answer, want string }{
		{"/v1/objects", `{"id":"obj_` + digits + `"}`, "/v1/objects/obj_" + digits},
		{"/v1/principals", `{"id":"bob"}`, "/v1/principals/bob"},
		{"/v1/principals", `{"id":"usr_` + digits + `"}`, "/v1/principals/usr_" + digits},
		{"/v1/users", `{"id":"usr_` + digits + `"}`, "/v1/users/usr_" + digits},
		{"/v1/principals/bob/keys", `{"key":{"id":"pat_` + digits + `"},"token":"secret"}`, "/v1/keys/pat_" + digits},
		{"/v1/orgs", `{"org":{"id":"org_` + digits + `"},"owner_membership":{"id":"mem_` + digits + `"}}`, "/v1/orgs/org_" + digits},
		{"/v1/orgs/org_" + digits + "/members", `{"id":"mem_` + digits + `"}`, "/v1/memberships/mem_" + digits},
		{"/v1/orgs/org_" + digits + "/invitations", `{"id":"inv_` + digits + `","token":"secret"}`, "/v1/invitations/inv_" + digits},
		{"/v1/scopes", `{"id":"scp_` + digits + `"}`, "/v1/scopes/scp_" + digits},
		{"/v1/scopes/scp_" + digits + "/members/bulk", `{"items":[]}`, ""},
		{"/v1/shares", `{"share":{"id":"shr_` + digits + `"},"token":"secret"}`, "/v1/shares/shr_" + digits},
		{"/v1/tuples", `{"id":"tup_` + digits + `"}`, ""},
		{"/v1/rules/rul_" + digits + "/bindings", `{"id":"bnd_` + digits + `"}`, ""},
	} {
		h := serve(t, func(c *rest.Config) {
			c.Catalog, c.Runner = op.NewCatalog(core.Sets()...), &stub{reply: &op.Reply{Output: op.JSON(row.answer)}}
		})
		r := httptest.NewRequest(http.MethodPost, row.path, strings.NewReader(`{}`))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Authorization", bearer)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if got := w.Header().Get("Location"); w.Code != 201 || got != row.want {
			t.Errorf("POST %s: %d at %q, want %q: %s", row.path, w.Code, got, row.want, w.Body)
		}
	}
}
