package arch

import (
	"testing"
)

// FuzzParsePolicy looks for a text that is accepted and is no partial order.
func FuzzParsePolicy(f *testing.F) {
	f.Add("NONE < a, b < c; c < d/e; # so\nm.example/x only a, TEST; pure a; a use fmt;")
	f.Add("NONE < a < a;")
	f.Add("NONE < ; < ; only")
	f.Add("a<b;")
	f.Fuzz(func(t *testing.T, text string) {
		p, err := ParsePolicy(text)
		if err != nil {
			return
		}
		for upper, below := range p.below {
			for lower := range below {
				if lower == upper || p.below[lower][upper] {
					t.Errorf("%q and %q may import each other", upper, lower)
				}
				for further := range p.below[lower] {
					if !below[further] {
						t.Errorf("%q may import %q, but not %q below it", upper, lower, further)
					}
				}
			}
		}
	})
}

// TestPolicyRefused has a row for each way not to be a policy.
func TestPolicyRefused(t *testing.T) {
	for name, text := range map[string]string{
		"before it is defined": "a < b;",
		"twice":                "NONE < a; NONE < b; a < b;",
		"a cycle":              "NONE < a < b < a;",
		"empty list":           "NONE < a < ;",
		"nobody":               "example.org/m only ;",
		"pinned twice":         "m/x only a; m/x only b;",
		"no keyword":           "NONE a;",
		"no semicolon":         "NONE < a; a < b",
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := ParsePolicy(text); err == nil {
				t.Errorf("ParsePolicy(%q) succeeded", text)
			}
		})
	}
}
