package badgerdb

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"os"

	"github.com/weir-store/weir/storage"
)

// manifestHeader is Badger's magic and version; each record after it is
// length (4) | CRC-32C of the body (4) | body, big endian.
const (
	manifestHeader = 8
	recordHeader   = 8
)

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

// checkTail tells a torn record from one with a changed length.
func checkTail(body []byte, sum uint32) error {
	var running uint32
	for i := range body {
		running = crc32.Update(running, castagnoli, body[i:i+1])
		if running == sum {
			return &storage.Corruption{Where: "MANIFEST", What: "length of a record was changed"}
		}
	}
	return nil
}
