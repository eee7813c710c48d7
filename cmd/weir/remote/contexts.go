package remote

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/weir-store/weir/cmd/weir/failure"
)

// Contexts are the endpoints that a user has logged in to, by name, in a file
// that only he can read.
type Contexts struct{ Path string }

type contextFile struct {
	Current  string              `json:"current"`
	Contexts map[string]Endpoint `json:"contexts"`
}

// DefaultContexts are those in the user's configuration directory. Without
// such a directory there are none, and none can be saved.
func DefaultContexts() Contexts {
	dir, err := os.UserConfigDir()
	if err != nil {
		return Contexts{}
	}
	return Contexts{filepath.Join(dir, "weir", "contexts.json")}
}

func (c Contexts) read() (contextFile, error) {
	f := contextFile{Contexts: map[string]Endpoint{}}
	if c.Path == "" {
		return f, nil
	}
	text, err := os.ReadFile(c.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return f, nil
	}
	if err != nil {
		return f, fmt.Errorf("read contexts: %w", err)
	}
	if err := json.Unmarshal(text, &f); err != nil {
		return f, &failure.UsageError{Key: c.Path, Problem: "is not a file of contexts", Fix: "remove it and log in again"}
	}
	return f, nil
}

// write replaces the file, so that a crash leaves the old one or the new one.
func (c Contexts) write(f contextFile) error {
	if c.Path == "" {
		return &failure.UsageError{Problem: "there is no directory to keep contexts in", Fix: "set HOME"}
	}
	text, err := json.MarshalIndent(f, "", "  ")
	if err != nil {
		return fmt.Errorf("write contexts: %w", err)
	}
	dir := filepath.Dir(c.Path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("write contexts: %w", err)
	}
	temp, err := os.CreateTemp(dir, "contexts-*") // readable by its owner only
	if err != nil {
		return fmt.Errorf("write contexts: %w", err)
	}
	_, err = temp.Write(append(text, '\n'))
	err = errors.Join(err, temp.Close())
	if err == nil {
		err = os.Rename(temp.Name(), c.Path)
	}
	if err != nil {
		return fmt.Errorf("write contexts: %w", errors.Join(err, os.Remove(temp.Name())))
	}
	return nil
}

// Load gives a context by name, the current one for "", or an empty endpoint
// where there is no current one.
func (c Contexts) Load(name string) (Endpoint, error) {
	f, err := c.read()
	if err != nil {
		return Endpoint{}, err
	}
	if name == "" {
		return f.Contexts[f.Current], nil
	}
	e, ok := f.Contexts[name]
	if !ok {
		return e, unknown(name)
	}
	return e, nil
}

// Save keeps a context and makes it the current one.
func (c Contexts) Save(name string, e Endpoint) error {
	f, err := c.read()
	if err != nil {
		return err
	}
	f.Current, f.Contexts[name] = name, e
	return c.write(f)
}

// Use makes a context the current one.
func (c Contexts) Use(name string) error {
	f, err := c.read()
	if err != nil {
		return err
	}
	if _, ok := f.Contexts[name]; !ok {
		return unknown(name)
	}
	f.Current = name
	return c.write(f)
}

// Remove forgets a context and its token.
func (c Contexts) Remove(name string) error {
	f, err := c.read()
	if err != nil {
		return err
	}
	if _, ok := f.Contexts[name]; !ok {
		return unknown(name)
	}
	delete(f.Contexts, name)
	if f.Current == name {
		f.Current = ""
	}
	return c.write(f)
}

// Named is a context without its token, for lists.
type Named struct {
	Name    string   `json:"name"`
	Current bool     `json:"current"`
	Servers []string `json:"servers"`
}

// List gives the contexts by name.
func (c Contexts) List() ([]Named, error) {
	f, err := c.read()
	if err != nil {
		return nil, err
	}
	list := []Named{}
	for _, name := range slices.Sorted(maps.Keys(f.Contexts)) {
		list = append(list, Named{name, name == f.Current, f.Contexts[name].Servers})
	}
	return list, nil
}

func unknown(name string) error {
	return &failure.UsageError{Key: name, Problem: "there is no context of that name", Fix: "see weir context list, or make it with weir login"}
}
