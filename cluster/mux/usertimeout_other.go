//go:build !linux

package mux

import (
	"net"
	"time"
)

// setUserTimeout does nothing where the kernel knows no such option.
func setUserTimeout(net.Conn, time.Duration) {}
