package setting_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weir-store/weir/cmd/weir/failure"
	"github.com/weir-store/weir/cmd/weir/setting"
)

// load reads settings from a file, an environment and flags given as name=value.
func load(file string, env, flags []string) (*setting.Server, error) {
	lookup := func(list []string, name string) (string, bool) {
		for _, e := range list {
			if n, text, _ := strings.Cut(e, "="); n == name {
				return text, true
			}
		}
		return "", false
	}
	return setting.Load(setting.Source{
		Flag:     func(name string) (string, bool) { return lookup(flags, name) },
		Env:      func(name string) string { text, _ := lookup(env, name); return text },
		File:     strings.NewReader(file),
		FileName: "weir.conf",
	})
}

func TestSources(t *testing.T) {
	got, err := load("# a comment\n\nlisten = 10.0.0.1:1\ndata=/from file\nlog-level = warn\njoin = a:1, b:2\n",
		[]string{"WEIR_LISTEN=10.0.0.1:2", "WEIR_DATA=/env", "WEIR_NODE_ID=", "WEIR_BOOTSTRAP_EXPECT=3", "WEIR_ALLOW_PLAIN_HTTP=true", "WEIR_CLUSTER_KEY=k"},
		[]string{"listen=10.0.0.1:3"})
	if err != nil {
		t.Fatal(err)
	}
	want := &setting.Server{
		Data: "/env", Listen: "10.0.0.1:3", ClusterListen: "127.0.0.1:8421", GossipListen: "127.0.0.1:8422", Join: []string{"a:1", "b:2"},
		BootstrapExpect: 3, AllowPlainHTTP: true, ClusterKey: "k", LogFormat: "json", LogLevel: "warn",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("settings (-want +got):\n%s", diff)
	}
}

// mistakes are settings that each source can get wrong, and what is said.
var mistakes = []struct {
	name, file string
	env, flags []string
	want       string
}{
	{
		"a word for a number", "",
		[]string{"WEIR_BOOTSTRAP_EXPECT=three"},
		nil,
		"WEIR_BOOTSTRAP_EXPECT: is not a number from 0 to 9; give the number of nodes that form the cluster, 3 or 5",
	},
	{
		"an address without port", "", nil,
		[]string{"listen=localhost"},
		"--listen: is not an address; write host:port, such as 127.0.0.1:8420",
	},
	{
		"a port too high", "", nil,
		[]string{"listen=localhost:70000"},
		"--listen: has no port number from 0 to 65535; write host:port, such as 127.0.0.1:8420",
	},
	{
		"a host that is a URL", "", nil,
		[]string{"listen=http://[::1]:80"},
		"--listen: is not an address; write host:port, such as 127.0.0.1:8420",
	},
	{
		"a peer that is no address", "join = a:1,b", nil, nil,
		"weir.conf:1: join: has a part that is not an address; write host:port,host:port, such as 10.0.0.1:8422,10.0.0.2:8422",
	},
	{
		"a word for a switch", "allow-plain-http = maybe", nil, nil,
		"weir.conf:1: allow-plain-http: is neither true nor false; write true or false",
	},
	{
		"a format that is not there", "", nil,
		[]string{"log-format=xml"},
		"--log-format: is not a value that it can have; use json, text",
	},
	{
		"a name with a slash", "", nil,
		[]string{"node-id=eu/node1"},
		"--node-id: is not a name of a node; use 1 to 63 of A-Z a-z 0-9 . _ -, with a letter or digit at both ends",
	},
	{
		"a root key that is none", "",
		[]string{"WEIR_ROOT_KEY=hunter2"},
		nil,
		"WEIR_ROOT_KEY: is not a token of Weir; write weir_<32 hex digits of a UUID>_<43 or more of A-Z a-z 0-9 _ ->, or leave it out to have one made",
	},
	{
		"a root key whose id is no UUID", "",
		[]string{"WEIR_ROOT_KEY=weir_ffffffffffffffffffffffffffffffff_" + strings.Repeat("x", 43)},
		nil,
		"WEIR_ROOT_KEY: is not a token of Weir; write weir_<32 hex digits of a UUID>_<43 or more of A-Z a-z 0-9 _ ->, or leave it out to have one made",
	},
	{
		"a host key that is none", "",
		[]string{"WEIR_HOST_KEY=hunter2"},
		nil,
		"WEIR_HOST_KEY: is not a token of Weir; write weir_<32 hex digits of a UUID>_<43 or more of A-Z a-z 0-9 _ ->, or leave it out to have one made",
	},
	{
		"one key for both", "",
		[]string{"WEIR_ROOT_KEY=weir_01890a5d0c1e7000a000000000000002_" + strings.Repeat("x", 43), "WEIR_HOST_KEY=weir_01890a5d0c1e7000a000000000000002_" + strings.Repeat("y", 43)},
		nil,
		"WEIR_HOST_KEY: has the id of WEIR_ROOT_KEY; draw another token",
	},
	{
		"a misspelt name", "\nlisen = 127.0.0.1:1", nil, nil,
		"weir.conf:2: there is no setting of that name; did you mean listen?",
	},
	{
		"an unknown name", "xyz = 1", nil, nil,
		"weir.conf:1: there is no setting of that name; see weir serve --help for all of them",
	},
	{
		"a line that says nothing", "listen", nil, nil,
		"weir.conf:1: the line has no =; write name = value, or begin it with #",
	},
	{
		"a line twice", "data = a\ndata = b", nil, nil,
		"weir.conf:2: data was set before, at weir.conf:1; remove one of the two lines",
	},
	{
		"a secret in the file", "root-key = weir_x", nil, nil,
		"weir.conf:1: root-key is a secret and does not belong in this file; set WEIR_ROOT_KEY",
	},
	{
		"several at once", "log-level = loud", nil,
		[]string{"bootstrap-expect=-1"},
		"--bootstrap-expect: is not a number from 0 to 9; give the number of nodes that form the cluster, 3 or 5\n" +
			"weir.conf:1: log-level: is not a value that it can have; use debug, info, warn, error",
	},
}

func TestMistakes(t *testing.T) {
	for _, row := range mistakes {
		t.Run(row.name, func(t *testing.T) {
			_, err := load(row.file, row.env, row.flags)
			if err == nil {
				t.Fatal("it was accepted")
			}
			if diff := cmp.Diff(row.want, err.Error()); diff != "" {
				t.Errorf("message (-want +got):\n%s", diff)
			}
			if got := failure.Status(err); got != 2 {
				t.Errorf("exit status %d, want 2", got)
			}
		})
	}
}

func TestCheck(t *testing.T) {
	node := setting.Server{NodeID: "a", Data: "d", Listen: "127.0.0.1:1", ClusterKey: "k", BootstrapExpect: 1}
	for _, row := range []struct {
		name   string
		change func(*setting.Server)
		keys   []string
	}{
		{"a cluster of one", func(*setting.Server) {}, nil},
		{"nothing said", func(s *setting.Server) { *s = setting.Server{Listen: "localhost:1"} }, []string{"--node-id", "--data", "--cluster-key-file", "--join"}},
		{"two cluster keys", func(s *setting.Server) { s.ClusterKeyFile = "f" }, []string{"WEIR_CLUSTER_KEY"}},
		{"three that don't know each other", func(s *setting.Server) { s.BootstrapExpect = 3 }, []string{"--join"}},
		{"a joiner", func(s *setting.Server) { s.BootstrapExpect, s.Join = 0, []string{"b:1"} }, nil},
		{"plain HTTP for all", func(s *setting.Server) { s.Listen = "0.0.0.0:1" }, []string{"--listen"}},
		{"plain HTTP on no host", func(s *setting.Server) { s.Listen = ":1" }, []string{"--listen"}},
		{"plain HTTP on a name", func(s *setting.Server) { s.Listen = "weir.example:1" }, []string{"--listen"}},
		{"plain HTTP on loopback of IPv6", func(s *setting.Server) { s.Listen = "[::1]:1" }, nil},
		{"plain HTTP by name of loopback", func(s *setting.Server) { s.Listen = "localhost:1" }, nil},
		{"plain HTTP that somebody wants", func(s *setting.Server) { s.Listen, s.AllowPlainHTTP = ":1", true }, nil},
		{"TLS for all", func(s *setting.Server) { s.Listen, s.TLSCert, s.TLSKey = ":1", "c", "k" }, nil},
		{"a certificate alone", func(s *setting.Server) { s.TLSCert = "c" }, []string{"--tls-key"}},
		{"a key alone", func(s *setting.Server) { s.TLSKey = "k" }, []string{"--tls-cert"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := node
			row.change(&s)
			var keys []string
			if err := s.Check(); err != nil {
				var list interface{ Unwrap() []error }
				if !errors.As(err, &list) {
					t.Fatalf("%v is no list", err)
				}
				for _, e := range list.Unwrap() {
					var u *failure.UsageError
					if !errors.As(e, &u) || u.Problem == "" || u.Fix == "" {
						t.Fatalf("%v does not say what to do", e)
					}
					keys = append(keys, u.Key)
				}
			}
			if diff := cmp.Diff(row.keys, keys); diff != "" {
				t.Errorf("wrong settings (-want +got):\n%s", diff)
			}
		})
	}
}

// TestSampleIsTheDefault uncomments each line of the sample that has a default.
func TestSampleIsTheDefault(t *testing.T) {
	var file strings.Builder
	for _, s := range setting.All() {
		line := "#" + s.Name + " = "
		if strings.Contains(setting.Sample(), "\n"+line) == s.Secret {
			t.Errorf("%s: a setting has a line, a secret has none", s.Name)
		}
		if s.Default != "" {
			file.WriteString(strings.TrimPrefix(line, "#") + s.Default + "\n")
		}
		if s.Doc == "" {
			t.Errorf("%s has no documentation", s.Name)
		}
	}
	want, err := load("", nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	got, err := load(file.String(), nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("sample (-defaults +sample):\n%s", diff)
	}
}
