package op_test

import (
	"testing"

	"github.com/weir-store/weir/core/op"
)

// TestPatch has absence, null and a value come through decoding and encoding as
// three different things.
func TestPatch(t *testing.T) {
	for _, row := range []struct {
		input, comes string
		given        bool
	}{
		{`{"id":"` + id + `"}`, "old", false},
		{`{"id":"` + id + `","title":null}`, "", true},
		{`{"id":"` + id + `","title":"<>"}`, "<>", true},
	} {
		in, f := decode(t, row.input)
		if f != nil {
			t.Fatal(f)
		}
		if in.Title.Given != row.given || in.Title.Or("old") != row.comes {
			t.Errorf("%s: %+v makes %q", row.input, in.Title, in.Title.Or("old"))
		}
		raw, err := op.Marshal(in)
		if err != nil {
			t.Fatal(err)
		}
		if again, f := decode(t, string(raw)); f != nil || again.Title.Given != row.given || again.Title.Or("old") != row.comes {
			t.Errorf("%s came back as %+v (%v)", raw, again.Title, f)
		}
		var client probeInput
		if err := op.Unmarshal(raw, &client); err != nil || client.Title.Given != row.given || client.Title.Or("old") != row.comes {
			t.Errorf("a client reads %s as %+v (%v)", raw, client.Title, err)
		}
	}
	if p := op.Put("x"); p.Or("old") != "x" || p.IsZero() {
		t.Errorf("put: %+v", p)
	}
	if p := op.Clear[string](); p.Or("old") != "" || p.IsZero() {
		t.Errorf("clear: %+v", p)
	}
}
