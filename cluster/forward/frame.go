package forward

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// A frame is
//
//	length(4) kind(1) id(8) body
//
// where length counts everything after itself. The body of a call is
//
//	milliseconds(8) method length(1) method payload
//
// and milliseconds is how long the caller will wait.
type frame struct {
	kind byte
	id   uint64
	body []byte
}

const (
	kindCall   byte = 1
	kindCancel byte = 2
	kindReply  byte = 3
	kindFault  byte = 4

	frameHead = 9
	// maxFrame bounds what a peer can make us allocate: the largest command and
	// the largest reply are below it.
	maxFrame = 8 << 20
)

var errFrame = errors.New("forward: malformed frame")

func writeFrame(w io.Writer, f frame) error {
	if len(f.body) > maxFrame-frameHead {
		return fmt.Errorf("%w: body of %d bytes", errFrame, len(f.body))
	}
	b := make([]byte, 0, 4+frameHead+len(f.body))
	b = binary.BigEndian.AppendUint32(b, uint32(frameHead+len(f.body)))
	b = append(b, f.kind)
	b = binary.BigEndian.AppendUint64(b, f.id)
	_, err := w.Write(append(b, f.body...))
	return err
}

func readFrame(r *bufio.Reader) (frame, error) {
	var head [4 + frameHead]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return frame{}, err
	}
	size := binary.BigEndian.Uint32(head[:])
	if size < frameHead || size > maxFrame {
		return frame{}, fmt.Errorf("%w: %d bytes", errFrame, size)
	}
	f := frame{kind: head[4], id: binary.BigEndian.Uint64(head[5:])}
	// Read in steps, so that a length alone does not cost memory.
	body, err := io.ReadAll(io.LimitReader(r, int64(size-frameHead)))
	if err == nil && len(body) < int(size-frameHead) {
		err = io.ErrUnexpectedEOF
	}
	f.body = body
	return f, err
}

// call is the body of a frame of kindCall.
type call struct {
	milliseconds uint64
	method       string
	payload      []byte
}

func (c call) encode() []byte {
	b := make([]byte, 0, 9+len(c.method)+len(c.payload))
	b = binary.BigEndian.AppendUint64(b, c.milliseconds)
	b = append(b, byte(len(c.method)))
	return append(append(b, c.method...), c.payload...)
}

func decodeCall(b []byte) (call, error) {
	if len(b) < 9 || len(b) < 9+int(b[8]) {
		return call{}, fmt.Errorf("%w: short call", errFrame)
	}
	end := 9 + int(b[8])
	return call{milliseconds: binary.BigEndian.Uint64(b), method: string(b[9:end]), payload: b[end:]}, nil
}
