// Package nemesis runs the nodes of a cluster as processes and does to them
// what machines and operators do: kills, pauses, restarts.
package nemesis

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Processes is a cluster of `weir serve` processes on loopback.
type Processes struct {
	binary, dir string
	// Root and Host are the tokens of the first administrator and the first host.
	Root, Host string
	nodes      []*process
}

type process struct {
	name string
	args []string
	env  []string
	log  string
	url  string

	mu  sync.Mutex // guards cmd and gone
	cmd *exec.Cmd
	// gone is closed when the process has ended and was waited for.
	gone chan struct{}
}

// StartProcesses starts n nodes that found a cluster together, with their data
// and logs below dir, and waits until all are ready.
func StartProcesses(ctx context.Context, binary, dir string, n int) (*Processes, error) {
	p := &Processes{binary: binary, dir: dir, Root: token(), Host: token()}
	keyFile := filepath.Join(dir, "cluster.key")
	if err := os.WriteFile(keyFile, []byte(random(32)+"\n"), 0o600); err != nil {
		return nil, fmt.Errorf("nemesis: %w", err)
	}
	ports, err := freePorts(3 * n)
	if err != nil {
		return nil, err
	}
	var join []string
	for i := range n {
		join = append(join, ports[3*i+2])
	}
	for i := range n {
		name := fmt.Sprintf("n%d", i+1)
		p.nodes = append(p.nodes, &process{
			name: name, url: "http://" + ports[3*i], log: filepath.Join(dir, name+".log"),
			args: []string{
				"serve", "--node-id", name, "--data", filepath.Join(dir, name),
				"--listen", ports[3*i], "--cluster-listen", ports[3*i+1], "--gossip-listen", ports[3*i+2],
				"--join", strings.Join(join, ","), "--bootstrap-expect", strconv.Itoa(n), "--cluster-key-file", keyFile,
			},
			env: []string{"WEIR_ROOT_KEY=" + p.Root, "WEIR_HOST_KEY=" + p.Host},
		})
	}
	for i := range n {
		if err := p.Start(i); err != nil {
			return nil, errors.Join(err, p.Close())
		}
	}
	for i := range n {
		if err := p.Ready(ctx, i); err != nil {
			return nil, errors.Join(err, p.Close())
		}
	}
	return p, nil
}

func random(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails: see crypto/rand
	return hex.EncodeToString(b)
}

// token draws a bearer token: a key id that is a UUIDv4, and a secret.
func token() string {
	id := []byte(random(16))
	id[12], id[16] = '4', '8'
	secret := make([]byte, 32)
	_, _ = rand.Read(secret) // never fails: see crypto/rand
	return "weir_" + string(id) + "_" + base64.RawURLEncoding.EncodeToString(secret)
}

// freePorts finds loopback addresses that nobody listens on, all different.
func freePorts(n int) (addresses []string, err error) {
	var held []net.Listener
	defer func() {
		for _, l := range held {
			err = errors.Join(err, l.Close())
		}
	}()
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, fmt.Errorf("nemesis: %w", err)
		}
		held = append(held, l)
		addresses = append(addresses, l.Addr().String())
	}
	return addresses, nil
}

// Nodes are the base URLs of the nodes.
func (p *Processes) Nodes() []string {
	var urls []string
	for _, n := range p.nodes {
		urls = append(urls, n.url)
	}
	return urls
}

// Name is the node id of a node.
func (p *Processes) Name(i int) string { return p.nodes[i].name }

// Index finds a node by its id; -1 if there is none.
func (p *Processes) Index(name string) int {
	for i, n := range p.nodes {
		if n.name == name {
			return i
		}
	}
	return -1
}

// Start starts a node that does not run. Its output is added to its log file.
func (p *Processes) Start(i int) error {
	n := p.nodes[i]
	out, err := os.OpenFile(n.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("nemesis: %w", err)
	}
	cmd := exec.Command(p.binary, n.args...)
	cmd.Stdout, cmd.Stderr = out, out
	cmd.Env = append(os.Environ(), n.env...)
	if err := cmd.Start(); err != nil {
		return errors.Join(fmt.Errorf("nemesis: start %s: %w", n.name, err), out.Close())
	}
	gone := make(chan struct{})
	go func() {
		_ = cmd.Wait()  // how it ended is the faults' doing; the log has the rest
		_ = out.Close() // nothing is buffered in it
		close(gone)
	}()
	n.mu.Lock()
	defer n.mu.Unlock()
	n.cmd, n.gone = cmd, gone
	return nil
}

// Signal sends a signal to a node.
func (p *Processes) Signal(i int, s syscall.Signal) error {
	n := p.nodes[i]
	n.mu.Lock()
	defer n.mu.Unlock()
	if err := n.cmd.Process.Signal(s); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("nemesis: signal %s: %w", n.name, err)
	}
	return nil
}

// Kill ends a node as a power switch does, and waits until it is gone.
func (p *Processes) Kill(i int) error {
	if err := p.Signal(i, syscall.SIGKILL); err != nil {
		return err
	}
	n := p.nodes[i]
	n.mu.Lock()
	gone := n.gone
	n.mu.Unlock()
	<-gone
	return nil
}

// Ready waits until a node says that it is ready to serve.
func (p *Processes) Ready(ctx context.Context, i int) error {
	n := p.nodes[i]
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		if ready(ctx, n.url) {
			return nil
		}
		n.mu.Lock()
		gone := n.gone
		n.mu.Unlock()
		select {
		case <-tick.C:
		case <-gone:
			return fmt.Errorf("nemesis: %s ended; see %s", n.name, n.log)
		case <-ctx.Done():
			return fmt.Errorf("nemesis: %s does not become ready (%w); see %s", n.name, ctx.Err(), n.log)
		}
	}
}

func ready(ctx context.Context, url string) bool {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/readyz", nil)
	if err != nil {
		return false
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return false
	}
	_ = resp.Body.Close() // only the status matters
	return resp.StatusCode == http.StatusOK
}

// Close kills every node.
func (p *Processes) Close() error {
	var all error
	for i, n := range p.nodes {
		if n.cmd == nil {
			continue
		}
		all = errors.Join(all, p.Signal(i, syscall.SIGCONT), p.Kill(i))
	}
	return all
}
