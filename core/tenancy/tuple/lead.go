package tuple

import (
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/urn"
)

// Leads refuses a principal who may not grant on an object, by the rights of
// now: who is active and owner or admin there, or holds tuples.write or
// org.host, and whom no rule denies the action. It is for what is granted
// otherwise than by tuples.
func Leads(v *op.View, who urn.ID, action string, object urn.ID) error {
	p, ok := partyOf(v, who)
	if !ok {
		return fault.New(fault.PermissionDenied, "only an active principal may grant")
	}
	if err := p.leads(action, object, writers); err != nil {
		return err
	}
	if f := known(v, Key{Object: object}); f != nil {
		return f
	}
	return nil
}
