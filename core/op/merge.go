package op

import (
	"github.com/weir-store/weir/core/canon"
	"github.com/weir-store/weir/core/fault"
)

// MaxMetadata bounds the facts that a caller may add to one thing, in bytes of
// canonical JSON.
const MaxMetadata = 16 << 10

// Merge sets the members of metadata that the patch names, and takes away those
// that it sets to null. It goes one level deep. More than MaxMetadata is
// payload-too-large.
func Merge(old, patch JSON) (JSON, *fault.Fault) {
	if len(patch) == 0 {
		return old, nil
	}
	merged := canon.Value{Kind: canon.Object}
	if len(old) > 0 {
		v, f := canon.Parse(old)
		if f != nil {
			return nil, f
		}
		merged = v
	}
	p, f := canon.Parse(patch)
	if f != nil {
		return nil, f
	}
	for _, m := range p.Members {
		merged = merged.With(m.Name, m.Value)
	}
	kept := canon.Value{Kind: canon.Object}
	for _, m := range merged.Members {
		if named, ok := p.Get(m.Name); !ok || named.Kind != canon.Null {
			kept.Members = append(kept.Members, m)
		}
	}
	if len(kept.Members) == 0 && len(old) == 0 {
		return old, nil
	}
	raw := kept.Append(nil)
	if len(raw) > MaxMetadata {
		return nil, fault.New(fault.PayloadTooLarge, "metadata have at most %d bytes; take members away by setting them to null", MaxMetadata)
	}
	return raw, nil
}
