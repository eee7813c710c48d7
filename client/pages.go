package client

import (
	"context"
	"iter"

	"github.com/weir-store/weir/core/canon"
	"github.com/weir-store/weir/core/op"
)

// Pages walks the items of a list, page by page, as long as the caller asks
// for more. It ends after the first error. What a page holds is judged when
// the page is asked for.
func Pages[In, T any](ctx context.Context, r op.Runner, list op.Query[In, op.Page[T]], in In) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		input, err := parsed(in)
		if err != nil {
			yield(none, err)
			return
		}
		for {
			var page op.Page[T]
			reply, err := r.Run(ctx, &op.Call{Op: list.Name, Operation: list.Operation, Input: input.Append(nil)})
			if err == nil {
				err = op.Unmarshal(reply.Output, &page)
			}
			if err != nil {
				yield(none, err)
				return
			}
			for _, item := range page.Items {
				if !yield(item, nil) {
					return
				}
			}
			if page.NextCursor == "" {
				return
			}
			input = input.With("cursor", canon.Value{Kind: canon.String, Text: string(page.NextCursor)})
		}
	}
}

func parsed(in any) (canon.Value, error) {
	raw, err := op.Marshal(in)
	if err != nil {
		return canon.Value{}, err
	}
	v, f := canon.Parse(raw)
	if f != nil {
		return v, f
	}
	return v, nil
}
