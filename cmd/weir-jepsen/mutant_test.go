package main

import (
	"go/parser"
	"go/token"
	"path/filepath"
	"testing"
)

// Each fault can still be planted: the text that it changes is there, once, and
// what comes of it is Go.
func TestMutantsFitTheSource(t *testing.T) {
	for name := range mutants {
		dir := t.TempDir()
		if _, err := plant(t.Context(), dir, name); err != nil {
			t.Error(err)
			continue
		}
		if _, err := parser.ParseFile(token.NewFileSet(), filepath.Join(dir, "planted.go"), nil, 0); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := plant(t.Context(), t.TempDir(), "no-such-fault"); err == nil {
		t.Error("a fault that there is not was planted")
	}
}
