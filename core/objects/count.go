package objects

import "github.com/weir-store/weir/core/op"

// maxWalks is how many walks a count takes, each of which bounds itself.
const maxWalks = 10

// CountInput filters the objects that the caller can see.
type CountInput struct {
	Type      string `json:"type,omitempty" op:"query,max=128" doc:"only objects of this type"`
	OwnedOnly bool   `json:"owned_only,omitempty" op:"query" doc:"only objects that you own"`
	Include   string `json:"include,omitempty" op:"query,enum=tombstoned" doc:"tombstoned adds your deleted objects"`
}

// Counted is how many there are, or at least are.
type Counted struct {
	Count    uint64 `json:"count" doc:"the objects that were counted"`
	Complete bool   `json:"complete" doc:"false when the count stopped early, after about 10000 objects: there may be more"`
}

// Count counts what the caller can see, as far as that is little work.
var Count = op.NewQuery(Ops, op.Spec[CountInput, Counted]{
	Name:    "count",
	Summary: "Count the objects that you can see, as far as about 10000.",
	Route:   "GET /v1/objects/count",
	Access:  op.Anyone[CountInput]("list"),
	Example: CountInput{Type: "note"},
	Result:  Counted{Count: 42, Complete: true},
}, func(v *op.View, in CountInput) (Counted, error) {
	gaze := op.Gaze{
		Principal: v.Caller.ID, Time: v.Time, Environment: v.Trace.EnvironmentID, Type: in.Type, Owned: in.OwnedOnly,
	}
	var out Counted
	for range maxWalks {
		walk := v.Sight.Visible(v.Now, gaze)
		for walk.Next() {
			if _, ok := met(v, walk, in.Include != ""); ok {
				out.Count++
			}
		}
		out.Complete, gaze.After = !walk.More(), walk.Last()
		walk.Close()
		if out.Complete {
			break
		}
	}
	return out, nil
})
