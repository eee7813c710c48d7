package wire

import (
	"strconv"

	"github.com/weir-store/weir/core/canon"
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
)

// MaxBatch is the most operations of one batch.
const MaxBatch = 100

// batch is the body of the batch route.
type batch struct {
	Operations []op.Item `json:"operations"`
}

// EncodeBatch is the body of the batch route.
func EncodeBatch(items []op.Item) ([]byte, error) { return op.Marshal(batch{items}) }

// DecodeBatch reads the body of the batch route.
func DecodeBatch(body []byte) ([]op.Item, *fault.Fault) {
	v, f := canon.Parse(body)
	if f != nil {
		return nil, f
	}
	if f := only(v, "", "operations"); f != nil {
		return nil, f
	}
	list, _ := v.Get("operations")
	if list.Kind != canon.Array || len(list.Elems) == 0 {
		return nil, invalid("/operations", "must be an array of at least one operation")
	}
	if len(list.Elems) > MaxBatch {
		return nil, fault.New(fault.LimitExceeded, "a batch has at most %d operations; split it", MaxBatch).
			At(fault.Item{Pointer: "/operations", Code: string(fault.LimitExceeded), Detail: "too many operations"})
	}
	items := make([]op.Item, len(list.Elems))
	for i, e := range list.Elems {
		at := "/operations/" + strconv.Itoa(i)
		if f = only(e, at, "op", "input"); f != nil {
			return nil, f.With("index", int64(i))
		}
		name, _ := e.Get("op")
		if name.Kind != canon.String {
			return nil, invalid(at+"/op", "must be the name of a command").With("index", int64(i))
		}
		items[i].Op = name.Text
		if input, ok := e.Get("input"); ok {
			items[i].Input = input.Append(nil)
		}
	}
	return items, nil
}

// UnknownInBatch is the fault of an item that names no command.
func UnknownInBatch(index int) *fault.Fault {
	return fault.New(fault.ValidationFailed, "there is no such command").With("index", int64(index)).
		At(fault.Item{Pointer: "/operations/" + strconv.Itoa(index) + "/op", Code: "unknown-operation", Detail: "not the name of a command"})
}

func invalid(at, why string) *fault.Fault {
	return fault.New(fault.ValidationFailed, "%s", why).At(fault.Item{Pointer: at, Code: string(fault.ValidationFailed), Detail: why})
}

// only checks that a value is an object with no members but the named ones.
func only(v canon.Value, at string, names ...string) *fault.Fault {
	if v.Kind != canon.Object {
		return fault.New(fault.ValidationFailed, "must be an object").
			At(fault.Item{Pointer: at, Code: string(fault.ValidationFailed), Detail: "must be an object"})
	}
	for _, m := range v.Members {
		known := false
		for _, name := range names {
			known = known || name == m.Name
		}
		if !known {
			return fault.New(fault.ValidationFailed, "there is no such field").
				At(fault.Item{Pointer: at + "/" + canon.Pointer(m.Name), Code: "unknown-field", Detail: "there is no such field"})
		}
	}
	return nil
}

// RelocateBatch makes the places of a refused operation places of the whole
// body. The refusal names its operation by the member index.
func RelocateBatch(f *fault.Fault) {
	for _, m := range f.Members {
		index, ok := m.Value.(int64)
		if m.Name != "index" || !ok {
			continue
		}
		for i := range f.Items {
			if f.Items[i].Parameter == "" && f.Items[i].Header == "" {
				f.Items[i].Pointer = "/operations/" + strconv.FormatInt(index, 10) + "/input" + f.Items[i].Pointer
			}
		}
	}
}
