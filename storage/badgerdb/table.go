package badgerdb

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"

	"github.com/dgraph-io/badger/v4/fb"
	"github.com/dgraph-io/badger/v4/table"

	"github.com/weir-store/weir/storage"
)

// A table of Badger, uncompressed and not encrypted:
//
//	block ... | index | length of index (4) | sum | length of sum (4)
//
// and each block, whose place the index tells:
//
//	entries | offsets | number (4) | sum | length of sum (4)
//
// Numbers are big endian. A sum is a protobuf message with the CRC-32C of all
// before it: 0x10 and a varint.
//
// Badger can verify this as well, but it trusts lengths before it has verified
// them and then panics on goroutines of its own. So nothing is given to it
// that was not verified here.

const lengthSize = 4

// verifyTable reads a whole table.
func verifyTable(path string) error {
	what, err := readTable(path)
	if err != nil {
		return fmt.Errorf("badgerdb: verify: %w", err)
	}
	if what != "" {
		return &storage.Corruption{Where: filepath.Base(path), What: what}
	}
	return nil
}

// readTable says what is wrong with a table, if anything.
func readTable(path string) (what string, err error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	info, err := f.Stat()
	if err != nil {
		return "", err
	}
	index, blocks, err := readIndex(f, info.Size())
	if index == nil || err != nil {
		return "index does not match its checksum", err
	}
	var (
		in    = bufio.NewReaderSize(f, 256<<10)
		place fb.BlockOffset
		block []byte
		at    int64
	)
	for i := range index.OffsetsLength() {
		if !index.Offsets(&place, i) || int64(place.Offset()) != at || at+int64(place.Len()) > blocks {
			return "blocks are not where the index says", nil
		}
		at += int64(place.Len())
		block = append(block[:0], make([]byte, place.Len())...)
		if _, err := io.ReadFull(in, block); err != nil {
			return "", err
		}
		if _, ok := unseal(block); !ok {
			return fmt.Sprintf("block %d does not match its checksum", i), nil
		}
	}
	if at != blocks {
		return "bytes between the blocks and the index", nil
	}
	return "", nil
}

// readIndex gives the verified index, nil if it is not what was written, and
// the size of the blocks before it.
func readIndex(f io.ReaderAt, size int64) (index *fb.TableIndex, blocks int64, err error) {
	tail := make([]byte, min(size, 64))
	if _, err := f.ReadAt(tail, size-int64(len(tail))); err != nil {
		return nil, 0, err
	}
	sumLength, ok := lastNumber(tail)
	if !ok || int64(sumLength)+2*lengthSize > int64(len(tail)) {
		return nil, 0, nil
	}
	indexLength, _ := lastNumber(tail[:len(tail)-lengthSize-int(sumLength)])
	footer := int64(sumLength) + 2*lengthSize
	blocks = size - footer - int64(indexLength)
	if blocks < 0 || indexLength == 0 { // a file of zeros sums up
		return nil, 0, nil
	}
	data := make([]byte, size-blocks)
	if _, err := f.ReadAt(data, blocks); err != nil {
		return nil, 0, err
	}
	// The length lies between the index and its sum, which does not cover it.
	body := data[:indexLength]
	if !bytes.Equal(data[indexLength+lengthSize:], seal(body)) {
		return nil, 0, nil
	}
	return fb.GetRootAsTableIndex(body, 0), blocks, nil
}

// unseal cuts a correct sum and its length off.
func unseal(data []byte) (body []byte, ok bool) {
	length, ok := lastNumber(data)
	if !ok || int64(length)+lengthSize > int64(len(data)) {
		return nil, false
	}
	body = data[:len(data)-lengthSize-int(length)]
	return body, bytes.Equal(data[len(body):], seal(body))
}

// seal is the sum of a body, with its length, as Badger writes it.
func seal(body []byte) []byte {
	var sum []byte
	if n := crc32.Checksum(body, castagnoli); n != 0 { // protobuf leaves a zero out
		sum = binary.AppendUvarint([]byte{0x10}, uint64(n))
	}
	return binary.BigEndian.AppendUint32(sum, uint32(len(sum)))
}

func lastNumber(data []byte) (uint32, bool) {
	if len(data) < lengthSize {
		return 0, false
	}
	return binary.BigEndian.Uint32(data[len(data)-lengthSize:]), true
}

// tablePath is the file of a table.
func (g *generation) tablePath(id uint64) string { return table.NewFilename(id, g.dir) }

// verifyTables verifies the tables of an open generation. Those that go away
// meanwhile were compacted into others.
func (g *generation) verifyTables(stop func() error) error {
	ids, err := g.tables()
	if err != nil {
		return err
	}
	for id := range ids {
		if err := stop(); err != nil {
			return err
		}
		verifyErr := verifyTable(g.tablePath(id))
		if verifyErr == nil {
			continue
		}
		left, err := g.tables()
		if err != nil {
			return err
		}
		if left[id] {
			return verifyErr
		}
	}
	return nil
}

// tables are the ids of the tables in use.
func (g *generation) tables() (map[uint64]bool, error) {
	g.mu.RLock()
	defer g.mu.RUnlock()
	if g.db == nil {
		return nil, storage.ErrClosed
	}
	ids := map[uint64]bool{}
	for _, t := range g.db.Tables() {
		ids[t.ID] = true
	}
	return ids, nil
}
