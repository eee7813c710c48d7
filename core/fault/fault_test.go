package fault_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/weir-store/weir/core/fault"
)

func TestStatus(t *testing.T) {
	body, query, header := fault.Item{Pointer: "/id"}, fault.Item{Parameter: "id"}, fault.Item{Header: "If-Match"}
	tests := []struct {
		name  string
		fault *fault.Fault
		want  int
	}{
		{"by code", fault.New(fault.ScopeFrozen, ""), 409},
		{"unknown code", fault.New("of-a-newer-node", ""), 500},
		{"invalid id, place not known", fault.New(fault.InvalidID, ""), 400},
		{"invalid id in a path", fault.New(fault.InvalidID, "").At(query), 400},
		{"invalid id in a body", fault.New(fault.InvalidID, "").At(body), 422},
		{"invalid role in a body", fault.New(fault.InvalidRole, "").At(body), 422},
		{"invalid role in a query", fault.New(fault.InvalidRole, "").At(query), 400},
		{"invalid role in a header", fault.New(fault.InvalidRole, "").At(header), 422},
		{"malformed body stays 400", fault.New(fault.MalformedRequest, "").At(body), 400},
		{"old version in the body", fault.New(fault.VersionConflict, "").At(body), 409},
		{"old version in If-Match", fault.New(fault.VersionConflict, "").Precondition(), 412},
		{"precondition of a code without a second status", fault.New(fault.NotFound, "").Precondition(), 404},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.fault.Status(); got != tt.want {
				t.Errorf("Status() = %d, want %d", got, tt.want)
			}
		})
	}
}

func TestMatching(t *testing.T) {
	cause := fault.New(fault.StorageFull, "disk").Wrap(io.ErrShortWrite)
	wrapped := fmt.Errorf("put: %w", fault.New(fault.Internal, "no").Wrap(cause))
	tests := []struct {
		name string
		got  bool
		want bool
	}{
		{"errors.Is by code, other text", errors.Is(wrapped, fault.New(fault.Internal, "other")), true},
		{"errors.Is walks into the cause", errors.Is(wrapped, fault.New(fault.StorageFull, "")), true},
		{"errors.Is reaches the root", errors.Is(wrapped, io.ErrShortWrite), true},
		{"errors.Is of another code", errors.Is(wrapped, fault.New(fault.NotFound, "")), false},
		{"errors.Is of no fault", errors.Is(wrapped, io.EOF), false},
		{"Is sees the outermost fault", fault.Is(wrapped, fault.Internal), true},
		{"Is does not see the cause", fault.Is(wrapped, fault.StorageFull), false},
		{"Is of no fault", fault.Is(io.EOF, fault.Internal), false},
		{"Is of nil", fault.Is(nil, fault.Internal), false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.got != tt.want {
				t.Errorf("got %t, want %t", tt.got, tt.want)
			}
		})
	}
}

func TestInternalOf(t *testing.T) {
	secret := errors.New("open /data/root.key: denied")
	f := fault.InternalOf(fmt.Errorf("start: %w", secret))
	if f.Code != fault.Internal || !errors.Is(f, secret) {
		t.Errorf("got %v; want an internal fault that keeps its cause", f)
	}
	known := fault.New(fault.NotFound, "no such thing")
	if got := fault.InternalOf(fmt.Errorf("get: %w", known)); got != known {
		t.Errorf("got %v, want the fault as it is", got)
	}
}

func TestCauseStaysInside(t *testing.T) {
	f := fault.InternalOf(errors.New("hunter2"))
	b, err := json.Marshal(f)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"JSON": string(b), "Error": f.Error(), "%v": fmt.Sprint(f)} {
		if strings.Contains(text, "hunter2") {
			t.Errorf("%s shows the cause: %s", name, text)
		}
	}
}

func TestMarshalRefuses(t *testing.T) {
	for _, v := range []any{nil, 1, 1.5, []int{1}, map[string]string{"a": "b"}} {
		if b, err := json.Marshal(fault.New(fault.NotFound, "").With("m", v)); err == nil {
			t.Errorf("a member of type %T became %s", v, b)
		}
	}
}

func TestUnmarshalRefuses(t *testing.T) {
	for _, text := range []string{
		`{}`, `[]`, `{"code":""}`, `{"code":1}`, `{"code":"not-found","members":[{"name":"a"}]}`,
		`{"code":"not-found","members":[{"name":"a","int":1.5}]}`, `{"code":"not-found","members":[{"name":"a","int":9223372036854775808}]}`,
	} {
		var f fault.Fault
		if err := json.Unmarshal([]byte(text), &f); err == nil {
			t.Errorf("%s was read as %+v", text, f)
		}
	}
}

// arbitrary draws a fault with members of each type, in any order.
func arbitrary(t *rapid.T) *fault.Fault {
	all := fault.All()
	f := fault.New(rapid.SampledFrom(all).Draw(t, "info").Code, "%s", rapid.String().Draw(t, "detail"))
	if rapid.Bool().Draw(t, "conditional") {
		f = f.Precondition()
	}
	for range rapid.IntRange(0, 3).Draw(t, "items") {
		f = f.At(fault.Item{
			Pointer: rapid.String().Draw(t, "pointer"), Parameter: rapid.String().Draw(t, "parameter"),
			Header: rapid.String().Draw(t, "header"), Code: "c", Detail: rapid.String().Draw(t, "item detail"),
		})
	}
	value := rapid.OneOf(
		rapid.String().AsAny(), rapid.Int64().AsAny(), rapid.Uint64().AsAny(), rapid.Bool().AsAny(), rapid.SliceOf(rapid.String()).AsAny(),
		rapid.Custom(func(t *rapid.T) fault.Sealed { return fault.Sealed(rapid.String().Draw(t, "sealed")) }).AsAny(),
	)
	for range rapid.IntRange(0, 5).Draw(t, "members") {
		f = f.With(rapid.String().Draw(t, "name"), value.Draw(t, "value"))
	}
	return f
}

func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := arbitrary(t)
		b, err := json.Marshal(f)
		if err != nil {
			t.Fatal(err)
		}
		var got fault.Fault
		if err := json.Unmarshal(b, &got); err != nil {
			t.Fatal(err)
		}
		if got.Code != f.Code || got.Detail != f.Detail || got.Status() != f.Status() {
			t.Fatalf("got %v with status %d, want %v with %d", &got, got.Status(), f, f.Status())
		}
		if diff := cmp.Diff(f.Items, got.Items); diff != "" {
			t.Fatalf("items: %s", diff)
		}
		if diff := cmp.Diff(f.Members, got.Members); diff != "" {
			t.Fatalf("members: %s", diff)
		}
		again, err := json.Marshal(&got)
		if err != nil || !bytes.Equal(again, b) {
			t.Fatalf("encoded again: %s (%v), first %s", again, err, b)
		}
	})
}

// FuzzUnmarshal: whatever is read can be written and read again, the same.
func FuzzUnmarshal(f *testing.F) {
	f.Add([]byte(`{"code":"not-found","detail":"no","items":[{"pointer":"/a","code":"c","detail":"d"}],"members":[{"name":"n","uint":18446744073709551615}],"conditional":true}`))
	f.Add([]byte(`{"code":"x","members":[{"name":"l","list":[]},{"name":"s","string":""},{"name":"b","bool":false},{"name":"i","int":-1}]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		var first, second fault.Fault
		if json.Unmarshal(b, &first) != nil {
			return
		}
		text, err := json.Marshal(&first)
		if err != nil {
			t.Fatalf("what was read can't be written: %v", err)
		}
		if err := json.Unmarshal(text, &second); err != nil {
			t.Fatalf("%s can't be read: %v", text, err)
		}
		if again, err := json.Marshal(&second); err != nil || !bytes.Equal(again, text) {
			t.Fatalf("%s became %s (%v)", text, again, err)
		}
	})
}

// Sealed members are opened or left out, and the fault that has them stays as it
// was.
func TestSealedMembersAreOpened(t *testing.T) {
	open := func(s fault.Sealed) (string, bool) { return "opened " + string(s), s != "x" }
	f := fault.New(fault.IdentifierMismatch, "another").With("a", fault.Sealed("a")).With("n", int64(1)).With("x", fault.Sealed("x"))
	want := []fault.Member{{Name: "a", Value: "opened a"}, {Name: "n", Value: int64(1)}}
	if diff := cmp.Diff(want, f.Unseal(open).Members); diff != "" {
		t.Error(diff)
	}
	if f.Members[0].Value != fault.Sealed("a") {
		t.Error("the fault itself was changed")
	}
	if plain := fault.New(fault.NotFound, "no").With("s", "a"); plain.Unseal(open) != plain {
		t.Error("a fault with nothing sealed was copied")
	}
}
