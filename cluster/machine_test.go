package cluster

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/weir-store/weir/storage"
)

// register is a machine of string registers on a real engine. A command is
// "key=value", its reply the revision of the write; "fail" stops the node.
type register struct {
	engine storage.Engine
	// pause, when set, is called at the start of every Apply.
	pause func()
}

var metaKey = []byte("m")

func dataKey(k string) []byte { return []byte("d/" + k) }

func (m *register) Position() Position {
	p, err := m.PositionAt(m.engine.Published())
	if err != nil {
		panic(err)
	}
	return p
}

func (m *register) PositionAt(revision uint64) (p Position, err error) {
	if revision == 0 {
		return p, nil
	}
	s, err := m.engine.Snapshot(revision)
	if err != nil {
		return p, err
	}
	defer s.Close()
	b, err := s.Get(metaKey)
	if err != nil {
		return p, err
	}
	err = json.Unmarshal(b, &p)
	return p, err
}

func (m *register) Apply(entries []Entry) ([]Replies, error) {
	if m.pause != nil {
		m.pause()
	}
	at := m.Position()
	replies := make([]Replies, len(entries))
	for i, e := range entries {
		if e.Index <= at.Index {
			continue
		}
		var batch storage.Batch
		var commands []Stamped
		if e.Data != nil {
			if err := json.Unmarshal(e.Data, &commands); err != nil {
				return nil, err
			}
		} else {
			at.Configuration, at.ConfigurationIndex = e.Configuration, e.Index
		}
		for _, c := range commands {
			key, value, _ := strings.Cut(string(c.Command), "=")
			if key == "fail" {
				return nil, errors.New("told to fail")
			}
			at.Revision++
			at.Time = c.Time
			batch.Commits = append(batch.Commits, storage.Commit{Revision: at.Revision, Writes: []storage.Write{{Key: dataKey(key), Value: []byte(value)}}})
			replies[i] = append(replies[i], fmt.Append(nil, at.Revision))
		}
		at.Index, at.Term = e.Index, e.Term
		at.Revision++
		meta, err := json.Marshal(at)
		if err != nil {
			return nil, err
		}
		batch.Commits = append(batch.Commits, storage.Commit{Revision: at.Revision, Writes: []storage.Write{{Key: metaKey, Value: meta}}})
		if err := m.engine.Apply(&batch); err != nil {
			return nil, err
		}
	}
	return replies, nil
}

func (m *register) Export(ctx context.Context, w io.Writer) (Position, error) {
	revision := m.engine.Published()
	p, err := m.PositionAt(revision)
	if err != nil {
		return p, err
	}
	out := json.NewEncoder(w)
	return p, errors.Join(out.Encode(p), m.engine.Dump(ctx, revision, func(v storage.Version) error { return out.Encode(v) }))
}

func (m *register) Restore(r io.Reader, at Position) error {
	in := json.NewDecoder(r)
	var from Position
	if err := in.Decode(&from); err != nil {
		return err
	}
	at.Revision, at.Time = from.Revision, from.Time
	meta, err := json.Marshal(at)
	if err != nil {
		return err
	}
	return m.engine.Replace(from.Revision, func(add func(storage.Version) error) error {
		for {
			var v storage.Version
			if err := in.Decode(&v); errors.Is(err, io.EOF) {
				return nil
			} else if err != nil {
				return err
			}
			if bytes.Equal(v.Key, metaKey) && v.Revision == from.Revision {
				v.Value = meta
			}
			if err := add(v); err != nil {
				return err
			}
		}
	})
}

func (m *register) Pack(commands []Stamped) ([]byte, error) { return json.Marshal(commands) }

// get reads a register from the newest published revision; "" when unset.
func (m *register) get(key string) (string, error) {
	revision := m.engine.Published()
	if revision == 0 {
		return "", nil
	}
	s, err := m.engine.Snapshot(revision)
	if err != nil {
		return "", err
	}
	defer s.Close()
	b, err := s.Get(dataKey(key))
	if errors.Is(err, storage.ErrNotFound) {
		return "", nil
	}
	return string(b), err
}
