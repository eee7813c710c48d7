package mux

import (
	"net"
	"time"

	"golang.org/x/sys/unix"
)

// setUserTimeout lets the kernel give up a TCP connection whose peer stopped
// acknowledging. It is an aid only: deadlines hold without it.
func setUserTimeout(c net.Conn, d time.Duration) {
	tcp, ok := c.(*net.TCPConn)
	if !ok {
		return
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return
	}
	_ = raw.Control(func(fd uintptr) {
		_ = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, int(d.Milliseconds()))
	})
}
