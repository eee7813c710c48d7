// Package naming tells what an id is made of, for applications that keep the
// UUIDs of things instead of their ids. It knows forms only, and no thing.
package naming

import (
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
)

// Ops are the operations on ids.
var Ops = &op.Set{Noun: "id", Doc: "Ids are a prefix, which says what kind of thing it is, an underscore and the 32 digits of a UUID."}

const (
	exampleID   = "org_01890a5d0c1e7000a000000000000001"
	exampleUUID = "01890a5d-0c1e-7000-a000-000000000001"
)

// at says which field of the input a fault is about.
func at(f *fault.Fault, field string) *fault.Fault {
	if f == nil {
		return nil
	}
	return f.At(fault.Item{Pointer: "/" + field, Code: string(f.Code), Detail: f.Detail})
}
