// Package snapshot is the stream form of a whole state: every kept version of
// every key, so that earlier revisions can be asked after a transfer too.
package snapshot

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/weir-store/weir/storage"
)

// The stream is: magic ‖ revision (8 bytes) ‖ versions ‖ end. A version is
// one byte of flags, 8 bytes of revision, and key and value each preceded by
// its length in 4 bytes. The end is the byte 0xFF and the number of versions
// in 8 bytes. All numbers are big endian.
const magic = "weir-state-1"

const (
	flagDelete   = 1
	flagVolatile = 2
	flagEnd      = 0xFF
)

// maxPart bounds what a length field may ask for.
const maxPart = 16 << 20

// ErrFormat is returned for a stream that Write did not make, or not whole.
var ErrFormat = errors.New("snapshot: not a whole state stream")

// Write streams the state of an engine as of a revision.
func Write(ctx context.Context, w io.Writer, engine storage.Engine, revision uint64) error {
	out := bufio.NewWriterSize(w, 1<<16)
	head := binary.BigEndian.AppendUint64([]byte(magic), revision)
	if _, err := out.Write(head); err != nil {
		return fmt.Errorf("snapshot: %w", err)
	}
	var count uint64
	var buf []byte
	err := engine.Dump(ctx, revision, func(v storage.Version) error {
		count++
		flags := byte(0)
		if v.Delete {
			flags |= flagDelete
		}
		if v.Volatile {
			flags |= flagVolatile
		}
		buf = append(buf[:0], flags)
		buf = binary.BigEndian.AppendUint64(buf, v.Revision)
		buf = part(part(buf, v.Key), v.Value)
		_, err := out.Write(buf)
		return err
	})
	if err != nil {
		return fmt.Errorf("snapshot: write: %w", err)
	}
	if _, err := out.Write(binary.BigEndian.AppendUint64([]byte{flagEnd}, count)); err != nil {
		return fmt.Errorf("snapshot: %w", err)
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("snapshot: %w", err)
	}
	return nil
}

func part(buf, b []byte) []byte {
	return append(binary.BigEndian.AppendUint32(buf, uint32(len(b))), b...)
}

// Reader reads a stream.
type Reader struct {
	in *bufio.Reader
	// Revision is the revision of the state in the stream.
	Revision uint64
	count    uint64
}

// NewReader reads the beginning of a stream.
func NewReader(r io.Reader) (*Reader, error) {
	in := bufio.NewReaderSize(r, 1<<16)
	head := make([]byte, len(magic)+8)
	if _, err := io.ReadFull(in, head); err != nil || string(head[:len(magic)]) != magic {
		return nil, ErrFormat
	}
	return &Reader{in: in, Revision: binary.BigEndian.Uint64(head[len(magic):])}, nil
}

// Next gives the next version; io.EOF after the last, once the end has shown
// that none is missing. The bytes are the caller's.
func (r *Reader) Next() (storage.Version, error) {
	flags, err := r.in.ReadByte()
	if err != nil {
		return storage.Version{}, ErrFormat
	}
	revision, err := r.number()
	if err != nil {
		return storage.Version{}, err
	}
	if flags == flagEnd {
		if revision != r.count {
			return storage.Version{}, ErrFormat
		}
		return storage.Version{}, io.EOF
	}
	v := storage.Version{Revision: revision, Delete: flags&flagDelete != 0, Volatile: flags&flagVolatile != 0}
	if v.Key, err = r.part(); err != nil {
		return v, err
	}
	v.Value, err = r.part()
	r.count++
	return v, err
}

func (r *Reader) number() (uint64, error) {
	var b [8]byte
	if _, err := io.ReadFull(r.in, b[:]); err != nil {
		return 0, ErrFormat
	}
	return binary.BigEndian.Uint64(b[:]), nil
}

func (r *Reader) part() ([]byte, error) {
	var b [4]byte
	if _, err := io.ReadFull(r.in, b[:]); err != nil {
		return nil, ErrFormat
	}
	n := binary.BigEndian.Uint32(b[:])
	if n > maxPart {
		return nil, ErrFormat
	}
	out := make([]byte, n)
	if _, err := io.ReadFull(r.in, out); err != nil {
		return nil, ErrFormat
	}
	return out, nil
}
