package compliance

import (
	"fmt"
	"slices"
	"strings"

	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
)

// layer is one line of the manifest: the single source for what there should
// be. What there is comes from the catalog and the tables.
type layer struct {
	number int
	pkg    string
	doc    string
	// invariants are the numbers of those that the layer has to keep.
	invariants []uint64
}

var layers = []layer{
	{0, "compliance", "compliance", []uint64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}},
	{1, "registry", "registry", []uint64{1, 4, 5, 8, 9}},
	{1, "registry/contract", "contracts", []uint64{1, 4, 8, 9}},
	{1, "registry/template", "templates", []uint64{1, 4, 8, 9}},
	{2, "identity", "identity", []uint64{1, 2, 4, 5, 7, 8, 9}},
	{2, "identity/apikey", "keys", []uint64{2, 4, 5, 7, 10}},
	{3, "objects", "objects", []uint64{1, 3, 4, 5, 8, 9}},
	{4, "tenancy", "tenancy", []uint64{1, 3, 4, 5, 7, 8, 9}},
	{4, "tenancy/tuple", "tuples", []uint64{1, 3, 4, 5, 8, 9}},
	{4, "tenancy/org", "organizations", []uint64{1, 3, 4, 5, 7, 8, 9}},
	{4, "tenancy/share", "shares", []uint64{3, 4, 5, 8, 9, 10}},
	{5, "rules", "rules", []uint64{1, 4, 5, 6, 8, 9}},
	{5, "access", "the one decision", []uint64{2, 3, 6, 7}},
	{6, "audit", "audit", []uint64{4, 5, 10}},
	{7, "temporal", "temporal", []uint64{4, 5, 8, 9}},
	{8, "environments", "environments", nil},
	{9, "flow", "flow", nil},
	{10, "deployments", "deployments", nil},
	{11, "secrets", "secrets", nil},
	{12, "integrations", "integrations", nil},
	{13, "connector", "connectors", nil},
	{14, "events", "events", nil},
	{15, "notifications", "notifications", nil},
	{16, "scheduling", "scheduling", nil},
}

// find says how a layer is called, and whether the catalog has operations of it.
func find(c *op.Catalog, pkg string) (name string, present bool) {
	for _, l := range layers {
		if l.pkg == pkg {
			return fmt.Sprintf("%d, %s", l.number, l.doc), l.operations(c) > 0
		}
	}
	return pkg, false
}

// operations counts what can be called of the layer.
func (l *layer) operations(c *op.Catalog) int {
	n := 0
	for _, o := range c.Operations() {
		if packageOf(o) == l.pkg {
			n++
		}
	}
	return n
}

// packageOf is the folder, below core, of the file that declares an operation.
func packageOf(o *op.Operation) string {
	const core = "/core/"
	dir := o.File[:max(strings.LastIndexByte(o.File, '/'), 0)]
	return dir[min(strings.LastIndex(dir+"/", core)+len(core), len(dir)):]
}

// tables names the tables whose spaces are the layer's: sixteen to a layer.
func (l *layer) tables() []string {
	names := []string{}
	if l.pkg != root(l.pkg) || l.pkg == "access" {
		return names
	}
	for _, t := range state.Tables() {
		if name := t.Space().Name; int(t.Space().ID>>4) == l.number && l.number > 0 && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

func root(pkg string) string {
	first, _, _ := strings.Cut(pkg, "/")
	return first
}

// checks names the checks about the layer.
func (l *layer) checks() []string {
	names := []string{}
	for _, c := range checks {
		if c.needs == l.pkg {
			names = append(names, c.name)
		}
	}
	return names
}
