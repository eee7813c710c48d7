package wire_test

import (
	"strings"
	"testing"

	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/transport/wire"
)

func TestIdempotencyKey(t *testing.T) {
	for _, row := range []struct {
		name   string
		values []string
		secret bool
		key    string
		ok     bool
	}{
		{"none", nil, true, "", true},
		{"bare", []string{"0123456789abcdef"}, false, "0123456789abcdef", true},
		{"quoted", []string{`"0123456789\"bc\\ef"`}, false, `0123456789"bc\ef`, true},
		{"too short", []string{"0123456789abcde"}, false, "", false},
		{"255 characters", []string{strings.Repeat("k", 255)}, false, strings.Repeat("k", 255), true},
		{"256 characters", []string{strings.Repeat("k", 256)}, false, "", false},
		{"a space inside", []string{`"0123456789 abcdef"`}, false, "", false},
		{"no ASCII", []string{"0123456789abcdeö"}, false, "", false},
		{"a quote that does not end", []string{`"0123456789abcdef`}, false, "", false},
		{"something after the quotes", []string{`"0123456789abcdef"x`}, false, "", false},
		{"an escape of nothing", []string{`"0123456789abc\def"`}, false, "", false},
		{"twice", []string{"0123456789abcdef", "0123456789abcdef"}, false, "", false},
		{"31 for a secret", []string{strings.Repeat("k", 31)}, true, "", false},
		{"a UUID for a secret", []string{"01890a5d-0c1e-7000-a000-000000000001"}, true, "01890a5d-0c1e-7000-a000-000000000001", true},
	} {
		t.Run(row.name, func(t *testing.T) {
			key, f := wire.IdempotencyKey(row.values, row.secret)
			if (f == nil) != row.ok || key != row.key {
				t.Fatalf("got %q, %v", key, f)
			}
			if f != nil && (f.Code != fault.IdempotencyInvalid || f.Status() != 400) {
				t.Errorf("got %v with status %d", f, f.Status())
			}
		})
	}
}

func TestQuoteKeyIsUndone(t *testing.T) {
	key := `a"b\c-0123456789`
	if got, f := wire.IdempotencyKey([]string{wire.QuoteKey(key)}, false); f != nil || got != key {
		t.Errorf("got %q, %v", got, f)
	}
}

func TestETags(t *testing.T) {
	for _, row := range []struct {
		tag     string
		version uint64
		ok      bool
	}{
		{`"v1"`, 1, true},
		{`"v18446744073709551615"`, 18446744073709551615, true},
		{`"v18446744073709551616"`, 0, false},
		{`"v0"`, 0, false},
		{`"v01"`, 0, false},
		{`"v"`, 0, false},
		{`"v+1"`, 0, false},
		{`v1`, 0, false},
		{`W/"v1"`, 0, false},
		{`"v1`, 0, false},
	} {
		t.Run(row.tag, func(t *testing.T) {
			if version, ok := wire.ParseETag(row.tag); ok != row.ok || (ok && version != row.version) {
				t.Errorf("got %d, %t", version, ok)
			}
		})
	}
	if v, ok := wire.ParseETag(wire.ETag(7)); !ok || v != 7 {
		t.Errorf("a written tag is read as %d, %t", v, ok)
	}
}

func TestNoneMatch(t *testing.T) {
	for _, row := range []struct {
		name   string
		values []string
		want   bool
	}{
		{"none", nil, false},
		{"that one", []string{`"v3"`}, true},
		{"another", []string{`"v2"`}, false},
		{"one of several", []string{`"v2", "v3"`}, true},
		{"in a second header", []string{`"v2"`, `"v3"`}, true},
		{"weak", []string{`W/"v3"`}, true},
		{"any", []string{"*"}, true},
		{"nonsense", []string{"v3"}, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			if got := wire.NoneMatch(row.values, 3); got != row.want {
				t.Errorf("got %t", got)
			}
		})
	}
}

func TestAccepts(t *testing.T) {
	for _, row := range []struct {
		accept string
		want   bool
	}{
		{"*/*", true},
		{"application/json", true},
		{"Application/JSON; charset=utf-8", true},
		{"application/*;q=0.1", true},
		{"text/html, */*;q=0.8", true},
		{"text/html", false},
		{"application/json;q=0", false},
		{"application/json; q=0.000", false},
		{"", false},
		{"application/problem+json", false},
	} {
		t.Run(row.accept, func(t *testing.T) {
			if got := wire.Accepts([]string{row.accept}, "application/json"); got != row.want {
				t.Errorf("got %t", got)
			}
		})
	}
	if !wire.Accepts(nil, "text/plain; charset=utf-8") || !wire.Accepts([]string{"text/plain"}, "text/plain; charset=utf-8") {
		t.Error("a media type with a parameter is refused")
	}
}

func TestRequestID(t *testing.T) {
	for _, row := range []struct {
		name, value string
		kept        bool
	}{
		{"a plain one", "req-1.2_A", true},
		{"too short", "abcdefg", false},
		{"128 characters", strings.Repeat("a", 128), true},
		{"129 characters", strings.Repeat("a", 129), false},
		{"a line end", "abcdefgh\nlevel=error", false},
		{"a quote", `abcdefgh"`, false},
		{"no ASCII", "abcdefghö", false},
		{"none", "", false},
	} {
		t.Run(row.name, func(t *testing.T) {
			got := wire.RequestID(row.value)
			if (got == row.value) != row.kept {
				t.Errorf("got %q", got)
			}
			if !row.kept && (len(got) != 36 || got[14] != '7' || !strings.ContainsRune("89ab", rune(got[19]))) {
				t.Errorf("%q is no UUIDv7", got)
			}
		})
	}
}

func TestTraceID(t *testing.T) {
	const id = "4bf92f3577b34da6a3ce929d0e0e4736"
	for _, row := range []struct{ name, value, want string }{
		{"version 0", "00-" + id + "-00f067aa0ba902b7-01", id},
		{"a later version with more", "01-" + id + "-00f067aa0ba902b7-01-more", id},
		{"version 0 with more", "00-" + id + "-00f067aa0ba902b7-01-more", ""},
		{"version ff", "ff-" + id + "-00f067aa0ba902b7-01", ""},
		{"no id", "00-00000000000000000000000000000000-00f067aa0ba902b7-01", ""},
		{"no parent", "00-" + id + "-0000000000000000-01", ""},
		{"upper case", "00-" + strings.ToUpper(id) + "-00f067aa0ba902b7-01", ""},
		{"none", "", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			if got := wire.TraceID(row.value); got != row.want {
				t.Errorf("got %q", got)
			}
		})
	}
}

func TestBearer(t *testing.T) {
	for _, row := range []struct {
		name   string
		values []string
		token  string
		code   fault.Code
	}{
		{"none", nil, "", ""},
		{"one", []string{"Bearer weir_x_y"}, "weir_x_y", ""},
		{"any case", []string{"bearer weir_x_y"}, "weir_x_y", ""},
		{"another scheme", []string{"Basic weir_x_y"}, "", fault.Unauthenticated},
		{"no token", []string{"Bearer "}, "", fault.Unauthenticated},
		{"two", []string{"Bearer a", "Bearer b"}, "", fault.AmbiguousCredentials},
	} {
		t.Run(row.name, func(t *testing.T) {
			token, f := wire.Bearer(row.values)
			code := fault.Code("")
			if f != nil {
				code = f.Code
			}
			if token != row.token || code != row.code {
				t.Errorf("got %q, %v", token, f)
			}
		})
	}
}
