package wire

import (
	"crypto/rand"
	"encoding/hex"
	"strings"
	"time"
)

// RequestID gives the caller's request id if it is one that logs can hold,
// else a new one.
func RequestID(value string) string {
	if len(value) < 8 || len(value) > 128 || strings.ContainsFunc(value, notID) {
		return NewRequestID()
	}
	return value
}

func notID(r rune) bool {
	return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune("._-", r)
}

// NewRequestID makes a UUIDv7 (RFC 9562, section 5.7).
func NewRequestID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails; the program ends without randomness
	for i, millis := 5, time.Now().UnixMilli(); i >= 0; i-- {
		b[i] = byte(millis)
		millis >>= 8
	}
	b[6] = b[6]&0x0F | 0x70
	b[8] = b[8]&0x3F | 0x80
	var text [36]byte
	hex.Encode(text[:8], b[:4])
	hex.Encode(text[9:13], b[4:6])
	hex.Encode(text[14:18], b[6:8])
	hex.Encode(text[19:23], b[8:10])
	hex.Encode(text[24:], b[10:])
	text[8], text[13], text[18], text[23] = '-', '-', '-', '-'
	return string(text[:])
}

// TraceID reads the trace id of a W3C traceparent; "" if there is none.
func TraceID(traceparent string) string {
	p := strings.Split(traceparent, "-")
	if len(p) < 4 || len(p[0]) != 2 || p[0] == "ff" || (p[0] == "00" && len(p) != 4) {
		return ""
	}
	if !lowerHex(p[0], 2) || !lowerHex(p[1], 32) || !lowerHex(p[2], 16) || !lowerHex(p[3], 2) {
		return ""
	}
	if strings.Trim(p[1], "0") == "" || strings.Trim(p[2], "0") == "" {
		return ""
	}
	return p[1]
}

func lowerHex(s string, n int) bool {
	return len(s) == n && !strings.ContainsFunc(s, func(r rune) bool { return (r < '0' || r > '9') && (r < 'a' || r > 'f') })
}
