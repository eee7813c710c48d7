package chain

import "strings"

const maxWord = 128

// IsWord says whether a text is a word: an id, or a name that a program chose.
// Only words stand in the trail as they are.
func IsWord(s string) bool {
	if len(s) > maxWord {
		return false
	}
	for i := range len(s) {
		b := s[i]
		letter := b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9'
		if !letter && strings.IndexByte("._:@/-", b) < 0 {
			return false
		}
	}
	return true
}
