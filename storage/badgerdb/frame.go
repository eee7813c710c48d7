package badgerdb

import (
	"encoding/binary"
	"hash/crc32"

	"github.com/weir-store/weir/storage"
)

// Stored keys begin with a byte of the engine's own, which also keeps them
// apart from Badger's "!badger!" keys.
const (
	markPrefix = 0x00
	dataPrefix = 0x01
)

// A stored value is framed:
//
//	kind (1) | value | CRC-32C over revision (8, big endian), kind, key, value (4, big endian)
//
// The sum says that these bytes were written under this key at this revision,
// whatever Badger's own sums covered when the bytes were read.
const (
	kindLive      = 0x01
	kindTombstone = 0x02 // of a historic key: earlier revisions still answer
	kindVolatile  = 0x03 // Badger may drop all earlier versions
	frameOverhead = 1 + crc32.Size
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// appendFrame appends the frame of a value to buf.
func appendFrame(buf []byte, kind byte, key, value []byte, revision uint64) []byte {
	buf = append(buf, kind)
	buf = append(buf, value...)
	return binary.BigEndian.AppendUint32(buf, frameSum(kind, key, value, revision))
}

func frameSum(kind byte, key, value []byte, revision uint64) uint32 {
	var head [9]byte
	binary.BigEndian.PutUint64(head[:8], revision)
	head[8] = kind
	sum := crc32.Update(0, castagnoli, head[:])
	sum = crc32.Update(sum, castagnoli, key)
	return crc32.Update(sum, castagnoli, value)
}

// openFrame verifies a frame and gives the value inside.
func openFrame(frame, key []byte, revision uint64) (kind byte, value []byte, err error) {
	if len(frame) < frameOverhead {
		return 0, nil, &storage.Corruption{Where: "value", What: "shorter than its frame"}
	}
	end := len(frame) - crc32.Size
	kind, value = frame[0], frame[1:end]
	if binary.BigEndian.Uint32(frame[end:]) != frameSum(kind, key, value, revision) {
		return 0, nil, &storage.Corruption{Where: "value", What: "checksum does not match"}
	}
	if kind < kindLive || kind > kindVolatile {
		return 0, nil, &storage.Corruption{Where: "value", What: "unknown kind"}
	}
	return kind, value, nil
}
