package badgerdb

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// Clone makes a second directory of what the engine in dir has in tables: what
// is done to the clone leaves dir as it is. Files are copied, by the disk itself
// where it can, and never linked: Badger empties a table before it removes it.
// An engine that is open is refused, since its tables come and go. After a crash
// the clone lacks what was in memory only, as the engine would.
func Clone(dir, to string) (err error) {
	number, err := readPointer(dir)
	if err != nil {
		return err
	}
	if number == 0 {
		return fmt.Errorf("badgerdb: there is no engine in %s: %w", dir, os.ErrNotExist)
	}
	lock, err := lockDir(dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, unlock(lock)) }()
	if number, err = readPointer(dir); err != nil {
		return err
	}
	from, generation := generationDir(dir, number), generationDir(to, number)
	if err := os.MkdirAll(generation, 0o700); err != nil {
		return fmt.Errorf("badgerdb: clone: %w", err)
	}
	files, err := os.ReadDir(from)
	if err != nil {
		return fmt.Errorf("badgerdb: clone: %w", err)
	}
	for _, f := range files {
		switch filepath.Ext(f.Name()) {
		case ".mem", ".vlog": // the first is never trusted, the second holds nothing
		default:
			err = duplicate(filepath.Join(from, f.Name()), filepath.Join(generation, f.Name()))
		}
		if err != nil {
			return err
		}
	}
	return writePointer(to, number)
}

func duplicate(from, to string) (err error) {
	in, err := os.Open(from)
	if err != nil {
		return fmt.Errorf("badgerdb: clone: %w", err)
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("badgerdb: clone: %w", err)
	}
	_, err = io.Copy(out, in)
	if err = errors.Join(err, out.Close()); err != nil {
		return fmt.Errorf("badgerdb: clone: %w", err)
	}
	return nil
}
