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
	// MaxDepth is how deep arrays and objects may be nested.
	MaxDepth = 64
	// MaxKeys is how many names all objects of a text may have together.
	MaxKeys = 10_000
	// MaxItems is how many items all arrays of a text may have together. It
	// keeps a small text from becoming a large tree, and is more than fit into
	// the data of one object.
	MaxItems = 1 << 17
	// MaxNumber is the length of a number in characters.
	MaxNumber = 64
	// maxPointer is where the pointer of a fault ends, at a whole name.
	maxPointer = 1024
)

// Parse reads one JSON value, strictly: no duplicate names, no invalid UTF-8,
// no lone surrogates, nothing after the value. A text that breaks the grammar
// is a malformed-request, one that exceeds a bound limit-exceeded; the item of
// the fault points to the place.
func Parse(b []byte) (Value, *fault.Fault) {
	p := parser{src: string(b)}
	v, ok := p.document()
	if !ok {
		return Value{}, p.bad
	}
	return v, nil
}

// Canonical gives the canonical bytes of a JSON text: b itself where it is
// canonical already.
func Canonical(b []byte) ([]byte, *fault.Fault) {
	if canonical(b) {
		return b, nil
	}
	v, f := Parse(b)
	if f != nil {
		return nil, f
	}
	return v.Append(make([]byte, 0, len(b))), nil
}

// parser holds a text that is UTF-8. Strings and numbers of the tree are parts
// of it where no escape forbids that. Each method that reads something says
// whether it could, and leaves the fault in bad where not.
type parser struct {
	src   string
	pos   int
	names int
	items int
	path  []step
	bad   *fault.Fault
}

// step is one token of the pointer to the place that is read.
type step struct {
	name  string
	index int
	named bool
}

// document reads the whole text.
func (p *parser) document() (Value, bool) {
	if !utf8.ValidString(p.src) {
		for r, n := utf8.DecodeRuneInString(p.src); r != utf8.RuneError || n != 1; r, n = utf8.DecodeRuneInString(p.src[p.pos:]) {
			p.pos += n
		}
		return p.malformed("it is not UTF-8")
	}
	v, ok := p.value(0)
	if p.space(); ok && p.pos < len(p.src) {
		return p.malformed("there is something after the value")
	}
	return v, ok
}

func (p *parser) malformed(why string) (Value, bool) {
	return p.fail(fault.MalformedRequest, "malformed-json", why)
}

func (p *parser) exceeds(bound int, what string) (Value, bool) {
	return p.fail(fault.LimitExceeded, "json-bounds", "it has more than "+strconv.Itoa(bound)+" "+what)
}

func (p *parser) fail(code fault.Code, item, why string) (Value, bool) {
	p.bad = fault.New(code, "the JSON text is refused at byte %d: %s", p.pos, why).
		At(fault.Item{Pointer: p.pointer(), Code: item, Detail: why})
	return Value{}, false
}

func (p *parser) pointer() string {
	pointer := ""
	for _, s := range p.path {
		token := strconv.Itoa(s.index)
		if s.named {
			token = Pointer(s.name)
		}
		if len(pointer)+1+len(token) > maxPointer {
			break
		}
		pointer += "/" + token
	}
	return pointer
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

// skip passes over c, if that comes next.
func (p *parser) skip(c byte) bool {
	p.space()
	if p.pos == len(p.src) || p.src[p.pos] != c {
		return false
	}
	p.pos++
	return true
}

func (p *parser) value(depth int) (Value, bool) {
	p.space()
	if p.pos == len(p.src) {
		return p.malformed("a value is missing")
	}
	switch c := p.src[p.pos]; c {
	case '{', '[':
		if depth == MaxDepth {
			return p.exceeds(MaxDepth, "levels")
		}
		p.pos++
		if c == '{' {
			return p.object(depth)
		}
		return p.array(depth)
	case '"':
		s, ok := p.text()
		return Value{Kind: String, Text: s}, ok
	case 't':
		return p.word("true", Value{Kind: Bool, Bool: true})
	case 'f':
		return p.word("false", Value{Kind: Bool})
	case 'n':
		return p.word("null", Value{})
	case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
		return p.number()
	}
	return p.malformed("a value is missing")
}

func (p *parser) word(w string, v Value) (Value, bool) {
	if len(p.src)-p.pos < len(w) || p.src[p.pos:p.pos+len(w)] != w {
		return p.malformed("a value is missing")
	}
	p.pos += len(w)
	return v, true
}

// array reads on after the opening bracket.
func (p *parser) array(depth int) (Value, bool) {
	v := Value{Kind: Array, Elems: []Value{}}
	if p.skip(']') {
		return v, true
	}
	for at := len(p.path); ; {
		p.path = append(p.path[:at], step{index: len(v.Elems)})
		if p.items++; p.items > MaxItems {
			return p.exceeds(MaxItems, "items of arrays")
		}
		e, ok := p.value(depth + 1)
		if !ok {
			return Value{}, false
		}
		v.Elems = append(v.Elems, e)
		if p.skip(']') {
			p.path = p.path[:at]
			return v, true
		}
		if !p.skip(',') {
			return p.malformed("a comma or the end of an array is missing")
		}
	}
}

// object reads on after the opening brace.
func (p *parser) object(depth int) (Value, bool) {
	v := Value{Kind: Object, Members: []Member{}}
	if p.skip('}') {
		return v, true
	}
	sorted := true
	for at := len(p.path); ; {
		p.path = p.path[:at]
		if p.space(); p.pos == len(p.src) || p.src[p.pos] != '"' {
			return p.malformed("a name is missing")
		}
		name, ok := p.text()
		if !ok {
			return Value{}, false
		}
		p.path = append(p.path, step{name: name, named: true})
		if p.names++; p.names > MaxKeys {
			return p.exceeds(MaxKeys, "names")
		}
		if !p.skip(':') {
			return p.malformed("a colon is missing")
		}
		value, ok := p.value(depth + 1)
		if !ok {
			return Value{}, false
		}
		if n := len(v.Members); n > 0 && compare(v.Members[n-1].Name, name) >= 0 {
			sorted = false
		}
		v.Members = append(v.Members, Member{name, value})
		if p.skip('}') {
			p.path = p.path[:at]
			return p.ordered(v, sorted)
		}
		if !p.skip(',') {
			return p.malformed("a comma or the end of an object is missing")
		}
	}
}

// ordered sorts members and refuses a name that occurs twice.
func (p *parser) ordered(v Value, sorted bool) (Value, bool) {
	if sorted {
		return v, true
	}
	slices.SortFunc(v.Members, func(a, b Member) int { return compare(a.Name, b.Name) })
	for i := 1; i < len(v.Members); i++ {
		if v.Members[i].Name == v.Members[i-1].Name {
			p.path = append(p.path, step{name: v.Members[i].Name, named: true})
			return p.malformed("a name occurs twice in one object")
		}
	}
	return v, true
}

func (p *parser) number() (Value, bool) {
	start := p.pos
	end, wrong := lexeme(p.src, start)
	p.pos = end
	if wrong != "" {
		return p.malformed(wrong)
	}
	if end-start > MaxNumber {
		return p.exceeds(MaxNumber, "characters in a number")
	}
	return Value{Kind: Number, Text: p.src[start:end]}, true
}

// text reads a string, from its opening quote.
func (p *parser) text() (string, bool) {
	p.pos++
	for start := p.pos; p.pos < len(p.src); p.pos++ {
		switch c := p.src[p.pos]; {
		case c == '"':
			p.pos++
			return p.src[start : p.pos-1], true
		case c == '\\':
			return p.escaped(start)
		case c < 0x20:
			_, ok := p.malformed("a string holds a bare control character")
			return "", ok
		}
	}
	_, ok := p.malformed("a string does not end")
	return "", ok
}

// escaped reads on from the first escape of a string that began at start.
func (p *parser) escaped(start int) (string, bool) {
	out := []byte(p.src[start:p.pos])
	for p.pos < len(p.src) {
		switch c := p.src[p.pos]; {
		case c == '"':
			p.pos++
			return string(out), true
		case c == '\\':
			r, ok := p.escape()
			if !ok {
				_, ok = p.malformed("a string holds an escape that JSON does not have, or half a surrogate pair")
				return "", ok
			}
			out = utf8.AppendRune(out, r)
		case c < 0x20:
			_, ok := p.malformed("a string holds a bare control character")
			return "", ok
		default:
			out = append(out, c)
			p.pos++
		}
	}
	_, ok := p.malformed("a string does not end")
	return "", ok
}

// escape reads one escape; the two of a surrogate pair are one.
func (p *parser) escape() (rune, bool) {
	if p.pos+1 == len(p.src) {
		return 0, false
	}
	if c := p.src[p.pos+1]; c != 'u' {
		p.pos += 2
		if c == '/' {
			return '/', true
		}
		for i := range len(letters) {
			if letters[i] == c {
				return rune(short[i]), true
			}
		}
		return 0, false
	}
	r, ok := p.unit()
	if !ok || !utf16.IsSurrogate(r) {
		return r, ok
	}
	low, ok := p.unit()
	r = utf16.DecodeRune(r, low)
	return r, ok && r != utf8.RuneError
}

// unit reads \uXXXX.
func (p *parser) unit() (rune, bool) {
	if p.pos+6 > len(p.src) || p.src[p.pos:p.pos+2] != `\u` {
		return 0, false
	}
	n, err := strconv.ParseUint(p.src[p.pos+2:p.pos+6], 16, 16)
	p.pos += 6
	return rune(n), err == nil
}
