package op

// Guard is a condition that a layer attaches to a command of a layer below,
// which knows nothing of it.
type Guard struct {
	operation *Operation
	check     func(tx *Tx, in any) error
}

// NewGuard attaches a condition to a command. The check runs behind the
// handler, in its transaction: it sees what the command did, may add to it with
// records of its own, and its error takes all of it back. Guards run in the
// order of the catalog, for each command alike: also for one that changed
// nothing, and for what comes in a batch.
func NewGuard[In, Out any](set *Set, c Command[In, Out], check func(tx *Tx, in In) error) *Guard {
	g := &Guard{c.Operation, func(tx *Tx, in any) error { return check(tx, in.(In)) }}
	set.guards = append(set.guards, g)
	return g
}

// Guarded asks the guards of a command. Whoever brings about the same as the
// command in another way, like Revert of an entity, asks them when it is done.
func (tx *Tx) Guarded(o *Operation, in any) error {
	if tx.Catalog == nil {
		return nil
	}
	for _, g := range tx.Catalog.guards {
		if g.operation != o {
			continue
		}
		if err := g.check(tx, in); err != nil {
			return err
		}
	}
	return nil
}
