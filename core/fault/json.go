package fault

import (
	"encoding/json"
	"fmt"
)

// wire is how a fault travels between nodes. It is not the problem document.
type wire struct {
	Code        Code         `json:"code"`
	Detail      string       `json:"detail"`
	Items       []Item       `json:"items,omitempty"`
	Members     []wireMember `json:"members,omitempty"`
	Conditional bool         `json:"conditional,omitempty"`
}

// wireMember has one value, under the name of its type, so that a number comes
// back as the type and the digits that it had.
type wireMember struct {
	Name   string    `json:"name"`
	String *string   `json:"string,omitempty"`
	Int    *int64    `json:"int,omitempty"`
	Uint   *uint64   `json:"uint,omitempty"`
	Bool   *bool     `json:"bool,omitempty"`
	List   *[]string `json:"list,omitempty"`
	Sealed *Sealed   `json:"sealed,omitempty"`
}

// MarshalJSON encodes the fault for another node, without its cause. It fails
// on a member of a type that Member does not allow.
func (f *Fault) MarshalJSON() ([]byte, error) {
	w := wire{Code: f.Code, Detail: f.Detail, Items: f.Items, Conditional: f.conditional}
	for _, m := range f.Members {
		x := wireMember{Name: m.Name}
		switch v := m.Value.(type) {
		case string:
			x.String = &v
		case int64:
			x.Int = &v
		case uint64:
			x.Uint = &v
		case bool:
			x.Bool = &v
		case []string:
			v = append([]string{}, v...) // null would be no value
			x.List = &v
		case Sealed:
			x.Sealed = &v
		default:
			return nil, fmt.Errorf("fault: member %s of %s has the type %T", m.Name, f.Code, m.Value)
		}
		w.Members = append(w.Members, x)
	}
	return json.Marshal(w)
}

// UnmarshalJSON reads what MarshalJSON wrote, also that of a newer node whose
// code this one does not know.
func (f *Fault) UnmarshalJSON(b []byte) error {
	var w wire
	if err := json.Unmarshal(b, &w); err != nil {
		return fmt.Errorf("fault: %w", err)
	}
	if w.Code == "" {
		return fmt.Errorf("fault: no code in %d bytes", len(b))
	}
	*f = Fault{Code: w.Code, Detail: w.Detail, Items: w.Items, conditional: w.Conditional}
	for _, x := range w.Members {
		value := x.value()
		if value == nil {
			return fmt.Errorf("fault: member %s of %s has no value", x.Name, w.Code)
		}
		f.Members = append(f.Members, Member{x.Name, value})
	}
	return nil
}

func (x wireMember) value() any {
	switch {
	case x.String != nil:
		return *x.String
	case x.Int != nil:
		return *x.Int
	case x.Uint != nil:
		return *x.Uint
	case x.Bool != nil:
		return *x.Bool
	case x.List != nil:
		return *x.List
	case x.Sealed != nil:
		return *x.Sealed
	}
	return nil
}
