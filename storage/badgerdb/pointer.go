package badgerdb

import (
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/weir-store/weir/storage"
)

const (
	pointerName = "CURRENT"
	lockName    = "LOCK"
	dirPrefix   = "gen-"
)

func generationDir(dir string, number uint64) string {
	return filepath.Join(dir, fmt.Sprintf("%s%08d", dirPrefix, number))
}

// lockDir keeps every other process out until unlock.
func lockDir(dir string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, lockName), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("badgerdb: %w", err)
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		return nil, errors.Join(fmt.Errorf("badgerdb: directory is in use: %w", err), f.Close())
	}
	return f, nil
}

// unlock frees the directory at once. To close the file would not do: a child
// that is just being started holds a copy of it until its exec.
func unlock(f *os.File) error {
	err := unix.Flock(int(f.Fd()), unix.LOCK_UN)
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("badgerdb: unlock: %w", err)
	}
	return nil
}

// pointerText is the whole content of the pointer file for a generation.
func pointerText(number uint64) string {
	name := fmt.Sprintf("%s%08d", dirPrefix, number)
	return fmt.Sprintf("%s %08x\n", name, crc32.Checksum([]byte(name), castagnoli))
}

// readPointer gives the number of the current generation, 0 where no pointer
// was ever written.
func readPointer(dir string) (uint64, error) {
	text, err := os.ReadFile(filepath.Join(dir, pointerName))
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("badgerdb: %w", err)
	}
	var number uint64
	if _, err := fmt.Sscanf(string(text), dirPrefix+"%d", &number); err != nil || number == 0 || string(text) != pointerText(number) {
		return 0, &storage.Corruption{Where: pointerName, What: "checksum does not match"}
	}
	return number, nil
}

// writePointer makes a generation the current one. A crash leaves the old or
// the new pointer; once it returns, the new one.
func writePointer(dir string, number uint64) error {
	temporary := filepath.Join(dir, pointerName+".tmp")
	f, err := os.OpenFile(temporary, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("badgerdb: %w", err)
	}
	_, err = f.WriteString(pointerText(number))
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("badgerdb: %w", err)
	}
	if err := os.Rename(temporary, filepath.Join(dir, pointerName)); err != nil {
		return fmt.Errorf("badgerdb: %w", err)
	}
	return syncDir(dir)
}

func syncDir(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("badgerdb: %w", err)
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("badgerdb: %w", err)
	}
	return nil
}

// removeOthers deletes every generation but the one to keep: what a crash left
// of a Replace, on either side of its pointer.
func removeOthers(dir string, keep uint64) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("badgerdb: %w", err)
	}
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		if !strings.HasPrefix(e.Name(), dirPrefix) || (keep != 0 && path == generationDir(dir, keep)) {
			continue
		}
		if err := os.RemoveAll(path); err != nil {
			return fmt.Errorf("badgerdb: %w", err)
		}
	}
	return nil
}
