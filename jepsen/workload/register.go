package workload

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"sync/atomic"

	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/objects"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/jepsen/history"
	"github.com/weir-store/weir/jepsen/model"
)

// registerParts is the number of objects that are written at once.
const registerParts = 8

// Register writes objects on condition of their version and reads them, from
// several clients at once.
type Register struct {
	cluster *Cluster
	token   string
	ids     []urn.ID
	seen    []atomic.Uint64
	values  atomic.Uint64
	history *history.Recorder[model.RegisterInput, model.RegisterOutput]
}

// Name implements Workload.
func (*Register) Name() string { return "register" }

// content is the data of an object of this workload.
type content struct {
	Value string `json:"value"`
}

var firstVersion = model.RegisterOutput{Version: 1, Value: "first"}

// Prepare implements Workload.
func (w *Register) Prepare(ctx context.Context, c *Cluster) error {
	w.cluster = c
	w.history = history.NewRecorder[model.RegisterInput, model.RegisterOutput]()
	w.seen = make([]atomic.Uint64, registerParts)
	var err error
	if w.token, err = c.user(ctx, "register-writer"); err != nil {
		return err
	}
	for i := range registerParts {
		o, err := objects.Create.Call(ctx, c.Connect(c.Nodes[0], w.token), objects.CreateInput{Type: "register", Data: encode(firstVersion.Value)})
		if err != nil {
			return fmt.Errorf("workload: create a register: %w", err)
		}
		w.ids = append(w.ids, o.ID)
		w.seen[i].Store(1)
	}
	return nil
}

// Run implements Workload.
func (w *Register) Run(ctx context.Context, seed uint64) {
	parts(ctx, registerParts, seed, w.turn)
}

func (w *Register) turn(ctx context.Context, r *rand.Rand, client, part int) history.Outcome {
	in := model.RegisterInput{Object: string(w.ids[part])}
	if r.IntN(2) == 0 {
		in.Write = fmt.Sprintf("v%d", w.values.Add(1))
		in.Expect = w.seen[part].Load()
	}
	runner := w.cluster.anywhere(r, w.token)
	return w.history.Do(client, in, func() (model.RegisterOutput, error) {
		ctx, cancel := w.cluster.within(ctx)
		defer cancel()
		return w.call(ctx, runner, part, in)
	})
}

func (w *Register) call(ctx context.Context, runner op.Runner, part int, in model.RegisterInput) (model.RegisterOutput, error) {
	var o objects.Object
	var err error
	if in.Write == "" {
		o, err = objects.Get.Call(ctx, runner, objects.GetInput{ID: w.ids[part]})
	} else {
		o, err = objects.Update.Call(ctx, runner, objects.UpdateInput{ID: w.ids[part], Data: encode(in.Write), Version: in.Expect})
	}
	if f, ok := fault.Of(err); ok && f.Code == fault.VersionConflict {
		w.learn(part, f)
	}
	if err != nil {
		return model.RegisterOutput{}, err
	}
	w.seen[part].Store(o.Version)
	return model.RegisterOutput{Version: o.Version, Value: decode(o.Data)}, nil
}

// learn takes the current version from a refusal.
func (w *Register) learn(part int, f *fault.Fault) {
	for _, m := range f.Members {
		if n, ok := m.Value.(uint64); ok && m.Name == "current" {
			w.seen[part].Store(n)
		}
	}
}

// Judge implements Workload.
func (w *Register) Judge(keep string) (Result, error) {
	return judge(w.Name(), keep, model.Register(firstVersion), w.history.Operations())
}

func encode(value string) op.JSON { return op.JSON(`{"value":"` + value + `"}`) }

func decode(data op.JSON) string {
	var c content
	if err := json.Unmarshal(data, &c); err != nil {
		return "unreadable: " + err.Error()
	}
	return c.Value
}
