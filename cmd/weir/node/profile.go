package node

import (
	"fmt"
	"net"
	"net/http"
	"net/http/pprof"
	"time"
)

// profile serves the profiles of the runtime, if that was asked for. It ends
// with the process.
func (n *Node) profile() error {
	if n.config.ProfileListen == "" {
		return nil
	}
	listener, err := net.Listen("tcp", n.config.ProfileListen)
	if err != nil {
		return fmt.Errorf("listen for profiles: %w", err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	go func() {
		n.config.Log.Warn("profiles are no longer served", "error", server.Serve(listener))
	}()
	return nil
}
