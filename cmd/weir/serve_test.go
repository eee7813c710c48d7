package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestServeRefusesWrongSettings(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	key := write("cluster.key", strings.Repeat("k", 32)+"\n")
	short := write("short.key", "short\n")
	config := write("weir.conf", "node-id = a\ndata = d\nbootstrap-expect = 1\ncluster-key-file = "+key+"\n")
	for _, row := range []struct {
		name string
		env  []string
		args string
		want string
	}{
		{
			"nothing at all", nil, "serve",
			"weir: --node-id: is missing; give each node a name of its own, such as node1\n" +
				"weir: --data: is missing; name the directory of the node\n" +
				"weir: --cluster-key-file: is missing; name the file with the cluster key, or set WEIR_CLUSTER_KEY\n" +
				"weir: --join: is missing, and --bootstrap-expect is 0; name nodes of the cluster to join, or say how many form a new one\n",
		},
		{
			"plain HTTP for all", nil, "serve --listen 0.0.0.0:0 --config " + config,
			"weir: --listen: is not a loopback address, and HTTP would be served without TLS; give --tls-cert and --tls-key, or --allow-plain-http if something else protects the way\n",
		},
		{
			"plain HTTP for all, by dev", nil, "dev --listen 0.0.0.0:0",
			"weir: --listen: is not a loopback address, and HTTP would be served without TLS; give --tls-cert and --tls-key, or --allow-plain-http if something else protects the way\n",
		},
		{
			"a wrong root key",
			[]string{"WEIR_ROOT_KEY=admin"},
			"dev",
			"weir: WEIR_ROOT_KEY: is not a token of Weir; write weir_<32 hex digits of a UUID>_<43 or more of A-Z a-z 0-9 _ ->, or leave it out to have one made\n",
		},
		{
			"a cluster key too short", nil, "serve --cluster-key-file " + short + " --config " + config,
			"weir: --cluster-key-file: holds no cluster key: trust: the cluster key in line 1 is shorter than 32 bytes; make one with: head -c 32 /dev/urandom | base64\n",
		},
		{
			"an environment that is wrong",
			[]string{"WEIR_LOG_FORMAT=xml"},
			"serve --config " + config,
			"weir: WEIR_LOG_FORMAT: is not a value that it can have; use json, text\n",
		},
		{
			"a file that is not there", nil, "serve --config " + filepath.Join(dir, "none"),
			"weir: --config: can't be read: open " + filepath.Join(dir, "none") + ": no such file or directory; name a file of settings\n",
		},
		{"a flag that is not there", nil, "serve --cluster-key k", "weir: unknown flag: --cluster-key; see weir serve --help\n"},
	} {
		t.Run(row.name, func(t *testing.T) {
			r := newProgram(t, row.env...).run("", strings.Fields(row.args)...)
			if r.status != 2 || r.err != row.want {
				t.Errorf("status %d, want 2; said\n%swant\n%s", r.status, r.err, row.want)
			}
		})
	}
}

// TestTour is the main job of the product, on three processes.
func TestTour(t *testing.T) {
	if testing.Short() {
		t.Skip("starts processes")
	}
	p := newProgram(t)
	r := p.run("", "tour")
	if r.status != 0 {
		t.Fatalf("status %d\n%s%s", r.status, r.out, r.err)
	}
	for _, said := range []string{"is killed", "404", "403", " entries verify", "is broken at entry", "All promises kept"} {
		if !strings.Contains(r.out, said) {
			t.Errorf("the tour did not say %q:\n%s", said, r.out)
		}
	}
	if strings.Contains(r.out, "\x1b") {
		t.Error("there are colours where there is no terminal")
	}
	left, err := filepath.Glob(filepath.Join(p.home, "weir-tour-*"))
	if err != nil || len(left) > 0 {
		t.Errorf("the tour left %v %v", left, err)
	}
}
