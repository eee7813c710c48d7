package fuzz

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sort"
	"strings"

	"github.com/weir-store/weir/core/access"
	"github.com/weir-store/weir/core/fault"
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

// decisions asks about each object, those that did not exist yet too: whether it
// can be read, and one other thing.
func (c *comparison) decisions() error {
	for o := range c.objects {
		if level, err := c.decide("read", o); err != nil {
			return err
		} else if level > op.None {
			c.want = append(c.want, access.Seen{ObjectID: c.objects[o].id, Level: level})
		}
		if _, err := c.decide(asked[c.r.IntN(len(asked))], o); err != nil {
			return err
		}
	}
	return nil
}

// decide asks for one decision.
func (c *comparison) decide(action string, o int) (op.Level, error) {
	id := c.objects[o].id
	level := c.moment.model.allowed(question{action, c.p, o, c.at})
	need := levels[c.r.IntN(len(levels))]
	d := c.sight.Decide(c.then, op.Request{
		Principal: c.principals[c.p].id, Action: action, Target: op.Object(id), Need: need, Time: c.at, Closed: c.r.IntN(4) == 0,
	})
	c.checks++
	hidden := c.moment.model.level(c.p, o, c.at) == op.None
	if d.Level != level || d.Allowed != (level >= need) || d.Visible && hidden || action == "read" && level >= op.Read && !d.Visible {
		return level, c.differ("for %s has %s on %s (hidden: %t); asked for %s it was decided %+v", action, level, id, hidden, need, d)
	}
	return level, nil
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

// listed asks the principal's own list and count. A list shows the past of what
// is seen now.
func (c *comparison) listed() error {
	if !c.principals[c.p].active {
		return nil
	}
	in := objects.ListInput{OwnedOnly: c.r.IntN(3) == 0, Order: orders[c.r.IntN(len(orders))]}
	if c.r.IntN(2) == 0 {
		in.Include = objects.Tombstoned
	}
	if c.r.IntN(3) == 0 {
		in.Type = types[c.r.IntN(len(types))]
	}
	var want []urn.ID
	if !c.denied(question{"list", c.p, none, c.world.now}, none) {
		want = c.listing(in)
	}
	got, err := pages(c, c.self(), objects.List, func(cursor string) objects.ListInput {
		in.Paging = c.paging(cursor)
		return in
	})
	if err != nil {
		return err
	}
	var ids []urn.ID
	for _, o := range got {
		ids = append(ids, o.ID)
	}
	if !slices.Equal(ids, want) {
		return c.differ("lists with %+v %v, object.list gave %v", in, want, ids)
	}
	count, f, err := ask(c.machine, c.self(), objects.Count, objects.CountInput{Type: in.Type, OwnedOnly: in.OwnedOnly, Include: in.Include}, c.then, c.now, c.at)
	if err != nil {
		return err
	}
	if f == nil && (!count.Complete || count.Count != uint64(len(want))) {
		return c.differ("can list %d with %+v, object.count gave %+v", len(want), in, count)
	}
	return nil
}

var orders = []string{"", "created_at", "-created_at", "type", "-type"}

func (c *comparison) self() op.Caller {
	return op.Caller{ID: c.principals[c.p].id, Kind: kindOf(c.p)}
}

// listing is what a list should give: in the order of creation, in that of
// types, or the other way round.
func (c *comparison) listing(in objects.ListInput) []urn.ID {
	past := c.moment.model
	var found []object
	for o, x := range past.objects {
		visible := c.allowed(question{"read", c.p, o, c.world.now}) >= op.Read
		owned := !in.OwnedOnly || c.objects[o].owner == c.p
		if visible && owned && (in.Include != "" || !x.deleted) && (in.Type == "" || x.typ == in.Type) {
			found = append(found, x)
		}
	}
	name, reverse := strings.CutPrefix(in.Order, "-")
	if name == "type" {
		slices.SortStableFunc(found, func(a, b object) int { return strings.Compare(a.typ, b.typ) })
	}
	if reverse {
		slices.Reverse(found)
	}
	var ids []urn.ID
	for _, x := range found {
		ids = append(ids, x.id)
	}
	return ids
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
		if err == nil && f != nil && f.Code == fault.PermissionDenied && c.inForce() {
			return nil, nil
		}
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
