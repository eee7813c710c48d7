package state

import (
	"strings"
	"time"

	"github.com/weir-store/weir/core/fault"
)

// Time is a point in time in microseconds since 1970-01-01T00:00:00Z, the unit
// in which the leader stamps entries. 0 means "not set". It never comes from a
// clock here: it is stamped into the entry before the log.
type Time int64

// MaxTime is the last time that the wire form can carry.
const MaxTime = Time(253402300799999999)

const wireForm = "2006-01-02T15:04:05.000000Z"

// String is RFC 3339 in UTC with exactly six digits after the second, so that
// the text sorts as the time does.
func (t Time) String() string { return time.UnixMicro(int64(t)).UTC().Format(wireForm) }

// Millis is the whole milliseconds since the epoch.
func (t Time) Millis() uint64 { return uint64(t) / 1000 }

// ParseTime reads RFC 3339 in any zone. Digits beyond microseconds and leap
// seconds are refused rather than rounded.
func ParseTime(s string) (Time, *fault.Fault) {
	bad := func(why string) (Time, *fault.Fault) {
		return 0, fault.New(fault.ValidationFailed, "%s; give an RFC 3339 time such as 2026-01-31T12:00:00Z", why)
	}
	p, err := time.Parse(time.RFC3339Nano, s)
	if err != nil || strings.ContainsAny(s, ",") {
		return bad("not a time")
	}
	if p.Nanosecond()%1000 != 0 {
		return bad("a time has at most six digits after the second")
	}
	t := Time(p.UnixMicro())
	if t <= 0 || t > MaxTime {
		return bad("the time lies outside of the years 1970 to 9999")
	}
	return t, nil
}

// MarshalText implements encoding.TextMarshaler.
func (t Time) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (t *Time) UnmarshalText(b []byte) error {
	p, f := ParseTime(string(b))
	if f != nil {
		return f
	}
	*t = p
	return nil
}
