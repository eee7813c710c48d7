package failure_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/weir-store/weir/cmd/weir/failure"
	"github.com/weir-store/weir/core/fault"
)

func TestStatusAndText(t *testing.T) {
	usage := &failure.UsageError{Key: "--listen", Problem: "is wrong", Fix: "write it so"}
	conflict := fault.New(fault.VersionConflict, "it was changed").With("current", uint64(3))
	for _, row := range []struct {
		name   string
		err    error
		status int
		text   string
	}{
		{"usage", fmt.Errorf("wrapped: %w", usage), 2, "weir: wrapped: --listen: is wrong; write it so\n"},
		{
			"several mistakes", errors.Join(usage, &failure.UsageError{Problem: "nothing is given"}), 2,
			"weir: --listen: is wrong; write it so\nweir: nothing is given\n",
		},
		{"any error", errors.New("disk on fire"), 1, "weir: disk on fire\n"},
		{
			"a fault with facts", &failure.CallError{RequestID: "r1", IdempotencyKey: "k1", Err: conflict}, 5,
			"weir: Version conflict (version-conflict)\n  it was changed\n  current: 3\n" +
				"next: Read the thing again and repeat the change on what it is now.\nrequest: r1\n",
		},
		{
			"a command without an answer", &failure.CallError{IdempotencyKey: "k1", Err: context.DeadlineExceeded}, 6,
			"weir: Outcome unknown (outcome-unknown)\n  there was no answer in time; the change may or may not have happened\n" +
				"next: Repeat the call with the same Idempotency-Key: it happens once.\nrepeat it with: --idempotency-key k1\n",
		},
		{
			"a query without an answer", &failure.CallError{Err: context.DeadlineExceeded}, 6,
			"weir: Dependency unavailable (dependency-unavailable)\n  there was no answer in time; --timeout gives more\n" +
				"next: Try again later; a service that is needed does not answer.\n",
		},
		{
			"no control reaches the terminal", fault.New(fault.NotFound, "a\x1bb").At(fault.Item{Pointer: "/\u009b", Detail: "c\u202ed"}), 3,
			"weir: Not found (not-found)\n  a\uFFFDb\n  /\uFFFD: c\uFFFDd\nnext: Check the id, and the key you use: what you may not see looks like what is not there.\n",
		},
		{
			"a code of a newer node", fault.New("of-a-newer-node", "something"), 1,
			"weir: Internal error (of-a-newer-node)\n  something\nnext: Tell the operator the request id.\n",
		},
	} {
		t.Run(row.name, func(t *testing.T) {
			if got := failure.Status(row.err); got != row.status {
				t.Errorf("status %d, want %d", got, row.status)
			}
			var b strings.Builder
			failure.Print(&b, row.err)
			if b.String() != row.text {
				t.Errorf("got\n%s\nwant\n%s", b.String(), row.text)
			}
		})
	}
	if failure.Status(nil) != 0 {
		t.Error("no error has a status")
	}
}
