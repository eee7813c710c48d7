package clean

import (
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	_ "example.org/tree/storage/engine" // want blank-import
)

func TestTests(t *testing.T) {
	_ = 1.5 + rand.Float64()
	time.Sleep(1) // want sleep
	synctest.Test(t, func(*testing.T) { time.Sleep(time.Hour) })
}
