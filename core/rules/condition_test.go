package rules

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/weir-store/weir/core/urn"
)

// FuzzConditions reads conditions that nobody checked: what is taken has one
// form, which reads back as itself.
func FuzzConditions(f *testing.F) {
	for _, s := range []string{
		``, `{}`, `{"action":"read"}`, `{"action":["b","a","a"],"role":"viewer"}`, `{"scope_id":"scp_01890a5d0c1e7000a000000000000004"}`,
		`[]`, `{"action":1e9}`, `{"action":"read","action":"x"}`, `{"object_type":"\ud800"}`, `{"principal_kind":["",1]}`, "{\"object_type\":\"a\\u0000b\"}",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		cs, bad := parse(raw)
		if bad != nil {
			return
		}
		form := cs.json()
		again, bad := parse(form)
		if bad != nil || !bytes.Equal(again.json(), form) {
			t.Errorf("%q has the form %s, which reads as %s, %v", raw, form, again.json(), bad)
		}
		for _, c := range cs {
			if len(c.AnyOf) == 0 || !slices.IsSorted(c.AnyOf) {
				t.Errorf("%q gives %+v", raw, c)
			}
		}
	})
}

// TestOrderNeverMatters evaluates random rules against random requests, written
// in every order that maps and lists come in, and compares all that is said.
func TestOrderNeverMatters(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	words := []string{"read", "update", "delete", "create", "projection"}
	kinds := []string{"user", "service", "team", "agent"}
	some := func(of []string) []string {
		list := slices.Clone(of)
		random.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
		return list[:1+random.IntN(len(list))]
	}
	for n := range 5000 {
		// A map of Go is written by hand in the order in which its range gives
		// it, which differs from one to the next.
		given := map[string][]string{}
		if random.IntN(2) == 0 {
			given["action"] = some(words)
		}
		if random.IntN(2) == 0 {
			given["principal_kind"] = some(kinds)
		}
		if random.IntN(2) == 0 {
			given["object_type"] = some(kinds)
		}
		if random.IntN(3) == 0 {
			given["role"] = some([]string{"viewer", "editor", "owner"})
		}
		f := (&Request{Action: words[n%5], PrincipalKind: kinds[n%4], ObjectType: kinds[(n/4)%4]}).facts()
		if random.IntN(2) == 0 {
			f[attrRole] = some([]string{"viewer", "editor", "owner"})
		}
		var form string
		var holds bool
		for try := range 4 {
			cs, bad := parse([]byte(written(t, given, random)))
			if bad != nil {
				t.Fatal(bad)
			}
			if try == 0 {
				form, holds = string(cs.json()), cs.hold(&f)
			}
			if string(cs.json()) != form || cs.hold(&f) != holds {
				t.Fatalf("%v: %s and %v, then %s and %v", given, form, holds, cs.json(), cs.hold(&f))
			}
		}
		if want := model(given, &f); holds != want {
			t.Fatalf("%v with %v: %v, want %v", given, f, holds, want)
		}
	}
}

func written(t *testing.T, given map[string][]string, random *rand.Rand) string {
	var members []string
	for name, values := range given {
		random.Shuffle(len(values), func(i, j int) { values[i], values[j] = values[j], values[i] })
		raw, err := json.Marshal(values)
		if err != nil {
			t.Fatal(err)
		}
		members = append(members, fmt.Sprintf("%q: %s", name, raw))
	}
	return "{" + strings.Join(members, ", ") + "}"
}

// model is the rule of the conditions over maps.
func model(given map[string][]string, f *facts) bool {
	for name, values := range given {
		fits := false
		for _, have := range f[slices.Index(attributeNames[:], name)] {
			fits = fits || slices.Contains(values, have)
		}
		if !fits {
			return false
		}
	}
	return true
}

// TestStrongestIsTheSameInAnyOrder names one rule whatever order rules were
// bound in.
func TestStrongestIsTheSameInAnyOrder(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	f := (&Request{Action: "read"}).facts()
	var list []*row
	for i := range 20 {
		id := urn.ID(fmt.Sprintf("rul_01890a5d0c1e7000a0000000000000%02x", i))
		list = append(list, &row{ID: id, Body: body{Effect: Deny, Priority: int64(random.IntN(3))}})
	}
	want := strongest(nil, list, &f)
	for range 2000 {
		random.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
		cut := random.IntN(len(list))
		if got := strongest(strongest(nil, list[:cut], &f), list[cut:], &f); got != want {
			t.Fatalf("named %s, then %s", want.ID, got.ID)
		}
	}
}
