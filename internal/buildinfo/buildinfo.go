// Package buildinfo knows what a binary was built from.
package buildinfo

import "runtime/debug"

// version is set by the linker; see the Makefile.
var version string

// Version is the tag or commit that the binary was built from, "(devel)" for a
// build of a working tree that nobody named, and never empty.
func Version() string {
	info, _ := debug.ReadBuildInfo()
	return choose(version, info)
}

func choose(linked string, info *debug.BuildInfo) string {
	switch {
	case linked != "":
		return linked
	case info == nil || info.Main.Version == "":
		return "(devel)"
	}
	return info.Main.Version
}
