package state

import (
	"fmt"

	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/storage/key"
)

// headKey is where the head lies.
var headKey = key.New(key.Meta)

// Key builds a key of a space from its parts: typed ids (16 bytes each), text,
// uint64 and Time. Ids that a caller may choose are passed as text.
func Key(space key.Space, parts ...any) key.Key {
	k := key.New(space)
	for _, p := range parts {
		switch p := p.(type) {
		case urn.ID:
			b, ok := p.Bytes()
			if !ok {
				panic(fmt.Sprintf("state: %q is no typed id", string(p)))
			}
			k = k.Fixed16(b)
		case string:
			k = k.String(p)
		case uint64:
			k = k.Uint64(p)
		case Time:
			k = k.Uint64(uint64(p))
		default:
			panic(fmt.Sprintf("state: %T cannot be part of a key", p))
		}
	}
	return k
}

// TailID is the typed id that a key ends with.
func TailID(prefix string, k key.Key) urn.ID {
	return urn.FromBytes(prefix, [16]byte(k[len(k)-16:]))
}
