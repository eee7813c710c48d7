package access

import (
	"cmp"
	"strings"

	"github.com/weir-store/weir/core/objects"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/tenancy"
	"github.com/weir-store/weir/core/tenancy/tuple"
	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/storage/key"
)

// source is one sorted walk over ids of objects: some of those that the
// principal owns, what is projected into one place, or what its tuples are about.
type source struct {
	rows interface {
		Next() bool
		Key() key.Key
		Close()
	}
	// place and shared are set for what is projected, granted for tuples; for what
	// is owned, none.
	place   *place
	shared  *state.Rows[tenancy.Projection]
	granted *state.Rows[tuple.Row]
	// id is the object that the source stands on; typ its type, where the
	// order needs it.
	id  urn.ID
	typ string
}

// step moves on; at its end a source closes itself.
func (s *source) step(g op.Gaze) bool {
	if !s.rows.Next() {
		s.rows.Close()
		return false
	}
	k := s.rows.Key()
	if s.granted != nil {
		s.id, s.typ = tuple.ObjectAt(k, g)
		if !g.ByType {
			s.typ = ""
		}
		return true
	}
	s.id = state.TailID(urn.PrefixObject, k)
	if g.ByType {
		s.typ = s.typeIn(k)
	}
	return true
}

func (s *source) owned() bool { return s.place == nil && s.granted == nil }

// ways adds what the row that the source stands on gives on its object.
func (s *source) ways(why []op.Reason, h *objects.Header, v state.View, at state.Time) []op.Reason {
	if s.granted != nil {
		return granted(why, s.granted.Row(), v, at, false)
	}
	return s.place.through(why, h, s.shared.Row(), false)
}

// typeIn reads the type from a key of the index by owner, whose first part is a
// text, or of that by scope, whose first part is an id.
func (s *source) typeIn(k key.Key) string {
	_, d := key.Decode(k)
	if s.place == nil {
		_ = d.String()
	} else {
		d.Fixed16()
	}
	return d.String()
}

// sources implements heap.Interface in the order of a gaze. Of those that
// stand on one object the owner's comes first.
type sources struct {
	list []*source
	gaze op.Gaze
}

func (s *sources) Len() int { return len(s.list) }

func (s *sources) Less(i, j int) bool {
	a, b := s.list[i], s.list[j]
	order := cmp.Or(strings.Compare(a.typ, b.typ), strings.Compare(string(a.id), string(b.id)))
	if s.gaze.Reverse {
		order = -order
	}
	return order < 0 || order == 0 && a.owned() && !b.owned()
}

func (s *sources) Swap(i, j int) { s.list[i], s.list[j] = s.list[j], s.list[i] }

func (s *sources) Push(x any) { s.list = append(s.list, x.(*source)) }

func (s *sources) Pop() any {
	last := s.list[len(s.list)-1]
	s.list = s.list[:len(s.list)-1]
	return last
}
