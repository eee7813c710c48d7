package snapshot

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
)

// A stream is
//
//	"WEIRSNP1" payload length(8) "WEIR.END" sha256(32)
//
// where length counts the payload and the digest covers all that precedes it.
const (
	magic       = "WEIRSNP1"
	end         = "WEIR.END"
	trailerSize = 8 + len(end) + sha256.Size
)

// ErrDamaged says that a stream is cut short or was changed on its way.
var ErrDamaged = errors.New("snapshot: stream is damaged")

// encode writes a stream around what fill writes and returns its exact size.
func encode(out io.Writer, fill func(io.Writer) error) (int64, error) {
	hash := sha256.New()
	buffered := bufio.NewWriterSize(out, 256<<10)
	w := &counter{w: io.MultiWriter(buffered, hash)}
	if _, err := io.WriteString(w, magic); err != nil {
		return 0, err
	}
	if err := fill(w); err != nil {
		return 0, err
	}
	tail := binary.BigEndian.AppendUint64(nil, uint64(w.n)-uint64(len(magic)))
	if _, err := w.Write(append(tail, end...)); err != nil {
		return 0, err
	}
	digest := hash.Sum(nil)
	if _, err := buffered.Write(digest); err != nil {
		return 0, err
	}
	return w.n + int64(len(digest)), buffered.Flush()
}

// verify reads a whole stream and returns its payload.
func verify(file *os.File) (*io.SectionReader, error) {
	info, err := file.Stat()
	if err != nil {
		return nil, fmt.Errorf("snapshot: verify: %w", err)
	}
	size := info.Size()
	length := size - int64(len(magic)+trailerSize)
	if length < 0 {
		return nil, fmt.Errorf("%w: %d bytes are no stream", ErrDamaged, size)
	}
	head := make([]byte, len(magic))
	if _, err := file.ReadAt(head, 0); err != nil {
		return nil, fmt.Errorf("snapshot: verify: %w", err)
	}
	if string(head) != magic {
		return nil, fmt.Errorf("%w: it is not of the format %s", ErrDamaged, magic)
	}
	trailer := make([]byte, trailerSize)
	if _, err := file.ReadAt(trailer, size-int64(trailerSize)); err != nil {
		return nil, fmt.Errorf("snapshot: verify: %w", err)
	}
	if binary.BigEndian.Uint64(trailer) != uint64(length) || string(trailer[8:8+len(end)]) != end {
		return nil, fmt.Errorf("%w: no end after %d bytes", ErrDamaged, size)
	}
	hash := sha256.New()
	if _, err := io.Copy(hash, io.NewSectionReader(file, 0, size-sha256.Size)); err != nil {
		return nil, fmt.Errorf("snapshot: verify: %w", err)
	}
	if !bytes.Equal(hash.Sum(nil), trailer[8+len(end):]) {
		return nil, fmt.Errorf("%w: digest differs", ErrDamaged)
	}
	return io.NewSectionReader(file, int64(len(magic)), length), nil
}

// counter counts the bytes that passed.
type counter struct {
	w io.Writer
	n int64
}

func (c *counter) Write(b []byte) (int, error) {
	n, err := c.w.Write(b)
	c.n += int64(n)
	return n, err
}
