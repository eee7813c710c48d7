package compliance

import "github.com/weir-store/weir/core/op"

// InParts runs all checks with a budget to each page.
func InParts(v *op.View, budget int) []Result {
	var merged []Result
	var from place
	for {
		results, next := run(v, checks, from, budget)
		for _, r := range results {
			if n := len(merged); n > 0 && merged[n-1].Check == r.Check {
				merged[n-1].Merge(r)
			} else {
				merged = append(merged, r)
			}
		}
		if next == "" {
			return merged
		}
		var f error
		if from, f = goOn(string(next), v.Revision()); f != nil {
			panic(f)
		}
	}
}

func goOn(cursor string, revision uint64) (place, error) {
	p, f := resume(cursor, revision, checks)
	if f != nil {
		return p, f
	}
	return p, nil
}

// Unknown names the checks of layers that are there, and that nobody wrote.
func Unknown(c *op.Catalog) []string {
	var names []string
	for _, k := range checks {
		if _, present := find(c, k.needs); present && k.run == nil {
			names = append(names, k.name)
		}
	}
	return names
}
