package tour

import (
	"bytes"
	"context"
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
	"syscall"
	"time"
)

// node is one process of the cluster.
type node struct {
	name, url string
	args      []string
	env       []string
	logs      string
	process   *exec.Cmd
	// ended is closed when the process is gone; then err says how it went.
	ended chan struct{}
	err   error
}

// nodes is the size of the cluster: the smallest that can lose one.
const nodes = 3

// plan lays three nodes out in a directory, on ports of loopback that are free
// now.
func plan(binary, dir, rootToken string, clusterKey []byte) ([]*node, error) {
	keyFile := filepath.Join(dir, "cluster.key")
	if err := os.WriteFile(keyFile, []byte(hex.EncodeToString(clusterKey)+"\n"), 0o600); err != nil {
		return nil, err
	}
	ports, err := freePorts(3 * nodes)
	if err != nil {
		return nil, err
	}
	var gossip []string
	for i := range nodes {
		gossip = append(gossip, ports[3*i+2])
	}
	list := make([]*node, nodes)
	for i := range list {
		name := fmt.Sprintf("node%d", i+1)
		list[i] = &node{
			name: name, url: "http://" + ports[3*i], logs: filepath.Join(dir, name+".log"),
			env: append(cleanEnv(), "WEIR_ROOT_KEY="+rootToken),
			args: []string{
				binary, "serve", "--node-id", name, "--data", filepath.Join(dir, name),
				"--listen", ports[3*i], "--cluster-listen", ports[3*i+1], "--gossip-listen", ports[3*i+2],
				"--join", strings.Join(gossip, ","), "--bootstrap-expect", strconv.Itoa(nodes),
				"--cluster-key-file", keyFile, "--log-format", "text",
			},
		}
	}
	return list, nil
}

// cleanEnv is the environment without the settings of another node.
func cleanEnv() []string {
	var env []string
	for _, e := range os.Environ() {
		if !strings.HasPrefix(e, "WEIR_") {
			env = append(env, e)
		}
	}
	return env
}

// freePorts finds addresses of loopback on which both TCP and UDP are free.
// They are all held until the last is found, so that no two are the same.
func freePorts(n int) ([]string, error) {
	var held []interface{ Close() error }
	defer func() {
		for _, h := range held {
			_ = h.Close() // nothing was sent on it
		}
	}()
	var list []string
	for tries := 0; len(list) < n && tries < 10*n; tries++ {
		tcp, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		held = append(held, tcp)
		udp, err := net.ListenPacket("udp", tcp.Addr().String())
		if err != nil {
			continue // somebody has the number for UDP
		}
		held = append(held, udp)
		list = append(list, tcp.Addr().String())
	}
	if len(list) < n {
		return nil, errors.New("there are not enough free ports on 127.0.0.1")
	}
	return list, nil
}

// start runs the node. Its output goes on at the end of its log.
func (n *node) start() error {
	logs, err := os.OpenFile(n.logs, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	c := exec.Command(n.args[0], n.args[1:]...)
	c.Env, c.Stdout, c.Stderr = n.env, logs, logs
	err = c.Start()
	err = errors.Join(err, logs.Close())
	if err != nil {
		return fmt.Errorf("start %s: %w", n.name, err)
	}
	ended := make(chan struct{})
	n.process, n.ended = c, ended
	go func() {
		n.err = c.Wait()
		close(ended)
	}()
	return nil
}

// end sends the process a signal and waits until it is gone; one that does not
// go in time is killed.
func (n *node) end(signal os.Signal) {
	if n.process == nil {
		return
	}
	_ = n.process.Process.Signal(signal) // it may be gone already
	select {
	case <-n.ended:
	case <-time.After(10 * time.Second):
		_ = n.process.Process.Kill() // as above
		<-n.ended
	}
	n.process = nil
}

func (n *node) kill() { n.end(syscall.SIGKILL) }

func (n *node) stop() { n.end(syscall.SIGTERM) }

// ready waits until the node says that it can answer.
func (n *node) ready(ctx context.Context) error {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		if n.answers(ctx) {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s did not become ready: %w", n.name, ctx.Err())
		case <-n.ended:
			return fmt.Errorf("%s ended: %w", n.name, errors.Join(n.err, errors.New(n.lastWords())))
		case <-tick.C:
		}
	}
}

func (n *node) answers(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, n.url+"/readyz", http.NoBody)
	if err != nil {
		return false
	}
	reply, err := http.DefaultClient.Do(request)
	if err != nil {
		return false
	}
	return reply.Body.Close() == nil && reply.StatusCode == http.StatusOK
}

// lastWords is the end of the node's log.
func (n *node) lastWords() string {
	const most = 2000
	text, err := os.ReadFile(n.logs)
	if err != nil {
		return err.Error()
	}
	return string(bytes.TrimSpace(text[max(0, len(text)-most):]))
}
