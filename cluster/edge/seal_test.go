package edge

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"strings"
	"testing"

	"github.com/weir-store/weir/core/op"
)

type ring string

func (r ring) Derive(label string) ([]byte, error) {
	if r == "" {
		return nil, errors.New("no keyring yet")
	}
	sum := sha256.Sum256([]byte(string(r) + label))
	return sum[:], nil
}

func seals(keys ring) world {
	return world{strings.NewReader(strings.Repeat("0123456789abcdefg", 1000)), keys}
}

// What two texts have in common, as identifiers.
func TestIdentifiers(t *testing.T) {
	w := seals("a")
	rows := []struct {
		name, a, b   string
		exact, login bool
	}{
		{"the same", "alice@example.com", "alice@example.com", true, true},
		{"another case", "Alice@example.com", "alice@EXAMPLE.com", false, true},
		{"space around it", " alice@example.com\t", "alice@example.com", false, true},
		{"space in it", "ali ce", "alice", false, false},
		{"composed and not", "\u00e9t\u00e9", "e\u0301te\u0301", false, true},
		{"lowered to what composes", "E\u0301", "\u00e9", false, true},
		{"another", "alice@example.com", "alice@example.org", false, false},
		{"one that begins like it", "alice", "alice@", false, false},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			a, err := w.Identifier(row.a)
			if err != nil {
				t.Fatal(err)
			}
			b, err := w.Identifier(row.b)
			if err != nil {
				t.Fatal(err)
			}
			if (a.Exact == b.Exact) != row.exact || (a.Login == b.Login) != row.login {
				t.Errorf("equal exactly %v, as names of accounts %v", a.Exact == b.Exact, a.Login == b.Login)
			}
			if a.Sealed == b.Sealed || a.Exact == a.Login {
				t.Error("two seals, or two digests, are the same")
			}
			if text, ok := w.unseal(a.Sealed); !ok || text != row.a {
				t.Errorf("opened as %q, %v", text, ok)
			}
		})
	}
}

// A seal opens where it belongs, unchanged, with the keyring that made it.
func TestSealsThatDoNotOpen(t *testing.T) {
	w := seals("a")
	other := seals("b")
	none := seals("")
	id, err := w.Identifier("alice")
	if err != nil {
		t.Fatal(err)
	}
	moved, err := w.seal("secret/value", "alice")
	if err != nil {
		t.Fatal(err)
	}
	raw, err := base64.RawURLEncoding.DecodeString(string(id.Sealed[2:]))
	if err != nil || bytes.Contains(raw, []byte("alice")) {
		t.Fatalf("%x %v", raw, err)
	}
	flip := func(i int) op.Sealed {
		b := bytes.Clone(raw)
		b[i] ^= 1
		return op.Sealed("1." + base64.RawURLEncoding.EncodeToString(b))
	}
	for name, row := range map[string]struct {
		by     world
		sealed op.Sealed
	}{
		"another keyring":  {other, id.Sealed},
		"no keyring":       {none, id.Sealed},
		"of another place": {w, moved},
		"another salt":     {w, flip(0)},
		"another text":     {w, flip(saltSize)},
		"another tag":      {w, flip(len(raw) - 1)},
		"another key":      {w, "2" + id.Sealed[1:]},
		"too short":        {w, "1.AAAA"},
		"no form":          {w, "alice"},
		"nothing":          {w, ""},
	} {
		t.Run(name, func(t *testing.T) {
			if text, ok := row.by.unseal(row.sealed); ok || text != "" {
				t.Errorf("opened as %q", text)
			}
		})
	}
	if _, err := none.Identifier("alice"); err == nil {
		t.Error("an identifier without a keyring")
	}
}
