package workload

import (
	"context"
	"fmt"
	"math/rand/v2"

	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/objects"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/tenancy"
	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/jepsen/history"
	"github.com/weir-store/weir/jepsen/model"
)

// accessParts is the number of readers, each with a scope and an object.
const accessParts = 8

// Access shares objects with readers and takes them back, by membership and by
// projection, while the readers read on whatever node.
type Access struct {
	cluster *Cluster
	owner   string
	pairs   []pair
	history *history.Recorder[model.AccessInput, model.AccessOutput]
}

type pair struct {
	reader urn.ID
	token  string
	scope  urn.ID
	object urn.ID
}

// Name implements Workload.
func (*Access) Name() string { return "access" }

// Prepare implements Workload.
func (w *Access) Prepare(ctx context.Context, c *Cluster) error {
	w.cluster = c
	w.history = history.NewRecorder[model.AccessInput, model.AccessOutput]()
	var err error
	if w.owner, err = c.user(ctx, "access-owner"); err != nil {
		return err
	}
	owner := c.Connect(c.Nodes[0], w.owner)
	for i := range accessParts {
		p := pair{reader: urn.ID(fmt.Sprintf("access-reader-%d", i))}
		if p.token, err = c.user(ctx, p.reader); err != nil {
			return err
		}
		scope, err := tenancy.Create.Call(ctx, owner, tenancy.CreateInput{Name: string(p.reader)})
		if err != nil {
			return fmt.Errorf("workload: create a scope: %w", err)
		}
		object, err := objects.Create.Call(ctx, owner, objects.CreateInput{Type: "shared", Data: encode("secret")})
		if err != nil {
			return fmt.Errorf("workload: create an object: %w", err)
		}
		p.scope, p.object = scope.ID, object.ID
		w.pairs = append(w.pairs, p)
	}
	return nil
}

// Run implements Workload.
func (w *Access) Run(ctx context.Context, seed uint64) { parts(ctx, accessParts, seed, w.turn) }

func (w *Access) turn(ctx context.Context, r *rand.Rand, client, part int) history.Outcome {
	p := w.pairs[part]
	in := model.AccessInput{Pair: string(p.reader), Step: model.ReadObject}
	// One client of each pair changes the grants, the others read: they see
	// each revocation from other nodes than the one that took it.
	if client%clientsToPart == 0 {
		in.Step = []model.AccessStep{model.AddMember, model.RemoveMember, model.Project, model.Unproject}[r.IntN(4)]
	}
	return w.history.Do(client, in, func() (model.AccessOutput, error) {
		ctx, cancel := w.cluster.within(ctx)
		defer cancel()
		if in.Step == model.ReadObject {
			return read(ctx, w.cluster.anywhere(r, p.token), p)
		}
		return model.AccessOutput{}, change(ctx, w.cluster.anywhere(r, w.owner), p, in.Step)
	})
}

// read asks for the object. Not to find it is an answer.
func read(ctx context.Context, runner op.Runner, p pair) (model.AccessOutput, error) {
	_, err := objects.Get.Call(ctx, runner, objects.GetInput{ID: p.object})
	if fault.Is(err, fault.NotFound) {
		return model.AccessOutput{}, nil
	}
	return model.AccessOutput{Allowed: err == nil}, err
}

func change(ctx context.Context, runner op.Runner, p pair, step model.AccessStep) (err error) {
	switch step {
	case model.AddMember:
		_, err = tenancy.Add.Call(ctx, runner, tenancy.AddInput{ID: p.scope, PrincipalID: p.reader, Role: tenancy.Viewer})
	case model.RemoveMember:
		_, err = tenancy.Remove.Call(ctx, runner, tenancy.RemoveInput{ID: p.scope, PrincipalID: p.reader})
	case model.Project:
		_, err = tenancy.Project.Call(ctx, runner, tenancy.ProjectInput{ID: p.scope, ObjectID: p.object, Level: "read"})
	case model.Unproject:
		_, err = tenancy.Unproject.Call(ctx, runner, tenancy.UnprojectInput{ID: p.scope, ObjectID: p.object})
	}
	return err
}

// Judge implements Workload.
func (w *Access) Judge(keep string) (Result, error) {
	return judge(w.Name(), keep, model.Access(), w.history.Operations())
}
