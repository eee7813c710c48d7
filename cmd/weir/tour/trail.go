package tour

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/weir-store/weir/cmd/weir/trail"
	"github.com/weir-store/weir/core/audit"
	"github.com/weir-store/weir/core/audit/chain"
)

// trailVerifies asks each node about the same entries: their heads are equal.
func trailVerifies(ctx context.Context, t *tour) error {
	var first chain.Report
	for i, n := range t.nodes {
		runner, err := t.as(t.root, n)
		if err != nil {
			return err
		}
		// Later entries, such as those of the questions of this tour, may be
		// there when the next node is asked.
		r, err := audit.Verify.Call(ctx, runner, audit.VerifyInput{To: first.Last})
		if err != nil {
			return fmt.Errorf("verify at %s: %w", n.name, err)
		}
		if i == 0 {
			first = r
		}
		if !r.Valid || r.Head != first.Head || r.Last != first.Last {
			return fmt.Errorf("%s finds %s of %d entries with head %s (%s at %d); %s had head %s", n.name, r.Verdict, r.Checked, r.Head, r.Reason, r.BrokenAt, t.nodes[0].name, first.Head)
		}
		t.saw("%s: %d entries verify, head %.12s…", n.name, r.Checked, r.Head)
	}
	return nil
}

// tamperedFails changes the name of the actor in the entry by which the object
// came into being, in a copy.
func tamperedFails(ctx context.Context, t *tour) error {
	admin, err := t.as(t.root)
	if err != nil {
		return err
	}
	var export bytes.Buffer
	if err := trail.Export(ctx, admin, 1, 0, &export, nil); err != nil {
		return err
	}
	whole, err := chain.Export{}.Verify(bytes.NewReader(export.Bytes()))
	if err != nil {
		return err
	}
	if !whole.Valid {
		return fmt.Errorf("the export itself is %s at entry %d: %s", whole.Verdict, whole.BrokenAt, whole.Reason)
	}
	t.saw("a copy of %d entries verifies without a node", whole.Checked)
	sequence, tampered, err := t.tamper(export.Bytes())
	if err != nil {
		return err
	}
	found, err := chain.Export{}.Verify(bytes.NewReader(tampered))
	if err != nil {
		return err
	}
	if found.Valid || found.BrokenAt != sequence {
		return fmt.Errorf("entry %d of the copy was changed, and it is %s at entry %d", sequence, found.Verdict, found.BrokenAt)
	}
	t.saw("one letter of entry %d is changed: the copy is %s at entry %d", sequence, found.Verdict, found.BrokenAt)
	return nil
}

// tamper blames the creation of the object on somebody else, and says in which
// entry.
func (t *tour) tamper(export []byte) (uint64, []byte, error) {
	copied := bytes.Clone(export)
	for line := range bytes.Lines(copied) {
		e, err := chain.Parse(bytes.TrimRight(line, "\n"))
		if err != nil || e.TargetID != t.note.ID || e.Action != "create" {
			continue
		}
		at := bytes.Index(line, []byte(t.alice.id))
		if at < 0 {
			break
		}
		last := &line[at+len(t.alice.id)-1] // a hexadecimal digit
		if *last == '0' {
			*last = '1'
		} else {
			*last = '0'
		}
		return e.Sequence, copied, nil
	}
	return 0, nil, errors.New("the export has no entry about the creation of the object")
}
