package identifier_test

import (
	"testing"

	"github.com/weir-store/weir/core/access"
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/identity"
	"github.com/weir-store/weir/core/identity/identifier"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/internal/testkit/stage"
)

const (
	ann  urn.ID = "usr_01890a5d0c1e7000a0000000000000a1"
	bea  urn.ID = "usr_01890a5d0c1e7000a0000000000000a2"
	host urn.ID = "svc_01890a5d0c1e7000a0000000000000a3"
	root urn.ID = "root"
)

func setUp(t *testing.T) *stage.Stage {
	t.Helper()
	s := stage.New(t, access.Sight{}, identity.Ops, identifier.Ops)
	s.Principal(ann)
	s.Principal(bea)
	s.Principal(host, op.ActAsHost)
	s.Principal(root, op.Administer)
	return s
}

// named is an identifier as a node makes it, but for the keys.
func named(text string) op.Identifier {
	id := op.Identifier{Sealed: op.Sealed("1." + text)}
	copy(id.Exact[:], text)
	copy(id.Login[:], text)
	return id
}

func bind(t *testing.T, s *stage.Stage, who urn.ID, text string, want fault.Code) {
	t.Helper()
	s.Change(func(tx *op.Tx) {
		var got fault.Code
		if f := identifier.Bind(tx, who, named(text)); f != nil {
			got = f.Code
		}
		if got != want {
			t.Errorf("%s gets %s: %q, want %q", who, text, got, want)
		}
	})
}

func holder(s *stage.Stage, text string) (who urn.ID) {
	s.Look(func(v state.View) {
		if id, ok := identifier.Holder(v, named(text)); ok {
			who = id
		}
	})
	return who
}

// An identifier belongs to one user, until it is archived.
func TestOneHolder(t *testing.T) {
	s := setUp(t)
	bind(t, s, ann, "a@x", "")
	bind(t, s, ann, "a@x", "")
	bind(t, s, bea, "a@x", fault.IdentifierInUse)
	s.SetLifecycle(ann, identity.Suspended)
	bind(t, s, bea, "a@x", fault.IdentifierInUse)
	s.SetLifecycle(ann, identity.Archived)
	if got := holder(s, "a@x"); got != "" {
		t.Errorf("%s has it, who is archived", got)
	}
	bind(t, s, bea, "a@x", "")
	s.SetLifecycle(ann, identity.Active)
	if got := holder(s, "a@x"); got != bea {
		t.Errorf("%q has it, want %s", got, bea)
	}
	if got := holder(s, "b@x"); got != "" {
		t.Errorf("%s has what nobody was given", got)
	}
}

func TestList(t *testing.T) {
	s := setUp(t)
	for _, text := range []string{"c@x", "a@x", "b@x"} {
		bind(t, s, ann, text, "")
	}
	bind(t, s, bea, "d@x", "")
	for who, want := range map[urn.ID]fault.Code{ann: "", host: "", root: "", bea: fault.NotFound} {
		var texts []string
		in := identifier.ListInput{ID: ann, Paging: op.Paging{Limit: 2}}
		for {
			page, code := stage.Do(s, who, identifier.List.Call, in)
			if code != want {
				t.Fatalf("%s lists: %q, want %q", who, code, want)
			}
			for _, i := range page.Items {
				texts = append(texts, string(*i.Text))
			}
			if in.Cursor = string(page.NextCursor); in.Cursor == "" {
				break
			}
		}
		if want == "" && len(texts) != 3 {
			t.Errorf("%s sees %v", who, texts)
		}
	}
	if _, code := stage.Do(s, root, identifier.List.Call, identifier.ListInput{ID: "nobody"}); code != fault.NotFound {
		t.Errorf("of nobody: %q", code)
	}
}

// A rollback takes away what came since, and gives nothing back.
func TestRevert(t *testing.T) {
	s := setUp(t)
	bind(t, s, ann, "a@x", "")
	before := s.Revision()
	bind(t, s, ann, "b@x", "")
	entity, ok := op.NewCatalog(identity.Ops, identifier.Ops).Entity(identifier.Entity)
	if !ok {
		t.Fatal("there is no such entity")
	}
	back := func(id urn.ID) (err error) {
		s.LookAt(before, func(past state.View) {
			s.Change(func(tx *op.Tx) { err = entity.Revert(tx, id, past) })
		})
		return err
	}
	if err := back(ann); err != nil || holder(s, "b@x") != "" || holder(s, "a@x") != ann {
		t.Errorf("%v: a@x is of %q, b@x of %q", err, holder(s, "a@x"), holder(s, "b@x"))
	}
	if _, moot := back(ann).(op.Moot); !moot { //nolint:errorlint // it is what Revert returns
		t.Error("taken back twice")
	}
	bind(t, s, bea, "b@x", "")
}
