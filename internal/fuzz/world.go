package fuzz

import (
	"fmt"
	"math/rand/v2"

	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/identity"
	"github.com/weir-store/weir/core/identity/apikey"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/urn"
)

// world is a machine and the model of what is in it.
type world struct {
	*machine
	model
	// past is what was true after each step.
	past []moment
	// did tells of the steps in words.
	did               []string
	checks, rollbacks uint64
}

// moment is the model as of a revision, true from at on until the next one.
type moment struct {
	revision uint64
	at       state.Time
	model    model
}

// difference is an error of the store: what it did is not what the model says.
type difference string

func (d difference) Error() string { return string(d) }

// step is one mutation as numbers. What they mean is found out when it runs: an
// actor or an object is the number modulo how many there are. So every part of
// a script is a script, and a failing one can be made shorter.
type step struct {
	kind       int
	a, b, c, d uint32
}

// draw makes up a step.
func draw(r *rand.Rand, kinds []kind) step {
	total := 0
	for _, k := range kinds {
		total += k.weight
	}
	s := step{a: r.Uint32(), b: r.Uint32(), c: r.Uint32(), d: r.Uint32()}
	for n := r.IntN(total); n >= kinds[s.kind].weight; s.kind++ {
		n -= kinds[s.kind].weight
	}
	return s
}

func newWorld(catalog *op.Catalog, sight op.Sight, principals int) (*world, error) {
	m, err := newMachine(catalog, sight)
	if err != nil {
		return nil, err
	}
	w := &world{machine: m}
	for i := range principals {
		id := idOf(i)
		_, f, err := call(m, apikey.Root, identity.Create, identity.CreateInput{ID: id, Kind: kindOf(i)})
		if err := either(f, err); err != nil {
			return nil, err
		}
		key, f, err := call(m, apikey.Root, apikey.Create, apikey.CreateInput{PrincipalID: id, Name: "key", Digest: digest(uint64(i) + 1)})
		if err := either(f, err); err != nil {
			return nil, err
		}
		m.keys[id] = key.Key.ID
		w.principals = append(w.principals, principal{id: id, active: true})
	}
	return w, nil
}

// idOf gives some principals a name of a caller's choice, the others an id that
// fits their kind.
func idOf(i int) urn.ID {
	switch {
	case i%4 == 3:
		return urn.ID(fmt.Sprintf("p%d", i))
	case kindOf(i) == identity.KindUser:
		return urn.Make(urn.PrefixUser, uint64(start)/1000, uint16(i), [8]byte{})
	}
	return urn.Make(urn.PrefixService, uint64(start)/1000, uint16(i), [8]byte{})
}

// kindOf gives principals of two kinds, for rules that tell them apart.
func kindOf(i int) string {
	if i%3 == 2 {
		return "agent"
	}
	return identity.KindUser
}

// try runs a command for one of the principals and holds its outcome against
// what the model says about the right to it, rules left out: they can only take
// away. It says whether it took effect.
func try[In, Out any](w *world, actor int, may bool, c op.Command[In, Out], in In) (out Out, ok bool, err error) {
	who := w.principals[actor]
	out, f, err := call(w.machine, who.id, c, in)
	if err != nil {
		return out, false, err
	}
	w.tell(who.id, c.Operation, in, f)
	may = may && who.active
	switch refused := lacksRight(f); {
	case f == nil && !may:
		return out, true, difference(fmt.Sprintf("%s did %s without the right to", who.id, c.Name))
	case refused && may && !w.inForce():
		return out, false, difference(fmt.Sprintf("%s was refused %s, to which it has the right: %v", who.id, c.Name, f))
	}
	return out, f == nil, nil
}

// lacksRight says whether a command ended for want of a right, and not for the
// state that it met.
func lacksRight(f *fault.Fault) bool {
	if f == nil {
		return false
	}
	switch f.Code {
	case fault.NotFound, fault.PermissionDenied, fault.Unauthenticated, fault.APIKeyInvalid:
		return true
	}
	return false
}

// tell writes down a command and how it ended.
func (w *world) tell(who urn.ID, o *op.Operation, in any, f *fault.Fault) {
	outcome := "done"
	if f != nil {
		outcome = string(f.Code)
	}
	raw, err := op.Marshal(in)
	if err != nil {
		raw = []byte(err.Error())
	}
	w.say("%s %s %s: %s", who, o.Name, raw, outcome)
}

func (w *world) say(format string, args ...any) {
	w.did = append(w.did, fmt.Sprintf(format, args...))
}

// take runs a step and remembers what is true after it.
func (w *world) take(s step, kinds []kind) error {
	if err := kinds[s.kind].run(w, s); err != nil {
		return err
	}
	w.past = append(w.past, moment{w.revision(), w.now, w.clone()})
	return nil
}

// of gives the place in a list that a number means; false if there is none.
func of(n uint32, length int) (int, bool) {
	if length == 0 {
		return 0, false
	}
	return int(n % uint32(length)), true
}

// actor is anybody, or mostly one of those who are entitled.
func (w *world) actor(n uint32, entitled ...int) int {
	if len(entitled) > 0 && n%4 != 0 {
		return entitled[int(n/4)%len(entitled)]
	}
	return int(n/4) % len(w.principals)
}
