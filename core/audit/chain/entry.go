// Package chain is the form of the audit trail, apart from any store: the
// bytes of its entries, the chain of their hashes, the tree over them, signed
// checkpoints, and exports that anybody can verify.
package chain

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/weir-store/weir/core/canon"
	"github.com/weir-store/weir/core/urn"
)

// Layout names the rules below and the hash over them. Entries of another
// layout are not read.
//
// An entry is one flat JSON object in the canonical form of RFC 8785 with
// members that are texts or whole numbers below 2^53. An absent fact is an
// absent member; only previous may be empty, in the first entry. Each fact of
// the metadata is a member of its own, metadata.<name>. The hash of an entry
// is SHA-256 of these bytes, in lower-case hex where it is shown.
const Layout = "weir-entry-1/sha256"

// MaxEntry is the length of the longest entry in bytes, so that an entry
// bundle can tell it in two.
const MaxEntry = 65535

// The outcomes.
const (
	OK     = "ok"
	Denied = "denied"
)

// Entry is one entry of the trail: who did what to which thing, when, and
// what came of it.
type Entry struct {
	Sequence  uint64 `json:"sequence" doc:"the place in the trail, from 1 without gaps"`
	ID        urn.ID `json:"id" doc:"the entry"`
	Revision  uint64 `json:"revision" doc:"the revision of the state that the entry belongs to"`
	Timestamp string `json:"timestamp" doc:"when it happened; never earlier than in the entry before"`
	Action    string `json:"action" doc:"what was done: create, update, revoke, read, access_check, ..."`
	Operation string `json:"operation,omitempty" doc:"the operation that did it"`
	Outcome   string `json:"outcome" doc:"ok or denied"`

	ActorID        urn.ID `json:"actor_id" doc:"who acted; system for the cluster itself, empty for whoever called an open operation without a key"`
	ImpersonatorID urn.ID `json:"impersonator_id,omitempty" doc:"who acted for the actor, by a key of its own"`
	CredentialID   urn.ID `json:"credential_id,omitempty" doc:"by which key"`
	RequestID      string `json:"request_id,omitempty" doc:"the call"`
	Client         string `json:"client,omitempty" doc:"the program that called, as it said"`

	Entity        string `json:"entity" doc:"the kind of record, never chosen by a user"`
	TargetType    string `json:"target_type,omitempty" doc:"the application's own type for objects, else the entity"`
	TargetID      urn.ID `json:"target_id,omitempty" doc:"the thing that was acted on"`
	ScopeID       urn.ID `json:"scope_id,omitempty" doc:"the scope that the thing belongs to"`
	EnvironmentID urn.ID `json:"environment_id,omitempty" doc:"the environment, as the caller said"`
	TraceScopeID  urn.ID `json:"trace_scope_id,omitempty" doc:"the scope that the call was about, as the caller said"`
	ParentTraceID urn.ID `json:"parent_trace_id,omitempty" doc:"the entry that caused this one"`

	// BeforeDigest and AfterDigest are Commitment of the states.
	BeforeDigest string          `json:"before_digest,omitempty" doc:"digest of the state before"`
	AfterDigest  string          `json:"after_digest,omitempty" doc:"digest of the state after"`
	Metadata     json.RawMessage `json:"metadata,omitempty" doc:"facts about what was done"`

	// Salt keeps readers of one entry from testing guesses about the next.
	Salt     string `json:"salt" doc:"16 random bytes in hex"`
	Previous string `json:"previous" doc:"hash of the entry before; empty in the first"`
}

// Fact is one fact of an entry's metadata: a text, or a whole number.
type Fact struct {
	Name     string
	Text     string
	Number   int64
	IsNumber bool
}

const factPrefix = "metadata."

// member is a text of an entry and its name in the bytes.
type member struct {
	name string
	text *string
}

// texts lists the members of an entry that are texts and may be absent, by
// rising name.
func (e *Entry) texts() []member {
	id := func(id *urn.ID) *string { return (*string)(id) }
	return []member{
		{"action", &e.Action},
		{"actor_id", id(&e.ActorID)},
		{"after_digest", &e.AfterDigest},
		{"before_digest", &e.BeforeDigest},
		{"client", &e.Client},
		{"credential_id", id(&e.CredentialID)},
		{"entity", &e.Entity},
		{"environment_id", id(&e.EnvironmentID)},
		{"id", id(&e.ID)},
		{"impersonator_id", id(&e.ImpersonatorID)},
		{"operation", &e.Operation},
		{"outcome", &e.Outcome},
		{"parent_trace_id", id(&e.ParentTraceID)},
		{"request_id", &e.RequestID},
		{"salt", &e.Salt},
		{"scope_id", id(&e.ScopeID)},
		{"target_id", id(&e.TargetID)},
		{"target_type", &e.TargetType},
		{"timestamp", &e.Timestamp},
		{"trace_scope_id", id(&e.TraceScopeID)},
	}
}

// ErrTooLarge says that an entry would be longer than MaxEntry.
var ErrTooLarge = errors.New("chain: an entry has more than 65535 bytes")

// Encode gives the canonical bytes of an entry; its metadata is what the facts
// say.
func (e *Entry) Encode(facts []Fact) ([]byte, error) {
	var r canon.Record
	for _, m := range e.texts() {
		if *m.text != "" {
			r.Text(m.name, *m.text)
		}
	}
	r.Text("hash_alg", Layout)
	r.Text("previous", e.Previous)
	if e.Sequence > canon.MaxInt || e.Revision > canon.MaxInt {
		return nil, errors.New("chain: a sequence or revision has more than 53 bits")
	}
	r.Int("revision", int64(e.Revision))
	r.Int("sequence", int64(e.Sequence))
	for _, f := range facts {
		if f.IsNumber {
			r.Int(factPrefix+f.Name, f.Number)
		} else {
			r.Text(factPrefix+f.Name, f.Text)
		}
	}
	b, err := r.Append(make([]byte, 0, 768))
	if err != nil {
		return nil, err
	}
	if len(b) > MaxEntry {
		return nil, ErrTooLarge
	}
	return b, nil
}

// Parse reads the canonical bytes of an entry. Anything that Encode would not
// have written so is an error.
func Parse(b []byte) (*Entry, error) {
	v, f := canon.Parse(b)
	if f != nil {
		return nil, fmt.Errorf("chain: an entry is no JSON: %w", f)
	}
	if v.Kind != canon.Object || !bytes.Equal(v.Append(nil), b) {
		return nil, errors.New("chain: an entry is not in canonical form")
	}
	if alg, _ := v.Get("hash_alg"); alg.Text != Layout {
		return nil, fmt.Errorf("chain: an entry has a layout other than %s", Layout)
	}
	e := &Entry{}
	facts := canon.Value{Kind: canon.Object}
	members := e.texts()
	for _, m := range v.Members {
		if name, ok := strings.CutPrefix(m.Name, factPrefix); ok {
			facts.Members = append(facts.Members, canon.Member{Name: name, Value: m.Value})
			continue
		}
		for len(members) > 0 && members[0].name < m.Name {
			members = members[1:]
		}
		if err := e.take(m, members); err != nil {
			return nil, err
		}
	}
	if len(facts.Members) > 0 {
		e.Metadata = facts.Append(nil)
	}
	return e, nil
}

// take reads one member; members begin with the text of that name, if there is
// one.
func (e *Entry) take(m canon.Member, members []member) (err error) {
	number := func(to *uint64) error {
		if m.Value.Kind != canon.Number {
			return fmt.Errorf("chain: %s of an entry is not a number", m.Name)
		}
		*to, err = strconv.ParseUint(m.Value.Text, 10, 53)
		return err
	}
	switch m.Name {
	case "sequence":
		return number(&e.Sequence)
	case "revision":
		return number(&e.Revision)
	}
	if m.Value.Kind != canon.String {
		return fmt.Errorf("chain: %s of an entry is not a text", m.Name)
	}
	switch {
	case m.Name == "previous":
		e.Previous = m.Value.Text
	case m.Name == "hash_alg":
	case len(members) > 0 && members[0].name == m.Name:
		*members[0].text = m.Value.Text
	default:
		return errors.New("chain: an entry has a member that its layout does not know")
	}
	return nil
}

// Hash is the hash that the next entry names as its previous.
func Hash(entry []byte) [32]byte { return sha256.Sum256(entry) }

// Hex shows a hash; that of no entry at all is empty.
func Hex(h [32]byte) string {
	if h == ([32]byte{}) {
		return ""
	}
	return hex.EncodeToString(h[:])
}

// ParseHex reads what Hex writes.
func ParseHex(text string) (h [32]byte, ok bool) {
	if text == "" {
		return h, true
	}
	b, err := hex.DecodeString(text)
	if err != nil || len(b) != len(h) {
		return h, false
	}
	return [32]byte(b), true
}

// HexBytes shows bytes in lower-case hex.
func HexBytes(b []byte) string { return hex.EncodeToString(b) }

// Digest binds content to an entry without showing it: HMAC-SHA256, keyed by
// the entry's opening, of the name of the content (before, after, or that of a
// fact), a zero byte, and its canonical bytes; in hex.
func Digest(opening []byte, name string, content []byte) string {
	h := hmac.New(sha256.New, opening)
	h.Write([]byte(name))
	h.Write([]byte{0})
	h.Write(content)
	return hex.EncodeToString(h.Sum(nil))
}
