package arch

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// anyTest names the test files of the tree in a policy.
const anyTest = "TEST"

// Policy is the text of layers.txt, understood.
type Policy struct {
	below map[string]map[string]bool // package: all that it may import
	pins  map[string][]string        // import path: the only folders that may import it
	pure  []string
	uses  []grant
}

type grant struct{ folders, packages []string }

// ParsePolicy reads statements that end with a semicolon; # starts a comment.
// The first statement that makes no sense is the error.
func ParsePolicy(text string) (*Policy, error) {
	p := &Policy{below: map[string]map[string]bool{"NONE": {}}, pins: map[string][]string{}}
	var plain strings.Builder
	for line := range strings.Lines(text) {
		code, _, _ := strings.Cut(line, "#")
		plain.WriteString(code + " ")
	}
	statements := strings.Split(plain.String(), ";")
	for _, s := range statements[:len(statements)-1] {
		if err := p.statement(strings.Fields(s)); err != nil {
			return nil, fmt.Errorf("policy: %w in %q", err, strings.Join(strings.Fields(s), " "))
		}
	}
	if rest := strings.TrimSpace(statements[len(statements)-1]); rest != "" {
		return nil, fmt.Errorf("policy: no semicolon after %q", rest)
	}
	return p, nil
}

func (p *Policy) statement(words []string) error {
	keyword := slices.IndexFunc(words, func(w string) bool { return w == "<" || w == "only" || w == "pure" || w == "use" })
	if keyword < 0 {
		return fmt.Errorf("no <, only, pure or use")
	}
	left, right := names(words[:keyword]), words[keyword+1:]
	switch words[keyword] {
	case "<":
		return p.chain(left, right)
	case "only":
		return p.pin(left, names(right))
	case "pure":
		p.pure = append(p.pure, names(right)...)
	case "use":
		p.uses = append(p.uses, grant{left, names(right)})
	}
	return nil
}

// chain adds a < b < c: each list may import the one before it.
func (p *Policy) chain(lower, rest []string) error {
	for _, n := range lower {
		if p.below[n] == nil {
			return fmt.Errorf("%s is used before it is defined", n)
		}
	}
	for {
		end := slices.Index(rest, "<")
		last := end < 0
		if last {
			end = len(rest)
		}
		upper := names(rest[:end])
		if len(upper) == 0 {
			return fmt.Errorf("an empty list")
		}
		for _, n := range upper {
			if p.below[n] != nil {
				return fmt.Errorf("%s is defined twice", n)
			}
			p.below[n] = map[string]bool{}
			for _, l := range lower {
				p.below[n][l] = true
				maps.Copy(p.below[n], p.below[l])
			}
		}
		if last {
			return nil
		}
		lower, rest = upper, rest[end+1:]
	}
}

func (p *Policy) pin(paths, folders []string) error {
	if len(paths) == 0 || len(folders) == 0 {
		return fmt.Errorf("an empty list")
	}
	for _, m := range paths {
		if p.pins[m] != nil {
			return fmt.Errorf("%s is pinned twice", m)
		}
		p.pins[m] = folders
	}
	return nil
}

// names drops the commas of a list.
func names(words []string) []string {
	return strings.FieldsFunc(strings.Join(words, " "), func(r rune) bool { return r == ',' || r == ' ' })
}

// pinned finds the pin that covers an import path, the longest first.
func (p *Policy) pinned(importPath string) (folders []string, found bool) {
	for ; importPath != "."; importPath = parent(importPath) {
		if folders, found = p.pins[importPath]; found {
			return folders, true
		}
	}
	return nil, false
}

func parent(importPath string) string {
	if i := strings.LastIndex(importPath, "/"); i >= 0 {
		return importPath[:i]
	}
	return "."
}

// grants lists what a folder may import from the standard library; ok is
// false where the policy does not limit it.
func (p *Policy) grants(dir string) (packages []string, ok bool) {
	if !within(dir, p.pure) {
		return nil, false
	}
	for _, g := range p.uses {
		if within(dir, g.folders) {
			packages = append(packages, g.packages...)
		}
	}
	return packages, true
}
