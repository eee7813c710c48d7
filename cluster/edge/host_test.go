package edge_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weir-store/weir/core/audit"
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/objects"
	"github.com/weir-store/weir/core/op"
)

// What a user reads and what a host reads for him are two lines of one batch.
func TestReadsByAHost(t *testing.T) {
	l := newLibrary(t)
	host := l.Host("shop")
	for _, as := range []op.Runner{l.bob, l.For(host, "bob"), l.For(host, "bob"), l.For(host, "alice")} {
		do(t, objects.Get.Call, as, objects.GetInput{ID: l.note})
	}
	before := l.Length()
	l.flush()
	if l.Length() != before+1 {
		t.Errorf("the reads took %d entries", l.Length()-before)
	}
	type line struct {
		actor, host string
		count       uint64
	}
	got := map[line]bool{}
	for _, r := range do(t, audit.ReadsQuery.Call, l.Admin(), audit.ReadsInput{}).Items {
		got[line{string(r.ActorID), string(r.ImpersonatorID), r.Count}] = true
	}
	for _, want := range []line{{"bob", "", 1}, {"bob", "shop", 2}, {"alice", "shop", 1}} {
		if !got[want] {
			t.Errorf("%v is missing in %v", want, got)
		}
	}
	l.Verify()
}

// Refused reads of a user and of a host for him are traced apart, and so is who
// poses as a host.
func TestRefusedReadsByAHost(t *testing.T) {
	l := newLibrary(t)
	zoe, host, poser := l.Token("zoe"), l.Host("shop"), l.Token("poser")
	e := over(t, l.Solo, l.Solo)
	get, list := op.JSON(`{"id":"`+string(l.note)+`"}`), op.JSON(`{}`)
	many := []op.Item{{Op: "object.create", Input: op.JSON(`{"type":"note","data":{}}`)}}
	for _, row := range []struct {
		call op.Call
		want fault.Code
	}{
		{op.Call{Op: "object.get", Input: get, Token: zoe}, fault.NotFound},
		{op.Call{Op: "object.get", Input: get, Token: host, ActAs: "zoe"}, fault.NotFound},
		{op.Call{Op: "object.get", Input: get, Token: host, ActAs: "zoe"}, fault.NotFound},
		{op.Call{Op: "object.list", Input: list, Token: poser, ActAs: "zoe"}, fault.PermissionDenied},
		{op.Call{Items: many, Token: poser, ActAs: "zoe"}, fault.PermissionDenied},
		{op.Call{Op: "object.list", Input: list, Token: host, ActAs: "nobody"}, fault.NotFound}, // which is no matter of rights
	} {
		if _, err := e.Run(t.Context(), &row.call); !fault.Is(err, row.want) {
			t.Fatalf("%+v: %v", row.call, err)
		}
	}
	e.Close() // which commits what waits
	var got []string
	for _, r := range do(t, audit.Entries.Call, l.Admin(), audit.EntriesInput{Filter: audit.Filter{Action: "access_check"}}).Items {
		var facts struct {
			Action string `json:"requested_action"`
			Count  int    `json:"count"`
		}
		if err := json.Unmarshal(r.Metadata, &facts); err != nil {
			t.Fatal(err)
		}
		got = append(got, fmt.Sprint(r.ActorID, " by ", r.ImpersonatorID, ": ", r.Operation, " ", facts.Action, " ", facts.Count))
	}
	want := []string{
		"zoe by : object.get read 0", "zoe by shop: object.get read 2",
		"poser by : object.list act_for 0", "poser by : batch act_for 0",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	l.Verify()
}

// Cursors and repeats are the user's, whoever brings them.
func TestCursorsAndRepeatsOfTheUser(t *testing.T) {
	l := newLibrary(t)
	host := l.Host("shop")
	call := func() *op.Call {
		return &op.Call{Op: "key.create", Input: op.JSON(`{"id":"bob","name":"x"}`), IdempotencyKey: strings.Repeat("k", 32)}
	}
	first, err := l.For(host, "bob").Run(t.Context(), call())
	if err != nil {
		t.Fatal(err)
	}
	again, err := l.bob.Run(t.Context(), call())
	if err != nil || !again.Replayed || string(again.Output) != string(first.Output) {
		t.Errorf("the user repeats: %v", err)
	}
	if _, err := l.For(host, "alice").Run(t.Context(), call()); !fault.Is(err, fault.NotFound) && !fault.Is(err, fault.PermissionDenied) {
		t.Errorf("another user repeats: %v", err)
	}
	for range 2 {
		do(t, objects.Create.Call, l.bob, objects.CreateInput{Type: "note", Data: op.JSON(`{}`)})
	}
	page := do(t, objects.List.Call, l.For(host, "bob"), objects.ListInput{Paging: op.Paging{Limit: 1}})
	in := objects.ListInput{Paging: op.Paging{Cursor: string(page.NextCursor)}}
	do(t, objects.List.Call, l.bob, in)
	for _, as := range []op.Runner{l.As(host), l.For(host, "alice")} {
		if _, err := objects.List.Call(t.Context(), as, in); !fault.Is(err, fault.InvalidCursor) {
			t.Errorf("a cursor of bob's is taken from somebody else: %v", err)
		}
	}
}
