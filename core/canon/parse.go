package canon

import (
	"slices"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/weir-store/weir/core/fault"
)

// The bounds of what is read.
const (
	MaxDepth  = 64
	MaxKeys   = 10_000
	MaxNumber = 64
)

// Parse reads one JSON value, strictly: no duplicate names, no invalid UTF-8,
// no lone surrogates, nothing after the value.
func Parse(b []byte) (Value, *fault.Fault) {
	p := parser{src: b}
	v := p.value(0)
	p.space()
	if p.bad == nil && p.pos < len(b) {
		p.fail("there is something after the value")
	}
	if p.bad != nil {
		return Value{}, p.bad
	}
	return v, nil
}

// Canonical gives the canonical bytes of a JSON text.
func Canonical(b []byte) ([]byte, *fault.Fault) {
	v, f := Parse(b)
	if f != nil {
		return nil, f
	}
	return v.Append(make([]byte, 0, len(b))), nil
}

type parser struct {
	src  []byte
	pos  int
	keys int
	path []string
	bad  *fault.Fault
}

// fail keeps the first mistake and makes everything after it stop.
func (p *parser) fail(why string) Value {
	if p.bad == nil {
		pointer := ""
		for _, name := range p.path {
			pointer += "/" + Pointer(name)
		}
		p.bad = fault.New(fault.MalformedRequest, "not a legal JSON text at byte %d: %s", p.pos, why).
			At(fault.Item{Pointer: pointer, Code: "malformed-json", Detail: why})
	}
	p.pos = len(p.src)
	return Value{}
}

func (p *parser) space() {
	for p.pos < len(p.src) {
		switch p.src[p.pos] {
		case ' ', '\t', '\n', '\r':
			p.pos++
		default:
			return
		}
	}
}

// peek is the next byte that is not white space; 0 at the end.
func (p *parser) peek() byte {
	p.space()
	if p.pos == len(p.src) {
		return 0
	}
	return p.src[p.pos]
}

func (p *parser) value(depth int) Value {
	if depth > MaxDepth {
		return p.fail("it is nested more than " + strconv.Itoa(MaxDepth) + " deep")
	}
	switch c := p.peek(); {
	case c == '{':
		return p.object(depth)
	case c == '[':
		return p.array(depth)
	case c == '"':
		return Value{Kind: String, Text: p.text()}
	case c == 't':
		return p.word("true", Value{Kind: Bool, Bool: true})
	case c == 'f':
		return p.word("false", Value{Kind: Bool})
	case c == 'n':
		return p.word("null", Value{})
	case c == '-' || (c >= '0' && c <= '9'):
		return p.number()
	}
	return p.fail("a value is missing")
}

func (p *parser) word(w string, v Value) Value {
	if len(p.src)-p.pos < len(w) || string(p.src[p.pos:p.pos+len(w)]) != w {
		return p.fail("a value is missing")
	}
	p.pos += len(w)
	return v
}

func (p *parser) array(depth int) Value {
	p.pos++
	v := Value{Kind: Array, Elems: []Value{}}
	if p.peek() == ']' {
		p.pos++
		return v
	}
	for p.bad == nil {
		p.path = append(p.path, strconv.Itoa(len(v.Elems)))
		v.Elems = append(v.Elems, p.value(depth+1))
		if p.bad != nil {
			break
		}
		p.path = p.path[:len(p.path)-1]
		if p.count() {
			break
		}
		switch p.peek() {
		case ',':
			p.pos++
		case ']':
			p.pos++
			return v
		default:
			p.fail("a comma or the end of an array is missing")
		}
	}
	return Value{}
}

// count bounds the members and items of the whole text.
func (p *parser) count() (over bool) {
	p.keys++
	if p.keys > MaxKeys {
		p.fail("it has more than " + strconv.Itoa(MaxKeys) + " members and items")
		return true
	}
	return false
}

func (p *parser) object(depth int) Value {
	p.pos++
	v := Value{Kind: Object, Members: []Member{}}
	if p.peek() == '}' {
		p.pos++
		return v
	}
	sorted := true
	for p.bad == nil {
		if p.peek() != '"' {
			p.fail("a name is missing")
			break
		}
		name := p.text()
		if p.peek() != ':' {
			p.fail("a colon is missing")
			break
		}
		p.pos++
		p.path = append(p.path, name)
		m := Member{name, p.value(depth + 1)}
		if p.bad != nil {
			break
		}
		p.path = p.path[:len(p.path)-1]
		if n := len(v.Members); n > 0 && compare(v.Members[n-1].Name, name) >= 0 {
			sorted = false
		}
		v.Members = append(v.Members, m)
		if p.count() {
			break
		}
		switch p.peek() {
		case ',':
			p.pos++
		case '}':
			p.pos++
			return p.ordered(v, sorted)
		default:
			p.fail("a comma or the end of an object is missing")
		}
	}
	return Value{}
}

// ordered sorts members and refuses a name that occurs twice.
func (p *parser) ordered(v Value, sorted bool) Value {
	if sorted {
		return v
	}
	slices.SortStableFunc(v.Members, func(a, b Member) int { return compare(a.Name, b.Name) })
	for i := 1; i < len(v.Members); i++ {
		if v.Members[i].Name == v.Members[i-1].Name {
			p.path = append(p.path, v.Members[i].Name)
			return p.fail("a name occurs twice in one object")
		}
	}
	return v
}

// number keeps the lexeme of a number of the JSON grammar.
func (p *parser) number() Value {
	start := p.pos
	if p.src[p.pos] == '-' {
		p.pos++
	}
	if p.pos < len(p.src) && p.src[p.pos] == '0' {
		p.pos++
	} else if p.digits() == 0 {
		return p.fail("a number has no digits")
	}
	if p.pos < len(p.src) && p.src[p.pos] == '.' {
		p.pos++
		if p.digits() == 0 {
			return p.fail("a number has no digits after its point")
		}
	}
	if p.pos < len(p.src) && (p.src[p.pos] == 'e' || p.src[p.pos] == 'E') {
		p.pos++
		if p.pos < len(p.src) && (p.src[p.pos] == '+' || p.src[p.pos] == '-') {
			p.pos++
		}
		if p.digits() == 0 {
			return p.fail("a number has no digits in its exponent")
		}
	}
	if p.pos-start > MaxNumber {
		return p.fail("a number has more than " + strconv.Itoa(MaxNumber) + " characters")
	}
	return Value{Kind: Number, Text: string(p.src[start:p.pos])}
}

func (p *parser) digits() (n int) {
	for p.pos < len(p.src) && p.src[p.pos] >= '0' && p.src[p.pos] <= '9' {
		p.pos++
		n++
	}
	return n
}

// text reads a string, from its opening quote.
func (p *parser) text() string {
	p.pos++
	start := p.pos
	for p.pos < len(p.src) {
		switch c := p.src[p.pos]; {
		case c == '"':
			s := p.src[start:p.pos]
			p.pos++
			if !utf8.Valid(s) {
				p.fail("a string is not UTF-8")
				return ""
			}
			return string(s)
		case c == '\\':
			return p.escaped(start)
		case c < 0x20:
			p.fail("a string holds a bare control character")
			return ""
		default:
			p.pos++
		}
	}
	p.fail("a string does not end")
	return ""
}

// escaped reads on after the first escape of a string that began at start.
func (p *parser) escaped(start int) string {
	out := append([]byte(nil), p.src[start:p.pos]...)
	for p.pos < len(p.src) {
		switch c := p.src[p.pos]; {
		case c == '"':
			p.pos++
			if !utf8.Valid(out) {
				p.fail("a string is not UTF-8")
				return ""
			}
			return string(out)
		case c == '\\':
			r, ok := p.escape()
			if !ok {
				p.fail("a string holds an escape that JSON does not have")
				return ""
			}
			out = utf8.AppendRune(out, r)
		case c < 0x20:
			p.fail("a string holds a bare control character")
			return ""
		default:
			out = append(out, c)
			p.pos++
		}
	}
	p.fail("a string does not end")
	return ""
}

// escape reads one escape; a pair of surrogates is one.
func (p *parser) escape() (rune, bool) {
	if p.pos+1 >= len(p.src) {
		return 0, false
	}
	c := p.src[p.pos+1]
	if c != 'u' {
		p.pos += 2
		switch c {
		case '"', '\\', '/':
			return rune(c), true
		case 'b':
			return '\b', true
		case 'f':
			return '\f', true
		case 'n':
			return '\n', true
		case 'r':
			return '\r', true
		case 't':
			return '\t', true
		}
		return 0, false
	}
	r, ok := p.unit()
	if !ok || !utf16.IsSurrogate(r) {
		return r, ok
	}
	if p.pos+1 >= len(p.src) || p.src[p.pos] != '\\' || p.src[p.pos+1] != 'u' {
		return 0, false
	}
	low, ok := p.unit()
	r = utf16.DecodeRune(r, low)
	return r, ok && r != utf8.RuneError
}

// unit reads \uXXXX.
func (p *parser) unit() (rune, bool) {
	if p.pos+6 > len(p.src) {
		return 0, false
	}
	n, err := strconv.ParseUint(string(p.src[p.pos+2:p.pos+6]), 16, 16)
	p.pos += 6
	return rune(n), err == nil
}
