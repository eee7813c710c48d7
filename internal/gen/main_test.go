package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestFilesAreCurrent compares the tree with what the declarations say.
func TestFilesAreCurrent(t *testing.T) {
	for _, f := range files() {
		t.Run(f.path, func(t *testing.T) {
			got, err := os.ReadFile(filepath.Join("..", "..", f.path))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(f.text, string(got)); diff != "" {
				t.Errorf("out of date; run make docs (-declared +file):\n%s", diff)
			}
		})
	}
}
