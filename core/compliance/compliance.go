// Package compliance proves the invariants on a live store: checks that read
// stored rows at one revision and hold them against each other, against the
// trail, and against a second, plainer computation of who may see what.
package compliance

import (
	"slices"
	"strings"

	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
)

// Ops are the questions about whether the store keeps its promises.
var Ops = &op.Set{Noun: "compliance", Doc: "Compliance proves on the live store that its invariants hold."}

// How a check ended.
const (
	Passed        = "passed"
	Failed        = "failed"
	NotApplicable = "not_applicable"
	// Unfinished checks go on in the next page.
	Unfinished = "unfinished"
)

// Result is what one check, or a stretch of one, found.
type Result struct {
	Check   string `json:"check" doc:"the check"`
	Outcome string `json:"outcome" doc:"passed, failed, not_applicable, or unfinished: nothing found so far, more on the next page"`
	Done    bool   `json:"done" doc:"whether the check has come to its end"`
	Checked uint64 `json:"checked" doc:"how many rows, entries or decisions were looked at"`
	Details string `json:"details" doc:"what the check looks at, or why it does not apply"`
	// Warnings never fail a check.
	Warnings   []string `json:"warnings" doc:"what people should look at; the first hundred"`
	Violations []string `json:"violations" doc:"what breaks an invariant; the first hundred"`
	// Found counts violations, the ones that are not shown too.
	Found uint64 `json:"violations_found" doc:"how many violations there are"`
}

// maxShown bounds the texts of one result.
const maxShown = 100

func (r *Result) violation(text string) {
	if r.Found++; r.Found <= maxShown {
		r.Violations = append(r.Violations, text)
	}
}

func (r *Result) warning(text string) {
	if len(r.Warnings) < maxShown {
		r.Warnings = append(r.Warnings, text)
	}
}

// Merge adds a further stretch of the same check.
func (r *Result) Merge(more Result) {
	r.Checked += more.Checked
	r.Found += more.Found
	r.Warnings = head(append(r.Warnings, more.Warnings...))
	r.Violations = head(append(r.Violations, more.Violations...))
	r.Done = more.Done
	r.settle()
}

func head(texts []string) []string { return texts[:min(len(texts), maxShown)] }

func (r *Result) settle() {
	switch {
	case r.Outcome == NotApplicable:
	case r.Found > 0:
		r.Outcome = Failed
	case r.Done:
		r.Outcome = Passed
	default:
		r.Outcome = Unfinished
	}
}

// Names lists the checks there are, in the order in which they run.
func Names() []string {
	names := make([]string, 0, len(checks))
	for _, c := range checks {
		names = append(names, c.name)
	}
	return names
}

// chosen gives the checks that a list of names asks for, in the order in which
// they run: all for an empty list.
func chosen(list string) ([]*check, *fault.Fault) {
	if list == "" {
		return checks, nil
	}
	asked := strings.Split(list, ",")
	var found []*check
	for _, c := range checks {
		if slices.Contains(asked, c.name) {
			found = append(found, c)
		}
	}
	for _, name := range asked {
		if !slices.Contains(Names(), name) {
			detail := "must be names, separated by commas, of " + strings.Join(Names(), ", ")
			return nil, fault.New(fault.ValidationFailed, "there is no such check; %s", detail).At(fault.Item{Pointer: "/checks", Code: "unknown-check", Detail: detail})
		}
	}
	return found, nil
}
