package op

import "github.com/weir-store/weir/core/state"

// PageScan bounds the rows that one page of a list looks at. A page that
// comes to it is short, and says where to go on.
const PageScan = 1000

// Fill makes a page of what show gives of rows, and closes them. Rows that show
// passes over count as looked at; cursor names the row after which the next page
// begins. It looks behind a full page, so that the last one has no cursor.
func Fill[R, T any](rows *state.Rows[R], p Paging, show func(*R) (T, bool), cursor func(*R) Cursor) Page[T] {
	defer rows.Close()
	var items []T
	var next Cursor
	for seen := 1; rows.Next(); seen++ {
		row := rows.Row()
		item, ok := show(row)
		if ok && len(items) == p.Size() {
			return NewPage(items, next)
		}
		if next = cursor(row); ok {
			items = append(items, item)
		}
		if seen == PageScan {
			return NewPage(items, next)
		}
	}
	return NewPage(items, "")
}
