package op

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/urn"
)

// Catalog is all operations of a program by name.
type Catalog struct {
	list     []*Operation
	byName   map[string]*Operation
	entities []*Entity
	guards   []*Guard
}

// NewCatalog joins sets. It panics on a name that occurs twice, which is a
// mistake in the program.
func NewCatalog(sets ...*Set) *Catalog {
	c := &Catalog{byName: map[string]*Operation{}}
	for _, s := range sets {
		c.addEntities(s)
		c.guards = append(c.guards, s.guards...)
		for _, o := range s.operations {
			if c.byName[o.Name] != nil {
				panic(fmt.Sprintf("op: %s is declared at %s:%d and again", o.Name, o.File, o.Line))
			}
			c.byName[o.Name] = o
			c.list = append(c.list, o)
		}
	}
	slices.SortStableFunc(c.list, func(a, b *Operation) int { return strings.Compare(a.Name, b.Name) })
	return c
}

// Lookup finds an operation by name.
func (c *Catalog) Lookup(name string) (*Operation, bool) {
	o, ok := c.byName[name]
	return o, ok
}

// Operations lists the catalog by name.
func (c *Catalog) Operations() []*Operation { return slices.Clone(c.list) }

// Call runs the command through a runner.
func (c Command[In, Out]) Call(ctx context.Context, r Runner, in In) (Out, error) {
	return send[In, Out](ctx, r, c.Operation, in)
}

// Call runs the query through a runner.
func (q Query[In, Out]) Call(ctx context.Context, r Runner, in In) (Out, error) {
	return send[In, Out](ctx, r, q.Operation, in)
}

func send[In, Out any](ctx context.Context, r Runner, o *Operation, in In) (Out, error) {
	var out Out
	raw, err := Marshal(in)
	if err != nil {
		return out, err
	}
	reply, err := r.Run(ctx, &Call{Op: o.Name, Operation: o, Input: raw})
	if err != nil {
		return out, err
	}
	if raw, ok := any(&out).(*Raw); ok && reply.Raw != nil {
		*raw = *reply.Raw
		return out, nil
	}
	if len(reply.Output) == 0 {
		return out, nil
	}
	err = Unmarshal(reply.Output, &out)
	return out, err
}

// Marshal gives the JSON of an input or output, without escaping what only
// HTML would need.
func Marshal(v any) (JSON, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, fmt.Errorf("op: encode %T: %w", v, err)
	}
	return bytes.TrimRight(b.Bytes(), "\n"), nil
}

// Unmarshal reads an output. Members that are not known are passed over, so
// that a client can talk to a newer node.
func Unmarshal(raw JSON, v any) error {
	if err := json.Unmarshal(raw, v); err != nil {
		return fmt.Errorf("op: decode %T: %w", v, err)
	}
	return nil
}

// Nothing is the output of operations that give none.
type Nothing struct{}

// Cursor is the place where a list goes on: for handlers a key of their own,
// on the wire a signed token. Empty means the beginning, or no more.
type Cursor string

// MarshalJSON shows the absence of more as null.
func (c Cursor) MarshalJSON() ([]byte, error) {
	if c == "" {
		return []byte("null"), nil
	}
	return json.Marshal(string(c))
}

// Page is the output of a list.
type Page[T any] struct {
	Items      []T    `json:"items" doc:"the things of this page"`
	NextCursor Cursor `json:"next_cursor" doc:"give it as cursor to get the next page; null when there is none"`
	HasMore    bool   `json:"has_more" doc:"whether there may be more; a page can be short all the same"`
}

// NewPage makes a page; items are never null, and next is "" at the end.
func NewPage[T any](items []T, next Cursor) Page[T] {
	if items == nil {
		items = []T{}
	}
	return Page[T]{Items: items, NextCursor: next, HasMore: next != ""}
}

// Paging is embedded by the inputs of lists.
type Paging struct {
	Limit  int    `json:"limit,omitempty" op:"query,min=1" doc:"items per page: 1 to 200, 50 when absent; more is taken as 200"`
	Cursor string `json:"cursor,omitempty" op:"query" doc:"next_cursor of the page before"`
}

// The bounds of a page.
const (
	DefaultLimit = 50
	MaxLimit     = 200
)

// Size is the number of items that the page may have.
func (p Paging) Size() int {
	if p.Limit == 0 {
		return DefaultLimit
	}
	return min(p.Limit, MaxLimit)
}

// CheckCursor says whether the cursor, if there is one, is an id with one of some
// prefixes, as those of lists in order of id are.
func (p Paging) CheckCursor(prefixes ...string) *fault.Fault {
	if p.Cursor == "" || urn.IsValid(urn.ID(p.Cursor), prefixes...) {
		return nil
	}
	return fault.New(fault.InvalidCursor, "the cursor is not one of this list")
}

// Signed gives the page with its cursor as the edge shows it.
func (p Page[T]) Signed(sign func(Cursor) Cursor) any {
	if p.NextCursor != "" {
		p.NextCursor = sign(p.NextCursor)
	}
	return p
}
