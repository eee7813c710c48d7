package canon

import "unicode/utf8"

// canonical says whether b is what Parse would take and Append would write. It
// allocates nothing. It may say no of a canonical text: one with an escape in
// a name, which only Parse resolves.
func canonical(b []byte) bool {
	s := scanner{src: b}
	return utf8.Valid(b) && s.value(0) && s.pos == len(b)
}

type scanner struct {
	src          []byte
	pos          int
	names, items int
}

// skip passes over c, if that comes next.
func (s *scanner) skip(c byte) bool {
	if s.pos == len(s.src) || s.src[s.pos] != c {
		return false
	}
	s.pos++
	return true
}

func (s *scanner) value(depth int) bool {
	if s.pos == len(s.src) {
		return false
	}
	switch s.src[s.pos] {
	case '{':
		s.pos++
		return depth < MaxDepth && s.object(depth)
	case '[':
		s.pos++
		return depth < MaxDepth && s.array(depth)
	case '"':
		_, _, ok := s.text()
		return ok
	case 't':
		return s.word("true")
	case 'f':
		return s.word("false")
	case 'n':
		return s.word("null")
	}
	end, wrong := lexeme(s.src, s.pos)
	ok := wrong == "" && end-s.pos <= MaxNumber
	s.pos = end
	return ok
}

func (s *scanner) word(w string) bool {
	if len(s.src)-s.pos < len(w) || string(s.src[s.pos:s.pos+len(w)]) != w {
		return false
	}
	s.pos += len(w)
	return true
}

func (s *scanner) array(depth int) bool {
	if s.skip(']') {
		return true
	}
	for {
		if s.items++; s.items > MaxItems || !s.value(depth+1) {
			return false
		}
		if s.skip(']') {
			return true
		}
		if !s.skip(',') {
			return false
		}
	}
}

func (s *scanner) object(depth int) bool {
	if s.skip('}') {
		return true
	}
	for last := []byte(nil); ; {
		if s.names++; s.names > MaxKeys || s.pos == len(s.src) || s.src[s.pos] != '"' {
			return false
		}
		name, escaped, ok := s.text()
		if !ok || escaped || (last != nil && compare(last, name) >= 0) || !s.skip(':') || !s.value(depth+1) {
			return false
		}
		last = name
		if s.skip('}') {
			return true
		}
		if !s.skip(',') {
			return false
		}
	}
}

// text passes over a string, from its opening quote, if each character is
// written the one way that AppendString writes it.
func (s *scanner) text() (raw []byte, escaped, ok bool) {
	s.pos++
	for start := s.pos; s.pos < len(s.src); s.pos++ {
		switch c := s.src[s.pos]; {
		case c == '"':
			s.pos++
			return s.src[start : s.pos-1], escaped, true
		case c == '\\':
			if !s.escape() {
				return nil, false, false
			}
			escaped = true
		case c < 0x20:
			return nil, false, false
		}
	}
	return nil, false, false
}

// escape passes over all but the last character of an escape.
func (s *scanner) escape() bool {
	rest := s.src[s.pos+1:]
	if len(rest) == 0 {
		return false
	}
	switch rest[0] {
	case '"', '\\', 'b', 'f', 'n', 'r', 't':
		s.pos++
		return true
	}
	if len(rest) < 5 || string(rest[:3]) != "u00" {
		return false
	}
	high, low := rest[3], rest[4]
	s.pos += 5
	switch high {
	case '0':
		return (low >= '0' && low <= '7') || low == 'b' || low == 'e' || low == 'f'
	case '1':
		return (low >= '0' && low <= '9') || (low >= 'a' && low <= 'f')
	}
	return false
}

// lexeme is the end of the number that begins at s[at], by the grammar of RFC
// 8259, or what is wrong with it.
func lexeme[T string | []byte](s T, at int) (end int, wrong string) {
	if at < len(s) && s[at] == '-' {
		at++
	}
	end = digits(s, at)
	switch {
	case end == at:
		return end, "a number has no digits"
	case s[at] == '0' && end > at+1:
		return end, "a number begins with a zero that says nothing"
	}
	if end < len(s) && s[end] == '.' {
		at = end + 1
		if end = digits(s, at); end == at {
			return end, "a number has no digits after its point"
		}
	}
	if end < len(s) && (s[end] == 'e' || s[end] == 'E') {
		at = end + 1
		if at < len(s) && (s[at] == '+' || s[at] == '-') {
			at++
		}
		if end = digits(s, at); end == at {
			return end, "a number has no digits in its exponent"
		}
	}
	return end, ""
}

// digits is the end of the digits that begin at s[at].
func digits[T string | []byte](s T, at int) int {
	for at < len(s) && s[at] >= '0' && s[at] <= '9' {
		at++
	}
	return at
}
