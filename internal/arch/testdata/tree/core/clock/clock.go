// Package clock looks at the world.
package clock

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"math/rand/v2" // want import
	"net/http"     // want import
	"os"           // want import
	"sync"         // want import
	"sync/atomic"  // want import
	. "time"
	clock "time"
)

var lock sync.Mutex

var hits atomic.Int64

var now = clock.Now // want clock

func world(ctx context.Context) {
	_ = Since(Time{})                           // want clock
	_, cancel := context.WithTimeout(ctx, Hour) // want clock
	cancel()
	_ = Time{}.Local()                               // want environment
	_ = Unix(1, 0)                                   // want environment
	u := UnixMilli                                   // want environment
	_ = u(0)                                         // the line above has it
	_, _ = LoadLocation("x")                         // want environment
	fmt.Println(os.Args, rand.Int(), http.MethodGet) // want io
	println()                                        // want io
	_, _, _ = ed25519.GenerateKey(nil)               // want randomness
	go now()                                         // want goroutine
	select {}                                        // want channel
}

func wait(c chan int) { <-c } // want channel
