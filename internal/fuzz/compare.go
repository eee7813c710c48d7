package fuzz

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sort"

	"github.com/weir-store/weir/core/access"
	"github.com/weir-store/weir/core/identity/apikey"
	"github.com/weir-store/weir/core/objects"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/urn"
)

// compare holds everything that the store says about rights to the model: about
// everybody now, and about somebody at a random earlier time.
func (w *world) compare(r *rand.Rand) error {
	for p := range w.principals {
		if err := w.compareAt(r, p, w.past[len(w.past)-1], w.now); err != nil {
			return err
		}
	}
	first, last := w.past[0].at, w.now
	at := first + state.Time(r.Uint64N(uint64(last-first)+1))
	// The newest moment that is not after the time.
	i := sort.Search(len(w.past), func(i int) bool { return w.past[i].at > at }) - 1
	return w.compareAt(r, r.IntN(len(w.principals)), w.past[i], at)
}

// compareAt compares what a principal sees of all objects as of a moment, at a
// time.
func (w *world) compareAt(r *rand.Rand, p int, m moment, at state.Time) error {
	now, err := w.look(w.revision())
	if err != nil {
		return err
	}
	then := now
	if m.revision != w.revision() {
		if then, err = w.look(m.revision); err != nil {
			return err
		}
	}
	c := comparison{world: w, r: r, moment: m, at: at, then: then, now: now, p: p}
	for _, compare := range []func() error{c.decisions, c.visible, c.listed} {
		if err := compare(); err != nil {
			return err
		}
	}
	return nil
}

// comparison is about one principal as of a moment.
type comparison struct {
	*world
	r         *rand.Rand
	moment    moment
	at        state.Time
	then, now state.View
	p         int
	// want is what the principal sees, in order of id.
	want []access.Seen
}

func (c *comparison) differ(format string, args ...any) error {
	who := c.moment.model.principals[c.p].id
	return difference(fmt.Sprintf("%s as of revision %d (now %d) at %s: %s", who, c.moment.revision, c.revision(), c.at, fmt.Sprintf(format, args...)))
}

// decisions asks for each object, those that did not exist yet too.
func (c *comparison) decisions() error {
	for o := range c.objects {
		id := c.objects[o].id
		level := c.moment.model.level(c.p, o, c.at)
		if level > op.None {
			c.want = append(c.want, access.Seen{ObjectID: id, Level: level})
		}
		need := levels[c.r.IntN(len(levels))]
		d := c.sight.Decide(c.then, op.Request{
			Principal: c.principals[c.p].id, Action: "read", Target: op.Object(id), Need: need, Time: c.at, Closed: c.r.IntN(4) == 0,
		})
		c.checks++
		if d.Level != level || d.Allowed != (level >= need) || d.Visible != (level >= op.Read) {
			return c.differ("has %s on %s; asked for %s it was decided %+v", level, id, need, d)
		}
	}
	return nil
}

// root is who asks about others.
var root = op.Caller{ID: apikey.Root, Permissions: op.Permissions()}

// visible asks the administrator's list, page by page.
func (c *comparison) visible() error {
	got, err := pages(c, root, access.Visible, func(cursor string) access.VisibleInput {
		return access.VisibleInput{PrincipalID: c.principals[c.p].id, Paging: c.paging(cursor)}
	})
	if err != nil {
		return err
	}
	if !slices.Equal(got, c.want) {
		return c.differ("sees %v, access.visible gave %v", c.want, got)
	}
	return nil
}

// listed asks the principal's own list. It shows the past of what is seen now.
func (c *comparison) listed() error {
	if !c.principals[c.p].active {
		return nil
	}
	self := op.Caller{ID: c.principals[c.p].id, Kind: kindOf(c.p)}
	in := objects.ListInput{OwnedOnly: c.r.IntN(3) == 0}
	if c.r.IntN(2) == 0 {
		in.Include = objects.Tombstoned
	}
	if c.r.IntN(3) == 0 {
		in.Type = types[c.r.IntN(len(types))]
	}
	got, err := pages(c, self, objects.List, func(cursor string) objects.ListInput {
		in.Paging = c.paging(cursor)
		return in
	})
	if err != nil {
		return err
	}
	var want, ids []urn.ID
	for o, x := range c.moment.model.objects {
		visible := c.world.level(c.p, o, c.world.now) >= op.Read
		owned := !in.OwnedOnly || x.owner == c.p
		if visible && owned && (in.Include != "" || !x.deleted) && (in.Type == "" || x.typ == in.Type) {
			want = append(want, x.id)
		}
	}
	for _, o := range got {
		ids = append(ids, o.ID)
	}
	if !slices.Equal(ids, want) {
		return c.differ("lists with %+v %v, object.list gave %v", in, want, ids)
	}
	return nil
}

// paging makes a page of random size.
func (c *comparison) paging(cursor string) op.Paging {
	return op.Paging{Limit: 1 + c.r.IntN(maxObjects+2), Cursor: cursor}
}

// pages reads a list to its end.
func pages[In, Item any](c *comparison, who op.Caller, q op.Query[In, op.Page[Item]], in func(cursor string) In) ([]Item, error) {
	var items []Item
	cursor := ""
	for {
		page, f, err := ask(c.machine, who, q, in(cursor), c.then, c.now, c.at)
		c.checks++
		if err := either(f, err); err != nil {
			return nil, fmt.Errorf("%s: %w", q.Name, err)
		}
		items = append(items, page.Items...)
		if len(items) > len(c.objects) {
			return nil, c.differ("%s gives more than there is: %v", q.Name, items)
		}
		if !page.HasMore {
			return items, nil
		}
		cursor = string(page.NextCursor)
	}
}
