package arch

import (
	"os"
	"testing"
)

// TestTree holds this repository to its rules.
func TestTree(t *testing.T) {
	tree, err := Load("../..")
	if err != nil {
		t.Fatal(err)
	}
	policy, err := ParsePolicy(read(t, "layers.txt"))
	if err != nil {
		t.Fatal(err)
	}
	exceptions, err := ParseExceptions(read(t, "exceptions.txt"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range exceptions.Apply(inspect(t, tree, policy, House)) {
		t.Errorf("%v [%s %s]", f, f.Rule, f.Subject())
	}
}

// inspect runs every check.
func inspect(t *testing.T, tree *Tree, policy *Policy, limits Limits) []Finding {
	t.Helper()
	found, err := tree.Imports(policy)
	if err != nil {
		t.Fatal(err)
	}
	habits, err := tree.Habits()
	if err != nil {
		t.Fatal(err)
	}
	impure, err := tree.Pure(policy)
	if err != nil {
		t.Errorf("the tree does not type-check: %v", err)
	}
	found = append(found, habits...)
	found = append(found, impure...)
	return append(found, tree.Budgets(limits)...)
}

func read(t *testing.T, name string) string {
	t.Helper()
	raw, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}
