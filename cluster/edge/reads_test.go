package edge_test

import (
	"context"
	"slices"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weir-store/weir/cluster/edge"
	"github.com/weir-store/weir/core/audit"
	"github.com/weir-store/weir/core/audit/reads"
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/objects"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/tenancy"
	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/internal/testkit"
)

// library is a store with an object of alice's that bob may read by a scope.
type library struct {
	*testkit.Solo
	t           *testing.T
	alice, bob  op.Runner
	note, scope urn.ID
}

func newLibrary(t *testing.T) *library {
	t.Helper()
	s := testkit.New(t)
	l := &library{Solo: s, t: t, alice: s.User("alice"), bob: s.User("bob")}
	l.note = do(t, objects.Create.Call, l.alice, objects.CreateInput{Type: "note", Data: op.JSON(`{"a":1}`)}).ID
	l.scope = do(t, tenancy.Create.Call, l.alice, tenancy.CreateInput{Name: "team"}).ID
	do(t, tenancy.Add.Call, l.alice, tenancy.AddInput{ID: l.scope, PrincipalID: "bob"})
	do(t, tenancy.Project.Call, l.alice, tenancy.ProjectInput{ID: l.scope, ObjectID: l.note})
	return l
}

func do[In, Out any](t *testing.T, call func(context.Context, op.Runner, In) (Out, error), as op.Runner, in In) Out {
	t.Helper()
	out, err := call(t.Context(), as, in)
	if err != nil {
		t.Fatalf("%T: %v", in, err)
	}
	return out
}

func (l *library) flush() {
	l.t.Helper()
	if err := l.Flush(l.t.Context()); err != nil {
		l.t.Fatal(err)
	}
}

// seen is what a caller is told about reads: who, by what, of what, how often.
func (l *library) seen(as op.Runner, in audit.ReadsInput) []string {
	l.t.Helper()
	var lines []string
	for _, r := range do(l.t, audit.ReadsQuery.Call, as, in).Items {
		line := string(r.ActorID) + " " + r.Operation + " " + r.TargetType + " " + strconv.FormatUint(r.Count, 10)
		if r.Items > 0 {
			line += " of " + strconv.FormatUint(r.Items, 10)
		}
		lines = append(lines, line)
	}
	return lines
}

// Reads of one time are one entry, which binds what it stands for; each reader
// of it sees his part.
func TestReadsAreTracedTogether(t *testing.T) {
	l := newLibrary(t)
	before := l.Length()
	for range 3 {
		do(t, objects.Get.Call, l.bob, objects.GetInput{ID: l.note})
	}
	do(t, objects.Versions.Call, l.alice, objects.VersionsInput{ID: l.note})
	do(t, objects.List.Call, l.alice, objects.ListInput{})
	if l.Length() != before {
		t.Error("reads did not wait for each other")
	}
	l.flush()
	l.flush()
	if took := l.Length() - before; took != 1 {
		t.Errorf("five reads took %d entries of the log", took)
	}
	all := []string{"alice object.list note 1 of 1", "alice object.versions note 1", "bob object.get note 3"}
	for _, row := range []struct {
		name string
		as   op.Runner
		in   audit.ReadsInput
		want []string
	}{
		{"an auditor", l.Admin(), audit.ReadsInput{}, all},
		{"the owner of the object", l.alice, audit.ReadsInput{}, all},
		{"a reader", l.bob, audit.ReadsInput{}, all[2:]},
		{"a stranger", l.User("zoe"), audit.ReadsInput{}, nil},
		{"of one principal", l.Admin(), audit.ReadsInput{ActorID: "alice"}, all[:2]},
		{"of one thing", l.Admin(), audit.ReadsInput{TargetID: l.note}, all[1:]},
		{"of a type that nobody read", l.Admin(), audit.ReadsInput{Type: "memo"}, nil},
		{"of another time", l.Admin(), audit.ReadsInput{Until: 1}, nil},
	} {
		if diff := cmp.Diff(row.want, l.seen(row.as, row.in)); diff != "" {
			t.Errorf("%s:\n%s", row.name, diff)
		}
	}
	var paged []string
	in := audit.ReadsInput{Paging: op.Paging{Limit: 1}}
	for {
		page := do(t, audit.ReadsQuery.Call, l.Admin(), in)
		for _, r := range page.Items {
			paged = append(paged, string(r.ActorID)+" "+r.Operation)
		}
		if in.Cursor = string(page.NextCursor); in.Cursor == "" {
			break
		}
	}
	if want := []string{"alice object.list", "alice object.versions", "bob object.get"}; !slices.Equal(paged, want) {
		t.Errorf("page by page %q", paged)
	}
	l.Verify()
}

// Of a batch that is asked for alone everybody gets his part, and only who gets
// all of it gets what it takes to test guesses about it.
func TestPartsOfABatch(t *testing.T) {
	l := newLibrary(t)
	do(t, objects.Get.Call, l.bob, objects.GetInput{ID: l.note})
	do(t, objects.Get.Call, l.alice, objects.GetInput{ID: l.note})
	l.flush()
	page := do(t, audit.Entries.Call, l.Admin(), audit.EntriesInput{Filter: audit.Filter{Entity: reads.EntityBatch}})
	if len(page.Items) != 1 || page.Items[0].AfterDigest == "" {
		t.Fatalf("%+v", page.Items)
	}
	get := func(as op.Runner) (audit.Entry, error) {
		return audit.Get.Call(t.Context(), as, audit.GetInput{Sequence: page.Items[0].Sequence})
	}
	if e, err := get(l.Admin()); err != nil || len(e.Reads) != 2 || e.Opening == "" {
		t.Errorf("an auditor: %+v %v", e, err)
	}
	if e, err := get(l.bob); err != nil || len(e.Reads) != 1 || e.Reads[0].ActorID != "bob" || e.Opening != "" {
		t.Errorf("a reader: %+v %v", e, err)
	}
	if _, err := get(l.User("zoe")); !fault.Is(err, fault.NotFound) {
		t.Errorf("a stranger: %v", err)
	}
}

// The strictest policy of those that fit decides; the cluster's is for the rest.
func TestPoliciesOfReads(t *testing.T) {
	const cluster, ofType, ofScope = "cluster", "type", "scope"
	type set struct{ what, mode string }
	get := func(l *library) { do(l.t, objects.Get.Call, l.bob, objects.GetInput{ID: l.note}) }
	own := func(l *library) { do(l.t, objects.Get.Call, l.alice, objects.GetInput{ID: l.note}) }
	list := func(l *library) { do(l.t, objects.List.Call, l.bob, objects.ListInput{}) }
	for _, row := range []struct {
		name string
		sets []set
		read func(l *library)
		want string
	}{
		{"nothing is set", nil, get, reads.Batched},
		{"the cluster is off", []set{{cluster, "off"}}, get, reads.Off},
		{"the cluster is strict", []set{{cluster, "strict"}}, get, reads.Strict},
		{"the cluster is strict, the type off", []set{{cluster, "strict"}, {ofType, "off"}}, get, reads.Off},
		{"the cluster is off, the type batched", []set{{cluster, "off"}, {ofType, "batched"}}, get, reads.Batched},
		{"the type is off, the scope strict", []set{{ofType, "off"}, {ofScope, "strict"}}, get, reads.Strict},
		{"the type is off, the scope batched", []set{{ofType, "off"}, {ofScope, "batched"}}, get, reads.Batched},
		{"the type is strict, the scope off", []set{{ofType, "strict"}, {ofScope, "off"}}, get, reads.Strict},
		{"another way than by the scope", []set{{ofScope, "off"}}, own, reads.Batched},
		{"the scope was strict", []set{{ofScope, "strict"}, {ofScope, "default"}}, get, reads.Batched},
		{"a list with the type", []set{{ofType, "strict"}}, list, reads.Strict},
		{"a list by a member of a strict scope", []set{{ofScope, "strict"}}, list, reads.Strict},
		{"a list by a member of one that was", []set{{ofScope, "strict"}, {ofScope, "off"}}, list, reads.Batched},
	} {
		t.Run(row.name, func(t *testing.T) {
			l := newLibrary(t)
			for _, x := range row.sets {
				in := reads.SetPolicyInput{Mode: x.mode}
				switch x.what {
				case ofType:
					in.Type = "note"
				case ofScope:
					in.ScopeID = l.scope
				}
				do(t, reads.SetPolicy.Call, l.Admin(), in)
			}
			before := l.Length()
			row.read(l)
			strict := l.Length() - before
			l.flush()
			batched := l.Length() - before - strict
			got := reads.Off
			if strict > 0 {
				got = reads.Strict
			} else if batched > 0 {
				got = reads.Batched
			}
			if got != row.want || strict+batched > 1 {
				t.Errorf("%d strict, %d batched; want %s", strict, batched, row.want)
			}
		})
	}
}

// doubting is a log that does not say what became of the first batch of reads.
type doubting struct {
	edge.Log
	doubts *int
}

func (d doubting) Propose(ctx context.Context, command []byte) ([]byte, error) {
	out, err := d.Log.Propose(ctx, command)
	if *d.doubts > 0 {
		*d.doubts--
		return nil, fault.New(fault.OutcomeUnknown, "nobody knows")
	}
	return out, err
}

// A batch that may have been taken is sent again, and written once.
func TestReadsAreCountedOnce(t *testing.T) {
	l := newLibrary(t)
	doubts := 0
	e := over(t, l.Solo, doubting{l.Solo, &doubts})
	token := l.Token("eve")
	o, err := e.Run(t.Context(), &op.Call{Op: objects.Create.Name, Input: op.JSON(`{"type":"note","data":{}}`), Token: token})
	if err != nil {
		t.Fatal(err)
	}
	var made objects.Object
	if err := op.Unmarshal(o.Output, &made); err != nil {
		t.Fatal(err)
	}
	if _, err := e.Run(t.Context(), &op.Call{Op: objects.Get.Name, Input: op.JSON(`{"id":"` + string(made.ID) + `"}`), Token: token}); err != nil {
		t.Fatal(err)
	}
	doubts = 2
	for err := e.Flush(t.Context()); err != nil; err = e.Flush(t.Context()) {
		if !fault.Is(err, fault.OutcomeUnknown) {
			t.Fatal(err)
		}
	}
	if got := l.seen(l.Admin(), audit.ReadsInput{}); !slices.Equal(got, []string{"eve object.get note 1"}) {
		t.Errorf("%q", got)
	}
	l.Verify()
}

// A batch that is full does not wait; reads that find no room do.
func TestNoReadIsDropped(t *testing.T) {
	l := newLibrary(t)
	release := make(chan struct{})
	held := &holding{Log: l.Solo, release: release}
	e := over(t, l.Solo, held)
	token := l.Token("eve")
	ids := make([]urn.ID, 2*reads.Max+1)
	for i := range ids {
		ids[i] = do(t, objects.Create.Call, l.As(token), objects.CreateInput{Type: "note", Data: op.JSON(`{}`)}).ID
	}
	read := func(ctx context.Context, id urn.ID) error {
		_, err := e.Run(ctx, &op.Call{Op: objects.Get.Name, Input: op.JSON(`{"id":"` + string(id) + `"}`), Token: token})
		return err
	}
	last := len(ids) - 1
	for _, id := range ids[:last] { // one batch is on its way, held; the next is full
		if err := read(t.Context(), id); err != nil {
			t.Fatal(err)
		}
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := read(ended, ids[last]); !fault.Is(err, fault.HandlerTimeout) {
		t.Errorf("a read that finds no room: %v", err)
	}
	if err := read(t.Context(), ids[last-1]); err != nil {
		t.Errorf("a read that waits for its trace already: %v", err)
	}
	close(release)
	if err := e.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	count := uint64(0)
	in := audit.ReadsInput{ActorID: "eve", Paging: op.Paging{Limit: op.MaxLimit}}
	for {
		page := do(t, audit.ReadsQuery.Call, l.Admin(), in)
		for _, r := range page.Items {
			count += r.Count
		}
		if in.Cursor = string(page.NextCursor); in.Cursor == "" {
			break
		}
	}
	if count != uint64(len(ids)) {
		t.Errorf("%d reads were traced, %d answered", count, len(ids))
	}
}

// holding is a log that takes nothing before it is released.
type holding struct {
	edge.Log
	release chan struct{}
}

func (h *holding) Propose(ctx context.Context, command []byte) ([]byte, error) {
	<-h.release
	return h.Log.Propose(ctx, command)
}
