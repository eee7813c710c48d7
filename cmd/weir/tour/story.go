package tour

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/weir-store/weir/core/objects"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/tenancy"
	"github.com/weir-store/weir/core/urn"
)

// cast is who and what the story is about.
type cast struct {
	alice, bob person
	note       objects.Object
	scope      urn.ID
	// shared is a revision at which Bob could read the note.
	shared uint64
	// lost is the leader that was killed.
	lost *node
}

var story = []step{
	{
		"Three nodes form a cluster",
		"Each has a name, a directory and the cluster key, and finds the others by gossip. They agree on\nthe first administrator; from now on each change is an entry of one replicated log.",
		form,
	},
	{
		"Alice creates an object",
		"Nothing is shared by default: it belongs to Alice, and nobody else can see that it is there.",
		aliceCreates,
	},
	{
		"Bob asks for it",
		"To Bob it looks like something that does not exist, on every node.",
		bobIsAStranger,
	},
	{
		"Alice shares it through a scope",
		"Bob is a viewer of the scope, and the object is projected into it, for reading.",
		aliceShares,
	},
	{
		"Bob reads it, and may not write it",
		"A viewer may look. He is told that he may not write, because he can see what it is about.",
		bobReads,
	},
	{
		"The leader is killed",
		"With SIGKILL, in the middle of everything. The other two elect a leader and go on; nothing that was\nacknowledged is lost.",
		leaderDies,
	},
	{
		"The killed node comes back",
		"It starts from its old directory and catches up with what it missed.",
		nodeReturns,
	},
	{
		"Alice takes the share back",
		"As soon as that is acknowledged, no node lets Bob read it: there is no cache that has to run out.",
		aliceRevokes,
	},
	{
		"The past is a question like any other",
		"An administrator may ask what Bob could do then. Bob himself sees the past with the rights of now.",
		thePast,
	},
	{
		"The trail verifies",
		"Every change and every refusal is an entry of a hash chain, the same on each node.",
		trailVerifies,
	},
	{
		"A tampered copy does not",
		"The trail can be exported and checked without trusting a node. One changed character is found, and\nnamed.",
		tamperedFails,
	},
}

func form(ctx context.Context, t *tour) error {
	for _, n := range t.nodes {
		if err := n.start(); err != nil {
			return err
		}
	}
	for _, n := range t.nodes {
		if err := n.ready(ctx); err != nil {
			return err
		}
		t.saw("%s answers at %s", n.name, n.url)
	}
	leader, err := t.leader(ctx)
	if err != nil {
		return err
	}
	t.saw("%s leads", leader.name)
	return nil
}

func aliceCreates(ctx context.Context, t *tour) (err error) {
	if t.alice, err = t.introduce(ctx, "Alice"); err != nil {
		return err
	}
	if t.bob, err = t.introduce(ctx, "Bob"); err != nil {
		return err
	}
	alice, err := t.as(t.alice.token)
	if err != nil {
		return err
	}
	t.note, err = objects.Create.Call(ctx, alice, objects.CreateInput{Type: "note", Data: op.JSON(`{"title":"draft"}`)})
	if err != nil {
		return err
	}
	t.saw("Alice has %s, version %d: %s", t.note.ID, t.note.Version, t.note.Data)
	return nil
}

func bobIsAStranger(ctx context.Context, t *tour) error {
	return t.bobGets404(ctx)
}

func aliceShares(ctx context.Context, t *tour) error {
	alice, err := t.as(t.alice.token)
	if err != nil {
		return err
	}
	scope, err := tenancy.Create.Call(ctx, alice, tenancy.CreateInput{Name: "project"})
	if err != nil {
		return err
	}
	t.scope = scope.ID
	t.saw("Alice has the scope %s", t.scope)
	if _, err := tenancy.Add.Call(ctx, alice, tenancy.AddInput{ID: t.scope, PrincipalID: t.bob.id, Role: tenancy.Viewer}); err != nil {
		return err
	}
	t.saw("Bob is a viewer of it")
	if _, err := tenancy.Project.Call(ctx, alice, tenancy.ProjectInput{ID: t.scope, ObjectID: t.note.ID, Level: op.Read.String()}); err != nil {
		return err
	}
	t.saw("the object is shared with it, for reading")
	return nil
}

func bobReads(ctx context.Context, t *tour) error {
	for _, n := range t.nodes {
		reply, err := t.getNote(ctx, n, t.bob.token, "")
		if err != nil {
			return fmt.Errorf("bob reads at %s: %w", n.name, err)
		}
		t.shared = max(t.shared, reply.Revision)
		t.saw("%s: Bob reads it, at revision %d", n.name, reply.Revision)
	}
	bob, err := t.as(t.bob.token)
	if err != nil {
		return err
	}
	_, err = objects.Update.Call(ctx, bob, objects.UpdateInput{ID: t.note.ID, Data: op.JSON(`{"title":"mine"}`)})
	if err := refused(err, 403); err != nil {
		return fmt.Errorf("bob writes: %w", err)
	}
	t.saw("Bob writes: 403, %v", err)
	return nil
}

// failover is how long it may take until a write succeeds again.
const failover = 5 * time.Second

func leaderDies(ctx context.Context, t *tour) error {
	leader, err := t.leader(ctx)
	if err != nil {
		return err
	}
	alice, err := t.as(t.alice.token, t.others(leader)...)
	if err != nil {
		return err
	}
	began := time.Now()
	leader.kill()
	t.lost = leader
	t.saw("%s is killed", leader.name)
	updated, err := objects.Update.Call(ctx, alice, objects.UpdateInput{ID: t.note.ID, Data: op.JSON(`{"title":"final"}`), Version: t.note.Version})
	took := time.Since(began)
	if err != nil {
		return fmt.Errorf("alice writes: %w", err)
	}
	if took > failover {
		return fmt.Errorf("it took %s until a write succeeded, more than %s", seconds(took), failover)
	}
	t.note = updated
	t.saw("Alice writes version %d, %s after the kill", updated.Version, seconds(took))
	next, err := t.leader(ctx, t.others(leader)...)
	if err != nil {
		return err
	}
	t.saw("%s leads now", next.name)
	return nil
}

func nodeReturns(ctx context.Context, t *tour) error {
	if err := t.lost.start(); err != nil {
		return err
	}
	if err := t.lost.ready(ctx); err != nil {
		return err
	}
	reply, err := t.getNote(ctx, t.lost, t.alice.token, "")
	if err != nil {
		return fmt.Errorf("alice reads at %s: %w", t.lost.name, err)
	}
	if reply.Version != t.note.Version {
		return fmt.Errorf("%s answers with version %d, not %d", t.lost.name, reply.Version, t.note.Version)
	}
	t.saw("%s is back and answers with version %d", t.lost.name, t.note.Version)
	return nil
}

func aliceRevokes(ctx context.Context, t *tour) error {
	alice, err := t.as(t.alice.token)
	if err != nil {
		return err
	}
	if _, err := tenancy.Unproject.Call(ctx, alice, tenancy.UnprojectInput{ID: t.scope, ObjectID: t.note.ID}); err != nil {
		return err
	}
	t.saw("the share is revoked")
	return t.bobGets404(ctx)
}

// bobGets404 asks all nodes at the same time, at once.
func (t *tour) bobGets404(ctx context.Context) error {
	var asked errgroup.Group
	for _, n := range t.nodes {
		asked.Go(func() error {
			_, err := t.getNote(ctx, n, t.bob.token, "")
			if err := refused(err, 404); err != nil {
				return fmt.Errorf("bob reads at %s: %w", n.name, err)
			}
			return nil
		})
	}
	if err := asked.Wait(); err != nil {
		return err
	}
	var names []string
	for _, n := range t.nodes {
		names = append(names, n.name)
	}
	t.saw("%s: Bob gets 404", strings.Join(names, ", "))
	return nil
}

func thePast(ctx context.Context, t *tour) error {
	at := strconv.FormatUint(t.shared, 10)
	then, err := t.bobMayRead(ctx, at)
	if err != nil {
		return err
	}
	now, err := t.bobMayRead(ctx, "")
	if err != nil {
		return err
	}
	if !then || now {
		return fmt.Errorf("the administrator hears that Bob could read then: %t, and now: %t", then, now)
	}
	t.saw("at revision %s Bob could read it, says the node to the administrator; now he can't", at)
	_, err = t.getNote(ctx, t.nodes[0], t.bob.token, at)
	if err := refused(err, 404); err != nil {
		return fmt.Errorf("bob reads the past: %w", err)
	}
	t.saw("Bob asks for the object as of revision %s: 404", at)
	reply, err := t.getNote(ctx, t.nodes[0], t.alice.token, at)
	if err != nil {
		return fmt.Errorf("alice reads the past: %w", err)
	}
	var old objects.Object
	if err := op.Unmarshal(reply.Output, &old); err != nil {
		return err
	}
	if old.Version >= t.note.Version {
		return errors.New("the past is not older than the present")
	}
	t.saw("Alice asks for the same and gets version %d: %s", old.Version, old.Data)
	return nil
}
