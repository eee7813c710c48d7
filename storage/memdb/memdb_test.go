package memdb_test

import (
	"testing"

	"github.com/weir-store/weir/storage"
	"github.com/weir-store/weir/storage/memdb"
	"github.com/weir-store/weir/storage/storagetest"
)

func TestEngine(t *testing.T) {
	storagetest.Run(t, func(testing.TB, string) storage.Engine { return memdb.New() })
}
