package op

import "github.com/weir-store/weir/core/urn"

// Reveal gives what the caller may see of the content of an object that it has
// read on, by the rules of now. Whatever shows content of objects asks it.
func (v *View) Reveal(object urn.ID, content JSON) JSON {
	return v.Sight.Reveal(v.Now, v.request("read", Read, Object(object)), content)
}
