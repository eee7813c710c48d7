package access

import "github.com/weir-store/weir/core/op"

// NeedForTest is the level that the table of actions gives a question.
func NeedForTest(q Question) (op.Level, bool) {
	return q.need(), q.validate() == nil
}
