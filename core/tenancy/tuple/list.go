package tuple

import (
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/tenancy"
	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/storage/key"
)

// ListInput names a subject or an object, and filters the tuples between them.
type ListInput struct {
	SubjectType string `json:"subject_type,omitempty" op:"query" doc:"what the subject is; give it with subject_id"`
	SubjectID   urn.ID `json:"subject_id,omitempty" op:"query" doc:"the subject: all that it has, or has to the object"`
	ObjectType  string `json:"object_type,omitempty" op:"query" doc:"what the object is; give it with object_id"`
	ObjectID    urn.ID `json:"object_id,omitempty" op:"query" doc:"the object: all that there is to it"`
	Relation    string `json:"relation,omitempty" op:"query" doc:"only this relation"`
	op.Paging
}

// List shows the tuples of a subject or an object that are in force, those of
// memberships among them, in the order in which they came to be.
var List = op.NewQuery(Ops, op.Spec[ListInput, op.Page[Tuple]]{
	Name:     "list",
	Summary:  "List the tuples of a subject, or of an object, that are in force.",
	Doc:      "The tuples of a subject are shown to itself; those of an object to who has the relation owner or admin to it, or owns it. Holders of tuples.write, audit.read or cluster.admin and hosts see all.",
	Route:    "GET /v1/tuples",
	Access:   op.Anyone[ListInput]("list"),
	Faults:   []fault.Code{fault.NotFound, fault.PermissionDenied, fault.InvalidFormat, fault.InvalidID, fault.InvalidCursor},
	Example:  ListInput{SubjectType: urn.PrefixUser, SubjectID: exampleSubject},
	Result:   op.NewPage([]Tuple{example}, ""),
	Validate: func(in *ListInput) *fault.Fault { return in.validate() },
}, func(v *op.View, in ListInput) (op.Page[Tuple], error) {
	if err := asks(v, "list", in.SubjectID, in.ObjectID); err != nil {
		return op.Page[Tuple]{}, err
	}
	return in.fill(v.View, v.At), nil
})

func (in *ListInput) validate() *fault.Fault {
	subject, object := in.SubjectType != "" || in.SubjectID != "", in.ObjectType != "" || in.ObjectID != ""
	if !subject && !object {
		detail := "give subject_type and subject_id, or object_type and object_id"
		return fault.New(fault.ValidationFailed, "%s", detail).At(fault.Item{Pointer: "/subject_id", Code: "one-of", Detail: detail})
	}
	if subject {
		if f := checkThing("subject", in.SubjectType, &in.SubjectID); f != nil {
			return f
		}
	}
	if object {
		if f := checkThing("object", in.ObjectType, &in.ObjectID); f != nil {
			return f
		}
	}
	if in.Relation != "" {
		if f := checkRelation("/relation", in.Relation); f != nil {
			return f
		}
	}
	return in.CheckCursor(urn.PrefixTuple)
}

// fill merges what was written with what follows from memberships. It looks at
// no more than op.PageScan of both, and behind a full page, so that the last one
// has no cursor.
func (in *ListInput) fill(v state.View, at state.Time) op.Page[Tuple] {
	walks := in.walks(v, at)
	defer func() {
		for _, w := range walks {
			w.close()
		}
	}()
	var items []Tuple
	var next op.Cursor
	for seen := 0; ; seen++ {
		w := least(walks)
		if w == nil {
			return op.NewPage(items, "")
		}
		if seen == op.PageScan {
			return op.NewPage(items, next)
		}
		t, ok := w.show()
		ok = ok && in.fits(&t)
		if ok && len(items) == in.Size() {
			return op.NewPage(items, next)
		}
		if next = op.Cursor(w.id); ok {
			items = append(items, t)
		}
		w.step()
	}
}

func (in *ListInput) fits(t *Tuple) bool {
	return (in.SubjectID == "" || t.SubjectID == shown(in.SubjectID)) && (in.ObjectID == "" || t.ObjectID == shown(in.ObjectID)) &&
		(in.Relation == "" || t.Relation == in.Relation)
}

// walk is one walk over tuples in the order of their ids.
type walk struct {
	id    urn.ID
	next  func() (key.Key, bool)
	show  func() (Tuple, bool)
	close func()
}

func (w *walk) step() {
	w.id = ""
	if k, ok := w.next(); ok {
		w.id = state.TailID(urn.PrefixTuple, k)
	}
}

// least is the walk that stands on the lowest id; nil when all are at their end.
func least(walks []*walk) *walk {
	var first *walk
	for _, w := range walks {
		if w.id != "" && (first == nil || w.id < first.id) {
			first = w
		}
	}
	return first
}

func over[R any](rows *state.Rows[R], show func(*R) (Tuple, bool)) *walk {
	w := &walk{
		next: func() (key.Key, bool) {
			if !rows.Next() {
				return nil, false
			}
			return rows.Key(), true
		},
		show:  func() (Tuple, bool) { return show(rows.Row()) },
		close: rows.Close,
	}
	w.step()
	return w
}

func (in *ListInput) walks(v state.View, at state.Time) []*walk {
	after := urn.ID(in.Cursor)
	written := func(r *Row) (Tuple, bool) { return r.Shown(), r.InForce(v, at) }
	follows := func(m *tenancy.Membership) (Tuple, bool) { return implied(m), grants(v, m, at) }
	var r state.Range
	if in.SubjectID != "" {
		r.Prefix = ofSubject(in.SubjectID, walkAll)
		if after != "" {
			r.After = ofSubject(in.SubjectID, walkAll, after)
		}
		walks := []*walk{over(bySubject.Scan(v, r), written)}
		if isPrincipal(in.SubjectID) && (in.ObjectID == "" || isScope(in.ObjectID)) {
			walks = append(walks, over(tenancy.GrantsTo(v, in.SubjectID, after), follows))
		}
		return walks
	}
	r.Prefix = toObject(in.ObjectID, in.Relation)
	if after != "" {
		r.After = toObject(in.ObjectID, in.Relation, after)
	}
	walks := []*walk{over(byObject.Scan(v, r), written)}
	if isScope(in.ObjectID) && (in.Relation == "" || isRole(in.Relation)) {
		walks = append(walks, over(tenancy.GrantsOn(v, in.ObjectID, after), follows))
	}
	return walks
}
