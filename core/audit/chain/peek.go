package chain

import (
	"bytes"
	"encoding/json"
)

// Text reads a text of an entry by the name of its member, without parsing the
// rest; empty if there is none. The bytes must be those of an entry. No text
// inside can look like a member, since it would have its quotes escaped.
func Text(entry []byte, name string) string {
	buf := make([]byte, 0, 32)
	buf = append(append(append(buf, `,"`...), name...), `":"`...)
	_, rest, found := bytes.Cut(entry, buf)
	if !found {
		// The first member has the brace before it.
		if len(entry) == 0 || !bytes.HasPrefix(entry[1:], buf[1:]) {
			return ""
		}
		rest = entry[len(buf):]
	}
	end := 0
	for escaped := false; end < len(rest) && (escaped || rest[end] != '"'); end++ {
		escaped = !escaped && rest[end] == '\\'
	}
	text := rest[:end]
	if bytes.IndexByte(text, '\\') < 0 {
		return string(text)
	}
	var plain string
	if json.Unmarshal(append(append([]byte{'"'}, text...), '"'), &plain) != nil {
		return ""
	}
	return plain
}
