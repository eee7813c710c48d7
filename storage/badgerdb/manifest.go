package badgerdb

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"

	"github.com/dgraph-io/badger/v4"

	"github.com/weir-store/weir/storage"
)

// manifestHeader is Badger's magic and version; each record after it is
// length (4) | CRC-32C of the body (4) | body, big endian.
const (
	manifestHeader = 8
	recordHeader   = 8
)

// verifyManifest verifies the list of tables and each table on it. Files that
// are not on the list were being written at a crash; Badger removes them.
func (g *generation) verifyManifest() error {
	path := filepath.Join(g.dir, badger.ManifestFilename)
	if err := checkManifest(path); err != nil {
		return err
	}
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("badgerdb: %w", err)
	}
	manifest, _, err := badger.ReplayManifestFile(f, formatVersion, g.settings())
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("badgerdb: read MANIFEST: %w", err)
	}
	for id := range manifest.Tables {
		if err := verifyTable(g.tablePath(id)); err != nil {
			return err
		}
	}
	return nil
}

// checkManifest looks for the one thing that Badger takes for a crash and is
// none: a length that leads beyond the end of the file. Badger cuts the file
// there and then deletes every table that the lost records named. A record
// that was torn matches its sum at no length; one whose length was changed
// still matches at the true one.
func checkManifest(path string) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return &storage.Corruption{Where: "MANIFEST", What: fmt.Sprintf("cannot be read: %v", err)}
	}
	if len(data) < manifestHeader {
		return &storage.Corruption{Where: "MANIFEST", What: "shorter than its header"}
	}
	rest := data[manifestHeader:]
	for len(rest) >= recordHeader {
		length, sum := binary.BigEndian.Uint32(rest), binary.BigEndian.Uint32(rest[4:])
		body := rest[recordHeader:]
		if uint64(length) > uint64(len(body)) {
			return checkTail(body, sum)
		}
		if crc32.Checksum(body[:length], castagnoli) != sum {
			return &storage.Corruption{Where: "MANIFEST", What: "checksum of a record does not match"}
		}
		rest = body[length:]
	}
	return nil
}

// checkTail tells a torn record from one with a changed length, which may have
// been empty.
func checkTail(body []byte, sum uint32) error {
	var running uint32
	for i := 0; running != sum; i++ {
		if i == len(body) {
			return nil
		}
		running = crc32.Update(running, castagnoli, body[i:i+1])
	}
	return &storage.Corruption{Where: "MANIFEST", What: "length of a record was changed"}
}
