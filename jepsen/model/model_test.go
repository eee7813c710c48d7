package model_test

import (
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/weir-store/weir/jepsen/history"
	"github.com/weir-store/weir/jepsen/model"
)

type write = model.RegisterInput

type seen = model.RegisterOutput

func register(client int, call, ret int64, in write, outcome history.Outcome, out seen) history.Operation[write, seen] {
	in.Object = "o"
	return history.Operation[write, seen]{Client: client, Call: call, Return: ret, Input: in, Outcome: outcome, Output: out}
}

func TestRegister(t *testing.T) {
	initial := seen{1, "a"}
	for _, row := range []struct {
		name string
		want porcupine.CheckResult
		ops  []history.Operation[write, seen]
	}{
		{"a read sees the write before it", porcupine.Ok, []history.Operation[write, seen]{
			register(0, 1, 2, write{Write: "b", Expect: 1}, history.OK, seen{2, "b"}),
			register(1, 3, 4, write{}, history.OK, seen{2, "b"}),
		}},
		{"a stale read", porcupine.Illegal, []history.Operation[write, seen]{
			register(0, 1, 2, write{Write: "b"}, history.OK, seen{2, "b"}),
			register(1, 3, 4, write{}, history.OK, seen{1, "a"}),
		}},
		{"two conditional writes on one version", porcupine.Illegal, []history.Operation[write, seen]{
			register(0, 1, 9, write{Write: "b", Expect: 1}, history.OK, seen{2, "b"}),
			register(1, 1, 9, write{Write: "c", Expect: 1}, history.OK, seen{2, "c"}),
		}},
		{"a refused write that took effect", porcupine.Illegal, []history.Operation[write, seen]{
			register(0, 1, 2, write{Write: "b", Expect: 7}, history.Refused, seen{}),
			register(1, 3, 4, write{}, history.OK, seen{2, "b"}),
		}},
		{"a conflict without reason", porcupine.Illegal, []history.Operation[write, seen]{
			register(0, 1, 2, write{Write: "b", Expect: 1}, history.Refused, seen{}),
		}},
		{"an unknown write that took effect late", porcupine.Ok, []history.Operation[write, seen]{
			register(0, 1, history.Never, write{Write: "b"}, history.Unknown, seen{}),
			register(1, 3, 4, write{}, history.OK, seen{1, "a"}),
			register(1, 5, 6, write{}, history.OK, seen{2, "b"}),
		}},
		{"an unknown write that never did", porcupine.Ok, []history.Operation[write, seen]{
			register(0, 1, history.Never, write{Write: "b", Expect: 1}, history.Unknown, seen{}),
			register(1, 3, 4, write{Write: "c", Expect: 1}, history.OK, seen{2, "c"}),
			register(1, 5, 6, write{}, history.OK, seen{2, "c"}),
		}},
		{"a write applied twice", porcupine.Illegal, []history.Operation[write, seen]{
			register(0, 1, 2, write{Write: "b"}, history.OK, seen{2, "b"}),
			register(1, 3, 4, write{}, history.OK, seen{3, "b"}),
		}},
		{"a refusal before the log that took effect", porcupine.Illegal, []history.Operation[write, seen]{
			register(0, 1, 2, write{Write: "b"}, history.Nothing, seen{}),
			register(1, 3, 4, write{}, history.OK, seen{2, "b"}),
		}},
	} {
		t.Run(row.name, func(t *testing.T) {
			if got := model.Check(model.Register(initial), row.ops, time.Minute); got.Result != row.want {
				t.Errorf("the checker says %s, want %s", got.Result, row.want)
			}
		})
	}
}

type step = model.AccessInput

type found = model.AccessOutput

func access(call, ret int64, s model.AccessStep, outcome history.Outcome, allowed bool) history.Operation[step, found] {
	return history.Operation[step, found]{Call: call, Return: ret, Input: step{Pair: "p", Step: s}, Outcome: outcome, Output: found{allowed}}
}

func TestAccess(t *testing.T) {
	shared := []history.Operation[step, found]{
		access(1, 2, model.AddMember, history.OK, false),
		access(3, 4, model.Project, history.OK, false),
	}
	for _, row := range []struct {
		name string
		want porcupine.CheckResult
		ops  []history.Operation[step, found]
	}{
		{"shared and read", porcupine.Ok, append(shared, access(5, 6, model.ReadObject, history.OK, true))},
		{"read while it is revoked", porcupine.Ok, append(shared, access(5, 9, model.Unproject, history.OK, false), access(6, 8, model.ReadObject, history.OK, true))},
		{"read after a revocation", porcupine.Illegal, append(shared, access(5, 6, model.Unproject, history.OK, false), access(7, 8, model.ReadObject, history.OK, true))},
		{"read after the member left", porcupine.Illegal, append(shared, access(5, 6, model.RemoveMember, history.OK, false), access(7, 8, model.CheckAccess, history.OK, true))},
		{"refused while shared", porcupine.Illegal, append(shared, access(5, 6, model.ReadObject, history.OK, false))},
		{"a revocation of unknown outcome", porcupine.Ok, append(shared, access(5, history.Never, model.Unproject, history.Unknown, false), access(7, 8, model.ReadObject, history.OK, true), access(9, 10, model.ReadObject, history.OK, false))},
		{"back after an unknown revocation took effect", porcupine.Illegal, append(shared, access(5, history.Never, model.Unproject, history.Unknown, false), access(7, 8, model.ReadObject, history.OK, false), access(9, 10, model.ReadObject, history.OK, true))},
	} {
		t.Run(row.name, func(t *testing.T) {
			if got := model.Check(model.Access(), row.ops, time.Minute); got.Result != row.want {
				t.Errorf("the checker says %s, want %s", got.Result, row.want)
			}
		})
	}
}
