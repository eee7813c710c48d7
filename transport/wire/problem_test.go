package wire_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/transport/wire"
)

func TestProblemKeepsTheFault(t *testing.T) {
	for _, row := range []struct {
		name   string
		f      *fault.Fault
		status int
		header map[string]string
	}{
		{"a plain one", fault.New(fault.NotFound, "nothing <here>"), 404, nil},
		{"with members", fault.New(fault.VersionConflict, "changed").With("current", int64(7)).With("expected", int64(3)), 409, nil},
		{"with a huge number", fault.New(fault.VersionConflict, "changed").With("current", uint64(18446744073709551615)), 409, nil},
		{"a precondition", fault.New(fault.VersionConflict, "changed").Precondition(), 412, nil},
		{"with places", fault.New(fault.InvalidID, "bad").At(fault.Item{Parameter: "id", Code: "invalid-id", Detail: "bad"}), 400, nil},
		{"a list", fault.New(fault.PasswordPolicy, "weak").With("reasons", []string{"short"}), 422, nil},
		{"not authenticated", fault.New(fault.Unauthenticated, "who"), 401, map[string]string{"WWW-Authenticate": `Bearer realm="weir"`}},
		{"a dead key", fault.New(fault.APIKeyInvalid, "dead"), 401, map[string]string{"WWW-Authenticate": `Bearer realm="weir", error="invalid_token"`}},
		{"wait", fault.New(fault.RateLimited, "slow").With("retry_after", int64(9)), 429, map[string]string{"Retry-After": "9"}},
		{"not JSON", fault.New(fault.UnsupportedMediaType, "xml"), 415, map[string]string{"Accept-Post": "application/json"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			w := httptest.NewRecorder()
			if err := wire.WriteProblem(w, row.f, "request-1"); err != nil {
				t.Fatal(err)
			}
			if w.Code != row.status || w.Header().Get("Content-Type") != wire.ProblemType {
				t.Errorf("got %d, %v", w.Code, w.Header())
			}
			for name, want := range row.header {
				if got := w.Header().Get(name); got != want {
					t.Errorf("%s is %q, want %q", name, got, want)
				}
			}
			got := wire.ReadProblem(w.Code, w.Header(), w.Body.Bytes())
			if diff := cmp.Diff(row.f, got, cmp.AllowUnexported(fault.Fault{})); diff != "" {
				t.Errorf("it came back otherwise (-sent +read):\n%s", diff)
			}
		})
	}
}

func TestProblemMembersCannotReplaceItsOwn(t *testing.T) {
	b, err := wire.Problem(fault.New(fault.NotFound, "gone").With("status", int64(200)), "request-1")
	if err != nil {
		t.Fatal(err)
	}
	want := `{"type":"/problems/not-found","title":"Not found","status":404,"detail":"gone","instance":"urn:request:request-1","code":"not-found","request_id":"request-1","retryable":false}`
	if string(b) != want {
		t.Errorf("got %s", b)
	}
}

func TestReadProblemOfOthers(t *testing.T) {
	for _, row := range []struct {
		name   string
		status int
		body   string
		code   fault.Code
	}{
		{"a proxy without a server", 502, "<html>Bad Gateway</html>", fault.DependencyUnavailable},
		{"a proxy that is asked too much", 429, "", fault.RateLimited},
		{"a wall before the server", 401, `{"error":"login"}`, fault.Unauthenticated},
		{"another service", 404, "no", fault.NotFound},
		{"a redirect", 302, "", fault.MalformedRequest},
		{"a code of a newer node", 409, `{"code":"brand-new","detail":"x"}`, "brand-new"},
	} {
		t.Run(row.name, func(t *testing.T) {
			f := wire.ReadProblem(row.status, http.Header{"Retry-After": {"4"}}, []byte(row.body))
			if f.Code != row.code {
				t.Errorf("got %v", f)
			}
			if n, ok := wire.RetryAfter(f); !ok || n != 4 {
				t.Errorf("Retry-After is lost: %d, %t", n, ok)
			}
		})
	}
}

func FuzzReadProblem(f *testing.F) {
	f.Add(409, []byte(`{"code":"version-conflict","current":7,"errors":[{"pointer":"/a"}]}`))
	f.Add(500, []byte(`{"code":"internal","list":["a",1],"deep":{"a":null}}`))
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		if got := wire.ReadProblem(status, http.Header{}, body); got.Code == "" {
			t.Errorf("a fault without a code: %+v", got)
		}
	})
}
