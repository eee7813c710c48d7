package audit

import (
	"encoding/binary"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
)

// TileInput names a tile as C2SP tlog-tiles does.
type TileInput struct {
	Path string `json:"path" op:"path,max=128" doc:"<L>/<N>, or entries/<N>, with .p/<W> behind it for the first W of an unfinished tile"`
}

// Tile gives a tile of hashes or a bundle of entries, byte for byte as C2SP
// tlog-tiles says, so that its clients and witnesses work on this log.
var Tile = op.NewQuery(Ops, op.Spec[TileInput, op.Raw]{
	Name:    "tile",
	Summary: "Give a tile of the tree, or a bundle of entries.",
	Doc:     "The paths and bytes are those of C2SP tlog-tiles, with /v1/audit as the prefix of the log.",
	Route:   "GET /v1/audit/tile/{path...}",
	Access:  op.Holding[TileInput]("read", op.ReadAudit),
	Faults:  []fault.Code{fault.NotFound, fault.StateCompacted},
	Example: TileInput{Path: "0/000.p/1"},
	Result:  op.Raw{ContentType: tileType},
}, func(v *op.View, in TileInput) (op.Raw, error) {
	t, ok := parseTile(in.Path)
	if !ok {
		return op.Raw{}, op.NotFound()
	}
	level, first, width := uint64(max(t.L, 0)), uint64(t.N)*tileWidth, uint64(t.W)
	if have := open(v).size >> (tileHeight * level); first+width > have {
		return op.Raw{}, op.NotFound()
	}
	r := &reader{v: v.Now}
	if t.L < 0 {
		if first < base(v.Now).Size {
			return op.Raw{}, fault.New(fault.StateCompacted, "these entries were pruned; look into the exports that were made of them")
		}
		return op.Raw{ContentType: tileType, Body: r.bundle(first, width)}, nil
	}
	return op.Raw{ContentType: tileType, Body: r.hashes(level, first, width)}, nil
})

const (
	tileType    = "application/octet-stream"
	bundlePath  = "entries/"
	maxTreeBits = 53
)

// parseTile reads a path. Level -1 stands for entries, as in tlog, whose own
// paths name the height too and say data for entries.
func parseTile(path string) (tlog.Tile, bool) {
	if rest, ok := strings.CutPrefix(path, bundlePath); ok {
		path = "data/" + rest
	} else if strings.HasPrefix(path, "data") {
		return tlog.Tile{}, false
	}
	t, err := tlog.ParseTilePath("tile/8/" + path)
	if err != nil || t.L*tileHeight > maxTreeBits || t.N > 1<<maxTreeBits {
		return tlog.Tile{}, false
	}
	return t, true
}

// bundle gives count entries after the first ones, each behind its length.
func (r *reader) bundle(first, count uint64) []byte {
	var b []byte
	for n := first + 1; n <= first+count; n++ {
		entry := load(r.v, n).Entry
		b = binary.BigEndian.AppendUint16(b, uint16(len(entry)))
		b = append(b, entry...)
	}
	return b
}
