package objects_test

import (
	"context"
	"errors"
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weir-store/weir/core/access"
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/identity"
	"github.com/weir-store/weir/core/objects"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/registry"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/tenancy"
	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/internal/testkit/stage"
)

// shelf is a stage with one object of alice's.
type shelf struct {
	*stage.Stage
	t  *testing.T
	id urn.ID
}

func newShelf(t *testing.T) *shelf {
	t.Helper()
	s := &shelf{Stage: stage.New(t, access.Sight{}, registry.Ops, identity.Ops, objects.TypeOps, objects.Ops, tenancy.Ops), t: t}
	for _, id := range []urn.ID{"alice", "bob", "carl"} {
		s.Principal(id)
	}
	s.Principal("root", op.Permissions()...)
	s.id = must(s, "alice", objects.Create.Call, objects.CreateInput{Type: "note", Data: op.JSON(`{"n":1}`)}).ID
	return s
}

func must[In, Out any](s *shelf, as urn.ID, call func(context.Context, op.Runner, In) (Out, error), in In) Out {
	s.t.Helper()
	out, err := call(context.Background(), s.As(as), in)
	if err != nil {
		s.t.Fatalf("%+v as %s: %v", in, as, err)
	}
	return out
}

func codeOf[In, Out any](s *shelf, as urn.ID, call func(context.Context, op.Runner, In) (Out, error), in In) fault.Code {
	s.t.Helper()
	_, err := call(context.Background(), s.As(as), in)
	f, _ := fault.Of(err)
	if err != nil && f == nil {
		s.t.Fatal(err)
	}
	if f == nil {
		return ""
	}
	return f.Code
}

func (s *shelf) update(data string) {
	must(s, "alice", objects.Update.Call, objects.UpdateInput{ID: s.id, Data: op.JSON(data)})
}
func (s *shelf) delete()  { must(s, "alice", objects.Delete.Call, objects.DeleteInput{ID: s.id}) }
func (s *shelf) restore() { must(s, "alice", objects.Restore.Call, objects.RestoreInput{ID: s.id}) }

// known is the object's entity as of a revision.
func (s *shelf) known(revision uint64) (known op.Known, there bool) {
	s.LookAt(revision, func(v state.View) { known, there = objects.Past.Known(v, s.id) })
	return known, there
}

// revert brings back what was at a revision, in the name of somebody.
func (s *shelf) revert(as urn.ID, revision uint64) (err error) {
	s.Change(func(tx *op.Tx) {
		tx.Caller = op.Caller{ID: as}
		err = objects.Past.Revert(tx, s.id, tx.Past(revision))
	})
	return err
}

// What a rollback brings back is the content of before, whatever happened.
func TestRevertBringsTheContentBack(t *testing.T) {
	for _, row := range []struct {
		name   string
		before func(*shelf)
		change func(*shelf)
		origin string
		added  uint64
	}{
		{"an update", nil, func(s *shelf) { s.update(`{"n":2}`) }, objects.OriginRollback, 1},
		{"many updates", nil, func(s *shelf) { s.update(`{"n":2}`); s.update(`{"n":3}`) }, objects.OriginRollback, 1},
		{"a deletion", nil, (*shelf).delete, objects.OriginRestore, 1},
		{"a restore", (*shelf).delete, (*shelf).restore, objects.OriginRestore, 0},
		{"an update and a deletion", nil, func(s *shelf) { s.update(`{"n":2}`); s.delete() }, objects.OriginRestore, 1},
		{"an update of what was restored", (*shelf).delete, func(s *shelf) { s.restore(); s.update(`{"n":2}`) }, objects.OriginRollback, 1},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := newShelf(t)
			if row.before != nil {
				row.before(s)
			}
			past := s.Revision()
			row.change(s)
			changed, _ := s.known(s.Revision())
			if err := s.revert("alice", past); err != nil {
				t.Fatal(err)
			}
			want, _ := s.known(past)
			got, _ := s.known(s.Revision())
			if diff := cmp.Diff(want.Content, got.Content, cmp.Exporter(func(reflect.Type) bool { return true })); diff != "" {
				t.Error(diff)
			}
			if got.Version != changed.Version+row.added {
				t.Errorf("version %d after %d: a number was reused or lost", got.Version, changed.Version)
			}
			s.Look(func(v state.View) {
				if x, ok := objects.FindVersion(v, s.id, got.Version); !ok || x.Origin != row.origin {
					t.Errorf("the newest version is %+v, want origin %s", x, row.origin)
				}
			})
			var moot op.Moot
			if err := s.revert("alice", past); !errors.As(err, &moot) {
				t.Errorf("once more: %v, want that there is nothing to do", err)
			}
		})
	}
}

func TestRevertOfACreateDeletes(t *testing.T) {
	s := newShelf(t)
	if err := s.revert("alice", 1); err != nil {
		t.Fatal(err)
	}
	if known, _ := s.known(s.Revision()); !known.Ended {
		t.Error("the object lives on")
	}
	if mark := must(s, "alice", objects.GetTombstone.Call, objects.MarkerInput{ID: s.id}); mark.Reason != "rollback" {
		t.Errorf("the mark says %q", mark.Reason)
	}
	var moot op.Moot
	if err := s.revert("alice", 1); !errors.As(err, &moot) {
		t.Errorf("once more: %v", err)
	}
}

func TestRevertRefuses(t *testing.T) {
	for _, row := range []struct {
		name   string
		change func(*shelf)
		as     urn.ID
		want   fault.Code
	}{
		{"a deletion, when the owner is gone", func(s *shelf) { s.delete(); s.SetLifecycle("alice", identity.Suspended) }, "alice", fault.PreconditionFailed},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := newShelf(t)
			past := s.Revision()
			row.change(s)
			if err := s.revert(row.as, past); !fault.Is(err, row.want) {
				t.Errorf("got %v, want %s", err, row.want)
			}
		})
	}
}
