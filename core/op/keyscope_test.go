package op_test

import (
	"testing"

	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/urn"
)

func TestKeyScopesAreReadStrictly(t *testing.T) {
	rows := []struct {
		text string
		ok   bool
	}{
		{"object.update", true},
		{"scope.add_member", true},
		{"object.*", true},
		{"*.read", true},
		{"*.*", true},
		{"", false},
		{"*", false},
		{"read", false},
		{".", false},
		{"object.", false},
		{".get", false},
		{"object.get.more", false},
		{"obj*.get", false},
		{"Object.get", false},
		{"object .get", false},
		{"objekt.gêt", false},
		{"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.b", false},
	}
	for _, row := range rows {
		t.Run(row.text, func(t *testing.T) {
			var s op.KeyScope
			if err := s.UnmarshalText([]byte(row.text)); (err == nil) != row.ok || (row.ok && string(s) != row.text) {
				t.Errorf("got %q, %v", s, err)
			}
		})
	}
}

// A key hands out no more than it has.
func TestScopesCover(t *testing.T) {
	type scopes = []op.KeyScope
	rows := []struct {
		name       string
		have, want scopes
		covered    bool
	}{
		{"all and all", nil, nil, true},
		{"all and some", nil, scopes{"object.*"}, true},
		{"some and all", scopes{"*.read"}, nil, false},
		{"everything in words and all", scopes{"*.*"}, nil, false},
		{"the same", scopes{"object.get"}, scopes{"object.get"}, true},
		{"one of a noun", scopes{"object.*"}, scopes{"object.get"}, true},
		{"those that read, of a noun", scopes{"object.*"}, scopes{"object.read"}, true},
		{"one of a verb", scopes{"*.get"}, scopes{"object.get"}, true},
		{"another noun", scopes{"object.*"}, scopes{"scope.get"}, false},
		{"every noun", scopes{"object.*"}, scopes{"*.get"}, false},
		{"every verb", scopes{"object.get"}, scopes{"object.*"}, false},
		{"one that reads, by its name", scopes{"object.read"}, scopes{"object.get"}, false},
		{"two of two", scopes{"object.*", "*.read"}, scopes{"*.read", "object.update"}, true},
		{"one of two", scopes{"object.*", "*.read"}, scopes{"object.update", "scope.create"}, false},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			c := op.Caller{ID: "alice", Scopes: row.have}
			if got := c.Covers(row.want); got != row.covered {
				t.Errorf("got %v", got)
			}
		})
	}
}

var (
	drinks = &op.Set{Noun: "drink"}
	look   = op.NewQuery(drinks, op.Spec[op.Nothing, op.Nothing]{Name: "look", Access: op.Anyone[op.Nothing]("read")},
		func(*op.View, op.Nothing) (op.Nothing, error) { return op.Nothing{}, nil })
	pour = op.NewCommand(drinks, op.Spec[op.Nothing, op.Nothing]{Name: "pour", Access: op.Holding[op.Nothing]("update", op.Administer)},
		func(*op.Tx, op.Nothing) (op.Nothing, error) { return op.Nothing{}, nil })
	smell = op.NewQuery(drinks, op.Spec[op.Nothing, op.Nothing]{Name: "smell", Access: op.Open[op.Nothing]("read")},
		func(*op.View, op.Nothing) (op.Nothing, error) { return op.Nothing{}, nil })
)

// blind knows no rule.
type blind struct{ op.Sight }

func (blind) Forbids(state.View, op.Request) (urn.ID, bool) { return "", false }

// Scopes are judged where rights are, and only take away.
func TestScopesNarrow(t *testing.T) {
	rows := []struct {
		scope             op.KeyScope
		look, pour, smell bool
	}{
		{"*.*", true, true, true},
		{"drink.*", true, true, true},
		{"*.read", true, false, true},
		{"drink.read", true, false, true},
		{"drink.pour", false, true, true},
		{"*.pour", false, true, true},
		{"food.*", false, false, true},
	}
	for _, row := range rows {
		t.Run(string(row.scope), func(t *testing.T) {
			v := op.View{Sight: blind{}, Caller: op.Caller{ID: "alice", Permissions: []op.Permission{op.Administer}, Scopes: []op.KeyScope{row.scope}}}
			for o, want := range map[*op.Operation]bool{look.Operation: row.look, pour.Operation: row.pour, smell.Operation: row.smell} {
				d := o.Authorize(v, op.Nothing{})
				if d.Allowed != want {
					t.Errorf("%s is %v", o.Name, d.Allowed)
				}
				if f := d.Refusal(op.None); (f == nil) != want || (f != nil && f.Code != fault.InsufficientScope) {
					t.Errorf("%s is refused with %v", o.Name, f)
				}
			}
			v.Caller.Permissions = nil
			if pour.Authorize(v, op.Nothing{}).Allowed {
				t.Error("a scope gave what its principal may not do")
			}
		})
	}
}
