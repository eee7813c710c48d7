package compliance_test

import (
	"bytes"

	"github.com/weir-store/weir/core/identity"
	"github.com/weir-store/weir/core/objects"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/storage"
	"github.com/weir-store/weir/storage/key"
)

type principal = identity.Principal

func findPrincipal(v state.View, id urn.ID) (*principal, bool) { return identity.Find(v, id) }

func (s *store) header(id urn.ID) func(state.View) (*objects.Header, bool) {
	return func(v state.View) (*objects.Header, bool) { return objects.Find(v, id) }
}

func (s *store) version(id urn.ID, n uint64) func(state.View) (*objects.Version, bool) {
	return func(v state.View) (*objects.Version, bool) { return objects.FindVersion(v, id, n) }
}

// unlist takes an object out of its owner's index.
func (s *store) unlist(id urn.ID) {
	s.t.Helper()
	snapshot, err := s.Engine.Snapshot(s.Engine.Published())
	if err != nil {
		s.t.Fatal(err)
	}
	defer snapshot.Close()
	start, end := key.Prefix(key.New(key.ObjectOwner))
	rows := snapshot.Scan(start, end, false)
	defer rows.Close()
	for rows.Next() {
		if bytes.Equal(rows.Value(), objectKey(id)) {
			s.put(bytes.Clone(rows.Key()), nil)
			return
		}
	}
	s.t.Fatal("the object is not in the index")
}

// tamper changes the action that a stored entry tells of.
func (s *store) tamper(sequence uint64) {
	s.t.Helper()
	snapshot, err := s.Engine.Snapshot(s.Engine.Published())
	if err != nil {
		s.t.Fatal(err)
	}
	defer snapshot.Close()
	k := state.Key(key.Audit, sequence)
	raw, err := snapshot.Get(k)
	if err != nil {
		s.t.Fatal(err)
	}
	changed := bytes.Replace(raw, []byte(`"action":"create"`), []byte(`"action":"delete"`), 1)
	if bytes.Equal(raw, changed) {
		s.t.Fatalf("entry %d creates nothing", sequence)
	}
	err = s.Engine.Apply(&storage.Batch{Commits: []storage.Commit{{
		Revision: s.Engine.Published() + 1, Writes: []storage.Write{{Key: k, Value: changed}},
	}}})
	if err != nil {
		s.t.Fatal(err)
	}
}
