package compliance

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/weir-store/weir/core/audit"
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/registry"
	"github.com/weir-store/weir/core/state"
)

// ReportInput says what the report shall hold.
type ReportInput struct {
	Parts string `json:"parts,omitempty" op:"query,max=64" doc:"of checks, layers and registry, separated by commas; all when absent"`
}

// Layer is what there is of a layer, beside what there should be.
type Layer struct {
	Number     uint64   `json:"number" doc:"the layer"`
	Name       string   `json:"name" doc:"what it is called"`
	Present    bool     `json:"present" doc:"whether this build has it"`
	Operations uint64   `json:"operations" doc:"how many operations it has"`
	Tables     []string `json:"tables" doc:"its tables"`
	Invariants []uint64 `json:"invariants" doc:"the numbers of the invariants that it has to keep"`
	Checks     []string `json:"checks" doc:"the checks about it"`
}

// Report is what an auditor takes away.
type Report struct {
	GeneratedAt state.Time `json:"generated_at" doc:"the time of the state that was looked at"`
	Revision    uint64     `json:"revision" doc:"its revision"`
	Passed      bool       `json:"passed" doc:"whether nothing was found that breaks an invariant"`
	Complete    bool       `json:"complete" doc:"false when the store is too large for one answer: weir compliance run looks at all of it"`
	Checks      []Result   `json:"checks" doc:"what the checks found"`
	Layers      []Layer    `json:"layers" doc:"the layers, with what each has"`
	// Registry is nil where it was not asked for.
	Registry *registry.Report `json:"registry,omitempty" doc:"totals of the registry's first entries"`
	Text     string           `json:"text" doc:"the same for people"`
}

var parts = []string{"checks", "layers", "registry"}

// Reporting gives a report of bounded work.
var Reporting = op.NewQuery(Ops, op.Spec[ReportInput, Report]{
	Name:    "report",
	Summary: "Report on invariants, layers and registry, as JSON and as text.",
	Doc:     "For cluster administrators and holders of audit.read. As much is checked as one page of a run; complete says whether that was all.",
	Route:   "GET /v1/compliance/report",
	Access:  op.Anyone[ReportInput]("export"),
	Faults:  []fault.Code{fault.PermissionDenied, fault.ValidationFailed},
	Example: ReportInput{Parts: "checks,layers"},
	Result: Report{
		GeneratedAt: 1767225600000000, Revision: 42, Passed: true, Complete: true, Checks: []Result{example},
		Layers: []Layer{{Number: 3, Name: "objects", Present: true, Operations: 17, Tables: []string{"object"}, Invariants: []uint64{1, 3, 4, 5, 8, 9}, Checks: []string{"version_integrity"}}},
		Text:   "…",
	},
	Validate: func(in *ReportInput) *fault.Fault {
		for _, p := range strings.Split(in.Parts, ",") {
			if in.Parts != "" && !slices.Contains(parts, p) {
				detail := "must be names, separated by commas, of " + strings.Join(parts, ", ")
				return fault.New(fault.ValidationFailed, "parts %s", detail).At(fault.Item{Pointer: "/parts", Code: "unknown-part", Detail: detail})
			}
		}
		return nil
	},
}, func(v *op.View, in ReportInput) (Report, error) {
	if f := entitled(v); f != nil {
		return Report{}, f
	}
	v.Traced(op.Record{
		Action: "export", Operation: Ops.Noun + ".report", Entity: Ops.Noun, TargetType: Ops.Noun, TargetID: "report",
		Metadata: []fault.Member{{Name: "as_of", Value: strconv.FormatUint(v.Revision(), 10)}},
	})
	asked := func(part string) bool { return in.Parts == "" || strings.Contains(","+in.Parts+",", ","+part+",") }
	r := Report{GeneratedAt: audit.TimeAt(v.Now, v.Revision()), Revision: v.Revision(), Passed: true, Complete: true, Checks: []Result{}, Layers: []Layer{}}
	if asked("checks") {
		results, more := run(v, checks, place{}, work)
		r.Checks, r.Complete = results, more == ""
		for _, x := range results {
			r.Passed = r.Passed && x.Found == 0
		}
	}
	if asked("layers") {
		r.Layers = coverage(v.Catalog)
	}
	if asked("registry") {
		out, err := registry.Introspect.Answer(v, registry.IntrospectInput{})
		if err != nil {
			return Report{}, err
		}
		totals := out.(registry.Report)
		r.Registry = &totals
	}
	r.Text = r.render()
	return r, nil
})

// coverage holds the manifest against the build.
func coverage(c *op.Catalog) []Layer {
	var all []Layer
	for i := range layers {
		l := &layers[i]
		n := l.operations(c)
		invariants := l.invariants
		if invariants == nil {
			invariants = []uint64{}
		}
		all = append(all, Layer{
			Number: uint64(l.number), Name: l.doc, Present: n > 0, Operations: uint64(n),
			Tables: l.tables(), Invariants: invariants, Checks: l.checks(),
		})
	}
	return all
}

// render is the report for people.
func (r *Report) render() string {
	var b strings.Builder
	verdict := "nothing breaks an invariant"
	switch {
	case !r.Passed:
		verdict = "invariants are broken"
	case !r.Complete:
		verdict = "nothing found so far; run all checks to look at the rest"
	}
	fmt.Fprintf(&b, "Compliance at revision %d, %s: %s.\n", r.Revision, r.GeneratedAt, verdict)
	for _, x := range r.Checks {
		fmt.Fprintf(&b, "\n%-14s %s (%d)", x.Outcome, x.Check, x.Checked)
		for _, text := range append(x.Violations, x.Warnings...) {
			fmt.Fprintf(&b, "\n    %s", text)
		}
	}
	if len(r.Layers) > 0 {
		b.WriteString("\n\nLayer                 operations  tables  checks\n")
	}
	for _, l := range r.Layers {
		fmt.Fprintf(&b, "%2d %-18s %10d %7d %7d\n", l.Number, l.Name, l.Operations, len(l.Tables), len(l.Checks))
	}
	if r.Registry != nil {
		fmt.Fprintf(&b, "\nRegistry: %d entries, %d duplicates, %d orphans.\n", r.Registry.Entries, len(r.Registry.Duplicates), len(r.Registry.Orphans))
	}
	return b.String()
}
