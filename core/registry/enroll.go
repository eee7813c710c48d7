package registry

import (
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/urn"
)

// Register names a thing that comes into being in this transaction. A URN that
// was ever used is refused as already-exists. The trace of the thing's creation is the trace of
// its registration; a frozen registry does not stop it.
func Register(tx *op.Tx, name urn.URN, entity string, target urn.ID) (*Entry, *fault.Fault) {
	e := &Entry{
		Kind: name.Kind, Namespace: name.Namespace, Name: name.Name, Version: uint64(name.Version),
		TargetEntity: entity, TargetID: target,
	}
	f := insert(tx, e)
	if f != nil && f.Code == fault.AlreadyRegistered {
		f = fault.New(fault.AlreadyExists, "%s", f.Detail)
	}
	return e, f
}

// TypeURN is the name of an application's own type of objects.
func TypeURN(name string) urn.URN {
	return urn.URN{Kind: "model", Namespace: "objects", Name: name, Version: 1}
}

// namesType says whether the entry is of a type of objects: whoever used such a name first, it is everybody's to
// refer to, so that only administrators of the cluster change it.
func (e *Entry) namesType() bool {
	t := TypeURN(e.Name)
	return e.Kind == t.Kind && e.Namespace == t.Namespace
}

// Enroll finds the newest entry of a name that things refer to, such as the
// type of an object, and registers the name when it is used for the first time.
// Refer says whether the entry may be referred to.
func Enroll(tx *op.Tx, name urn.URN, entity string, target urn.ID) (*Entry, *fault.Fault) {
	if e, known := Newest(tx, name.Kind, name.Namespace, name.Name); known {
		return e, nil
	}
	return Register(tx, name, entity, target)
}

// Refer says whether a new record may refer to an entry that was found earlier:
// drafts and archived entries refuse it, and a deprecated one gives a warning
// for the reply. Where the entry was superseded, the newest version answers.
func Refer(v state.View, id urn.ID) (warning string, f *fault.Fault) {
	e, ok := Find(v, id)
	if !ok {
		return "", op.NotFound()
	}
	if e.Lifecycle == Active {
		return "", nil
	}
	e, _ = Newest(v, e.Kind, e.Namespace, e.Name)
	switch e.Lifecycle {
	case Draft, Archived:
		return "", fault.New(fault.PreconditionFailed, "%s is %s in the registry, so nothing new may refer to it", e.URN, e.Lifecycle).
			With("urn", e.URN).With("lifecycle", e.Lifecycle)
	case Deprecated:
		return e.URN + " is deprecated", nil
	}
	return "", nil
}
