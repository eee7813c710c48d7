package fuzz

import (
	"context"
	"testing"
)

func run(t *testing.T, c Config) Result {
	t.Helper()
	r, err := Run(context.Background(), c)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestB7 is the scenario of the chapter: decision, level, list and visible set
// on random graphs are equal to brute force.
func TestB7(t *testing.T) {
	graphs := 60
	if testing.Short() {
		graphs = 10
	}
	r := run(t, Config{Seed: 1, Graphs: graphs, Mutations: 100})
	for _, v := range r.Violations {
		t.Error(v)
	}
	t.Logf("%+v", r)
}
