package bench

import (
	"context"
	"strings"

	"github.com/weir-store/weir/cmd/weir/failure"
	"github.com/weir-store/weir/core/access"
	"github.com/weir-store/weir/core/objects"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/urn"
)

// Workload is a kind of call that is made over and over.
type Workload struct {
	Name, Doc string
	// existing says that the workload needs objects that are there before.
	existing bool
	step     func(ctx context.Context, c *client) error
}

var workloads = []*Workload{
	{Name: "object-create", Doc: "create objects", step: create},
	{Name: "object-update", Doc: "append versions to objects", existing: true, step: update},
	{Name: "object-get", Doc: "read single objects", existing: true, step: get},
	{Name: "check", Doc: "ask whether the caller may read an object", existing: true, step: check},
	{Name: "list", Doc: "list a page of objects", existing: true, step: list},
	{Name: "mixed", Doc: "of ten calls, eight read, one updates, one creates", existing: true, step: mixed},
}

// Workloads are what can be measured.
func Workloads() []*Workload { return workloads }

// Names are the names of the workloads.
func Names() []string {
	var names []string
	for _, w := range workloads {
		names = append(names, w.Name)
	}
	return names
}

func find(name string) (*Workload, error) {
	for _, w := range workloads {
		if w.Name == name {
			return w, nil
		}
	}
	return nil, &failure.UsageError{Key: "--workload", Problem: "there is no such workload", Fix: "use " + strings.Join(Names(), ", ")}
}

// objectType is the type of every object that a run makes.
const objectType = "bench"

func create(ctx context.Context, c *client) error {
	_, err := objects.Create.Call(ctx, c.runner, objects.CreateInput{Type: objectType, Data: c.data()})
	return err
}

func update(ctx context.Context, c *client) error {
	_, err := objects.Update.Call(ctx, c.runner, objects.UpdateInput{ID: c.object(), Data: c.data()})
	return err
}

func get(ctx context.Context, c *client) error {
	_, err := objects.Get.Call(ctx, c.runner, objects.GetInput{ID: c.object()})
	return err
}

func check(ctx context.Context, c *client) error {
	_, err := access.Check.Call(ctx, c.runner, access.Question{Action: "read", ObjectID: c.object()})
	return err
}

func list(ctx context.Context, c *client) error {
	_, err := objects.List.Call(ctx, c.runner, objects.ListInput{})
	return err
}

func mixed(ctx context.Context, c *client) error {
	switch c.random.IntN(10) {
	case 0:
		return create(ctx, c)
	case 1:
		return update(ctx, c)
	}
	return get(ctx, c)
}

// object chooses one of the objects that were there before.
func (c *client) object() urn.ID {
	return urn.ID(c.bench.objects[c.random.IntN(len(c.bench.objects))])
}

const letters = "abcdefghijklmnopqrstuvwxyz0123456789"

// data is an object whose canonical form has the size that was asked for.
func (c *client) data() op.JSON {
	const frame = len(`{"text":""}`)
	text := make([]byte, max(c.bench.Size-frame, 0))
	for i := range text {
		text[i] = letters[c.random.IntN(len(letters))]
	}
	return op.JSON(`{"text":"` + string(text) + `"}`)
}
