package testkit_test

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weir-store/weir/core/audit"
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/internal/testkit"
)

// Whatever a user calls, a host that calls it for him gets the same answer or the
// same refusal, and leaves the same in the trail, but for who spoke. The host
// holds every permission, none of which may show.
func TestAHostIsTheUser(t *testing.T) {
	users := map[string]bool{"alice": true, "bob": true, "zoe": true, "una": true, "otto": true, "ida": true}
	each(t, func(t *testing.T, o *op.Operation, seed []step, sc scenario) {
		for _, as := range []string{sc.call.as, "zoe"} {
			if !users[as] || o.Internal() {
				continue
			}
			ask := func(hosted bool) (output string, trail []line) {
				t.Helper()
				p := play(t, testkit.New(t), seed, sc)
				host := p.Host("front")
				for _, permission := range op.Permissions() {
					p.must(step{as: "root", op: "principal.permit", input: `{"id":"front","permission":"` + string(permission) + `"}`})
				}
				if p.tokens[as] == "" {
					p.tokens[as] = p.key(as)
				}
				call := &op.Call{Op: o.Name, Input: op.JSON(p.expand(sc.call.input)), Token: p.tokens[as], IdempotencyKey: "0123456789abcdef0123456789abcdef"}
				if hosted {
					call.Token, call.ActAs = host, urn.ID(p.principal(as))
				}
				reply, err := p.Run(context.Background(), call)
				if f, ok := fault.Of(err); ok {
					raw, err := json.Marshal(f)
					if err != nil {
						t.Fatal(err)
					}
					output = string(raw)
				} else if reply.Raw != nil {
					output = string(reply.Raw.Body)
				} else {
					output = string(reply.Output)
				}
				return output, p.lines(as, hosted, err == nil && o.Kind == op.KindCommand)
			}
			own, ownTrail := ask(false)
			hosted, hostedTrail := ask(true)
			if own != hosted {
				t.Errorf("%s gets\n%s, by a host\n%s", as, own, hosted)
			}
			if diff := cmp.Diff(ownTrail, hostedTrail); diff != "" {
				t.Errorf("the trail of %s:\n%s", as, diff)
			}
		}
	})
}

// line is what the trail says of a call, apart from who spoke and from what
// follows from that.
type line struct {
	ID, Operation, Action, Outcome, Entity, TargetType, Target, Scope, Before, After, Metadata string
	Count, Items                                                                               uint64
}

// lines are all that the trail says of a caller, with what was read. What a host
// changed for him has the host's name beside his.
func (p *theatre) lines(as string, hosted, changed bool) (all []line) {
	p.t.Helper()
	p.Close() // which commits what waits
	id := urn.ID(p.principal(as))
	of := 0
	for in := (audit.EntriesInput{Filter: audit.Filter{ActorID: id}}); ; {
		page, err := audit.Entries.Call(context.Background(), p.Admin(), in)
		if err != nil {
			p.t.Fatal(err)
		}
		for _, e := range page.Items {
			all = append(all, line{
				ID: string(e.ID), Operation: e.Operation, Action: e.Action, Outcome: e.Outcome, Entity: e.Entity, TargetType: e.TargetType,
				Target: string(e.TargetID), Scope: string(e.ScopeID), Before: e.BeforeDigest, After: e.AfterDigest, Metadata: string(e.Metadata),
			})
			if e.ImpersonatorID == "front" {
				of++
			}
		}
		if in.Cursor = string(page.NextCursor); in.Cursor == "" {
			break
		}
	}
	page, err := audit.ReadsQuery.Call(context.Background(), p.Admin(), audit.ReadsInput{ActorID: id})
	if err != nil {
		p.t.Fatal(err)
	}
	for _, r := range page.Items {
		all = append(all, line{Operation: r.Operation, Entity: r.Entity, TargetType: r.TargetType, Target: string(r.TargetID), Count: r.Count, Items: r.Items})
		if r.ImpersonatorID == "front" {
			of++
		}
	}
	if !hosted && of > 0 || hosted && changed && of == 0 {
		p.t.Errorf("%d entries name a host", of)
	}
	return all
}
