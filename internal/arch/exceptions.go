package arch

import (
	"fmt"
	"strings"
)

// Exceptions are the places that may break a rule, each with its reason.
type Exceptions []*exception

type exception struct {
	rule, subject string
	used          bool
}

// ParseExceptions reads lines of rule, subject and reason. The subject is a
// file, a folder with all below it, or file:declaration.
func ParseExceptions(text string) (Exceptions, error) {
	var list Exceptions
	n := 0
	for line := range strings.Lines(text) {
		n++
		words := strings.Fields(line)
		if len(words) == 0 || strings.HasPrefix(words[0], "#") {
			continue
		}
		if len(words) < 5 {
			return nil, fmt.Errorf("exceptions: line %d gives no reason", n)
		}
		if words[0] == "file-never" {
			return nil, fmt.Errorf("exceptions: line %d: file-never has none", n)
		}
		list = append(list, &exception{rule: words[0], subject: words[1]})
	}
	return list, nil
}

// Apply drops the findings that have an exception and adds one for each
// exception that nothing needs any more.
func (e Exceptions) Apply(found []Finding) []Finding {
	var left []Finding
	for _, f := range found {
		if !e.cover(f) {
			left = append(left, f)
		}
	}
	for _, x := range e {
		if !x.used {
			left = append(left, Finding{
				Rule: "exception", Path: "internal/arch/exceptions.txt", Name: x.subject,
				Text: x.rule + " " + x.subject + " is not needed any more",
			})
		}
	}
	return left
}

func (e Exceptions) cover(f Finding) bool {
	covered := false
	for _, x := range e {
		if x.rule == f.Rule && (x.subject == f.Subject() || within(f.Path, []string{x.subject})) {
			x.used, covered = true, true
		}
	}
	return covered
}
