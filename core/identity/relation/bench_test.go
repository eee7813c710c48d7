package relation_test

import (
	"fmt"
	"testing"

	"github.com/weir-store/weir/core/identity"
	"github.com/weir-store/weir/core/identity/relation"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/urn"
)

// BenchmarkSight times what lists cost where each principal has to be judged:
// 1,000 members of a team, seen by one of them, and a walk over all of them.
func BenchmarkSight(b *testing.B) {
	f := setUp(b)
	for i := range 1000 {
		id := urn.ID(fmt.Sprintf("m%04d", i))
		f.Principal(id)
		f.relate("lab", id, "")
	}
	b.Run("a page of a list, by a member", func(b *testing.B) {
		for b.Loop() {
			if page, code := ask(f, "m0500", identity.List.Call, identity.ListInput{Paging: op.Paging{Limit: 200}}); code != "" || len(page.Items) != 3 {
				b.Fatalf("%q, %d", code, len(page.Items))
			}
		}
	})
	b.Run("a walk by a member", func(b *testing.B) {
		for b.Loop() {
			if k, code := ask(f, "m0500", relation.Descendants.Call, relation.KinInput{ID: "lab"}); code != "" || len(k.Items) != 1 {
				b.Fatalf("%q, %d", code, len(k.Items))
			}
		}
	})
	b.Run("a walk by an administrator", func(b *testing.B) {
		for b.Loop() {
			if k, code := ask(f, "root", relation.Descendants.Call, relation.KinInput{ID: "lab", MaxDepth: depth(1)}); code != "" || len(k.Items) < 1000 {
				b.Fatalf("%q, %d", code, len(k.Items))
			}
		}
	})
}
