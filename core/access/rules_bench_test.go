package access_test

import (
	"strconv"
	"testing"

	"github.com/weir-store/weir/core/access"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/rules"
	"github.com/weir-store/weir/core/state"
)

// BenchmarkDecideUnderRules times a decision by membership with denying rules
// in the store: more and more about other things, then about the one asked for.
func BenchmarkDecideUnderRules(b *testing.B) {
	c := newCrowd(b, 100_000)
	c.Principal("root", op.Administer)
	s := &shared{Stage: c.Stage, t: b}
	made := 0
	elsewhere := func(to int) {
		for ; made < to; made++ {
			s.rule(deny, `{}`, rules.TargetObjectType, "other"+strconv.Itoa(made/rules.MaxBound))
		}
	}
	for _, x := range []struct {
		name string
		grow func()
	}{
		{"none", func() {}},
		{"10 elsewhere", func() { elsewhere(10) }},
		{"1000 elsewhere", func() { elsewhere(1000) }},
		{"1000 elsewhere, 10 about it", func() {
			for range 10 {
				s.rule(deny, `{"action":"delete"}`, rules.TargetPrincipal, "bob")
			}
		}},
		{"1000 elsewhere, 100 about it", func() {
			for range 90 {
				s.rule(deny, `{"action":"delete"}`, rules.TargetPrincipal, "bob")
			}
		}},
	} {
		x.grow()
		b.Run(x.name, func(b *testing.B) {
			b.ReportAllocs()
			c.Look(func(v state.View) {
				i := 0
				for b.Loop() {
					r := op.Request{Principal: "bob", Action: "read", Target: op.Object(c.sharedOnes[i%len(c.sharedOnes)]), Need: op.Read, Time: c.Now}
					if d := (access.Sight{}).Decide(v, r); d.Level != op.Read {
						b.Fatalf("decided %+v", d)
					}
					i += 7919
				}
			})
		})
	}
}
