package buildinfo

import (
	"runtime/debug"
	"testing"
)

func TestChoose(t *testing.T) {
	module := func(v string) *debug.BuildInfo { return &debug.BuildInfo{Main: debug.Module{Version: v}} }
	for name, row := range map[string]struct {
		linked string
		info   *debug.BuildInfo
		want   string
	}{
		"the linker knows best":  {"v1.2.0-3-gabcdef0", module("v1.1.0"), "v1.2.0-3-gabcdef0"},
		"installed as a module":  {"", module("v1.1.0"), "v1.1.0"},
		"a working tree":         {"", module("(devel)"), "(devel)"},
		"a test":                 {"", module(""), "(devel)"},
		"without any build info": {"", nil, "(devel)"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := choose(row.linked, row.info); got != row.want {
				t.Errorf("choose(%q, %v) = %q, want %q", row.linked, row.info, got, row.want)
			}
		})
	}
}
