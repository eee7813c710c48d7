package urn

import (
	"strings"
	"testing"
)

func TestPrefixes(t *testing.T) {
	for i, p := range prefixes {
		if !shaped(p) {
			t.Errorf("%q is not two to six lower-case letters", p)
		}
		for j, q := range prefixes {
			if i != j && strings.Contains(p, q) {
				t.Errorf("%q is part of %q", q, p)
			}
		}
	}
	for _, p := range []string{
		PrefixUser, PrefixService, PrefixOrg, PrefixScope, PrefixMembership, PrefixObject,
		PrefixProjection, PrefixAudit, PrefixKey, PrefixRegistry, PrefixTombstone,
	} {
		if !registered(p) {
			t.Errorf("%q is not registered", p)
		}
	}
	for _, p := range []string{"", "key", "not", "file", "flag", "USR", "us"} {
		if registered(p) {
			t.Errorf("%q is registered", p)
		}
	}
}
