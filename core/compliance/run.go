package compliance

import (
	"encoding/hex"
	"slices"
	"strconv"
	"strings"

	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
)

// RunInput says what to check.
type RunInput struct {
	Checks string `json:"checks,omitempty" op:"query,max=1024" doc:"names of checks, separated by commas; all when absent"`
	op.Paging
}

// work is how many rows one page looks at. A large store takes more pages; they
// all look at the revision of the first.
const work = 20_000

// Run checks the store as of one revision, some work to a page.
var Run = op.NewQuery(Ops, op.Spec[RunInput, op.Page[Result]]{
	Name:    "run",
	Summary: "Check that the invariants hold, on all that is stored.",
	Doc:     "For cluster administrators and holders of audit.read. Bounded work to a page: an unfinished check comes again on the next one. Pages after the first must ask with at, for the revision of the first; weir compliance run does it.",
	Route:   "GET /v1/compliance/run",
	Access:  op.Anyone[RunInput]("access_check"),
	Faults:  []fault.Code{fault.PermissionDenied, fault.ValidationFailed, fault.InvalidCursor},
	Example: RunInput{Checks: "trace_integrity,version_integrity"},
	Result:  op.NewPage([]Result{example}, ""),
	Validate: func(in *RunInput) *fault.Fault {
		_, f := chosen(in.Checks)
		return f
	},
}, func(v *op.View, in RunInput) (op.Page[Result], error) {
	if f := entitled(v); f != nil {
		return op.Page[Result]{}, f
	}
	selected, f := chosen(in.Checks)
	if f != nil {
		return op.Page[Result]{}, f
	}
	from, f := resume(in.Cursor, v.Revision(), selected)
	if f != nil {
		return op.Page[Result]{}, f
	}
	v.Traced(op.Record{
		Action: "access_check", Operation: Ops.Noun + ".run", Entity: Ops.Noun, TargetType: Ops.Noun, TargetID: "run",
		Metadata: []fault.Member{{Name: "as_of", Value: strconv.FormatUint(v.Revision(), 10)}},
	})
	results, next := run(v, selected, from, work)
	return op.NewPage(results, next), nil
})

// entitled says whether the caller may look at everything.
func entitled(v *op.View) *fault.Fault {
	if v.Caller.Holds(op.Administer) || v.Caller.Holds(op.ReadAudit) {
		return nil
	}
	return fault.New(fault.PermissionDenied, "the store is checked by cluster administrators and holders of audit.read only")
}

// place is where a run goes on: at a check, after a key.
type place struct {
	check string
	after []byte
}

// run works on the checks until they or the budget are at their end.
func run(v *op.View, selected []*check, from place, budget int) ([]Result, op.Cursor) {
	at := 0
	if from.check != "" {
		at = slices.IndexFunc(selected, func(c *check) bool { return c.name == from.check })
	}
	var results []Result
	for ; at < len(selected); at++ {
		k := selected[at]
		if budget == 0 {
			return results, cursor(v, place{check: k.name})
		}
		r := Result{Check: k.name, Details: k.doc, Warnings: []string{}, Violations: []string{}}
		c := course{v: v, Step: state.Step{After: from.after, Budget: budget}, result: &r}
		from.after = nil
		if layer, present := find(v.Catalog, k.needs); !present {
			r.Outcome, r.Done, r.Details = NotApplicable, true, "layer not present: "+layer
		} else if k.run == nil {
			r.violation("this build has the layer and does not know how to check it")
			r.Done = true
		} else {
			r.Done = k.run(&c)
		}
		r.settle()
		results = append(results, r)
		if !r.Done {
			return results, cursor(v, place{k.name, c.After})
		}
		budget = c.Budget
	}
	return results, ""
}

func cursor(v *op.View, p place) op.Cursor {
	return op.Cursor(strconv.FormatUint(v.Revision(), 10) + "." + p.check + "." + hex.EncodeToString(p.after))
}

// resume reads a cursor, which holds for one revision.
func resume(text string, revision uint64, selected []*check) (place, *fault.Fault) {
	if text == "" {
		return place{}, nil
	}
	bad := fault.New(fault.InvalidCursor, "the cursor is not one of this run; begin anew")
	parts := strings.Split(text, ".")
	if len(parts) != 3 || !slices.ContainsFunc(selected, func(c *check) bool { return c.name == parts[1] }) {
		return place{}, bad
	}
	if parts[0] != strconv.FormatUint(revision, 10) {
		return place{}, fault.New(fault.InvalidCursor, "the run looks at revision %s; give at=%s with each further page", parts[0], parts[0])
	}
	after, err := hex.DecodeString(parts[2])
	if err != nil {
		return place{}, bad
	}
	return place{parts[1], after}, nil
}

var example = Result{
	Check: "version_integrity", Outcome: Passed, Done: true, Checked: 42, Warnings: []string{}, Violations: []string{},
	Details: "the versions of an object are 1 to the current one, without a gap, and keep their commitments",
}
