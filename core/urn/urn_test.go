package urn_test

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/urn"
)

func TestParseURN(t *testing.T) {
	tests := []struct {
		name, text string
		want       urn.URN
	}{
		{"five parts", "weir:scope:tenancy:sales:1", urn.URN{Kind: "scope", Namespace: "tenancy", Name: "sales", Version: 1}},
		{"colons in the name", "weir:principal:identity:user:alice:12", urn.URN{Kind: "principal", Namespace: "identity", Name: "user:alice", Version: 12}},
		{"a number in the name", "weir:model:a:b:2:3", urn.URN{Kind: "model", Namespace: "a", Name: "b:2", Version: 3}},
		{"a name of colons", "weir:model:a::::1", urn.URN{Kind: "model", Namespace: "a", Name: "::", Version: 1}},
		{"every sign of a word", "weir:A_z.9-:-:n:1", urn.URN{Kind: "A_z.9-", Namespace: "-", Name: "n", Version: 1}},
		{"a name beyond ASCII", "weir:model:a:Größe /?#:1", urn.URN{Kind: "model", Namespace: "a", Name: "Größe /?#", Version: 1}},
		{"the highest version", "weir:model:a:b:2147483647", urn.URN{Kind: "model", Namespace: "a", Name: "b", Version: 2147483647}},
		{"empty", "", urn.URN{}},
		{"four parts", "weir:model:a:1", urn.URN{}},
		{"another scheme", "urn:model:a:b:1", urn.URN{}},
		{"no kind", "weir::a:b:1", urn.URN{}},
		{"no namespace", "weir:model::b:1", urn.URN{}},
		{"no name", "weir:model:a::1", urn.URN{}},
		{"no version", "weir:model:a:b:", urn.URN{}},
		{"a version of letters", "weir:model:a:b:one", urn.URN{}},
		{"version 0", "weir:model:a:b:0", urn.URN{}},
		{"a negative version", "weir:model:a:b:-1", urn.URN{}},
		{"a signed version", "weir:model:a:b:+1", urn.URN{}},
		{"a version with a zero in front", "weir:model:a:b:01", urn.URN{}},
		{"a version with a space", "weir:model:a:b:1 ", urn.URN{}},
		{"a version too high", "weir:model:a:b:2147483648", urn.URN{}},
		{"a fraction", "weir:model:a:b:1.0", urn.URN{}},
		{"a kind with a space", "weir:mo del:a:b:1", urn.URN{}},
		{"a namespace beyond ASCII", "weir:model:ä:b:1", urn.URN{}},
		{"a control character in the name", "weir:model:a:b\n:1", urn.URN{}},
		{"a name that is not UTF-8", "weir:model:a:\xff:1", urn.URN{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, f := urn.ParseURN(tt.text)
			if got != tt.want {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
			if tt.want == (urn.URN{}) {
				want(t, f, fault.ValidationFailed)
				return
			}
			want(t, f, "")
			if got.String() != tt.text {
				t.Errorf("written again it is %s", got)
			}
		})
	}
}

func TestURNRoundTrip(t *testing.T) {
	word := rapid.StringMatching(`[A-Za-z0-9_.:-]{0,8}`)
	rapid.Check(t, func(t *rapid.T) {
		u := urn.URN{
			Kind: word.Draw(t, "kind"), Namespace: word.Draw(t, "namespace"),
			Name: rapid.OneOf(word, rapid.String()).Draw(t, "name"), Version: rapid.IntRange(-1, 12).Draw(t, "version"),
		}
		got, f := urn.ParseURN(u.String())
		if u.Check() == nil && (f != nil || got != u) {
			t.Errorf("%+v came back as %+v (%v)", u, got, f)
		}
		if f == nil && got.String() != u.String() {
			t.Errorf("%s came back as %s", u, got)
		}
	})
}

func FuzzParseURN(f *testing.F) {
	for _, seed := range []string{"weir:scope:tenancy:sales:1", "weir:a:b:c:d:2", "weir::::", "weir:a:b:c:99999999999999999999"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		u, bad := urn.ParseURN(text)
		if bad != nil {
			return
		}
		if u.String() != text || u.Check() != nil {
			t.Fatalf("%q was read as %+v", text, u)
		}
	})
}
