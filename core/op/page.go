package op

import "github.com/weir-store/weir/core/state"

// PageScan bounds the rows that one page of a list looks at. A page that
// comes to it is short, and says where to go on.
const PageScan = 1000

// Fill makes a page of what show gives of rows, and closes them. Rows that show
// passes over count as looked at; cursor names the row after which the next page
// begins.
func Fill[R, T any](rows *state.Rows[R], p Paging, show func(*R) (T, bool), cursor func(*R) Cursor) Page[T] {
	defer rows.Close()
	var items []T
	for seen := 1; rows.Next(); seen++ {
		row := rows.Row()
		if item, ok := show(row); ok {
			items = append(items, item)
		}
		if len(items) == p.Size() || seen == PageScan {
			return NewPage(items, cursor(row))
		}
	}
	return NewPage(items, "")
}
