package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/storage"
	"github.com/weir-store/weir/storage/badgerdb"
	"github.com/weir-store/weir/storage/key"
)

// asProgram makes the test binary run as the program itself. It does not begin
// with WEIR_, since that is what the tour takes out of its nodes' environment.
const asProgram = "TEST_WEIR_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		os.Exit(run())
	}
	os.Exit(m.Run())
}

// program is weir with an environment of its own.
type program struct {
	t    *testing.T
	home string
	env  []string
}

// result is how the program ended.
type result struct {
	out, err string
	status   int
}

func newProgram(t *testing.T, env ...string) *program {
	return &program{t, t.TempDir(), env}
}

func (p *program) command(stdin string, args ...string) *exec.Cmd {
	p.t.Helper()
	binary, err := os.Executable()
	if err != nil {
		p.t.Fatal(err)
	}
	c := exec.CommandContext(p.t.Context(), binary, args...)
	c.Env = append([]string{asProgram + "=1", "PATH=" + os.Getenv("PATH"), "TMPDIR=" + p.home, "HOME=" + p.home, "XDG_CONFIG_HOME=" + p.home}, p.env...)
	c.Dir, c.Stdin = p.home, strings.NewReader(stdin)
	return c
}

func (p *program) run(stdin string, args ...string) result {
	p.t.Helper()
	c := p.command(stdin, args...)
	var out, errs bytes.Buffer
	c.Stdout, c.Stderr = &out, &errs
	err := c.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		p.t.Fatal(err)
	}
	return result{out.String(), errs.String(), c.ProcessState.ExitCode()}
}

// ok runs a command line that is to succeed, and gives what it prints.
func (p *program) ok(args ...string) string {
	p.t.Helper()
	r := p.run("", args...)
	if r.status != 0 {
		p.t.Fatalf("weir %s: status %d\n%s%s", strings.Join(args, " "), r.status, r.out, r.err)
	}
	return r.out
}

// field runs a command line and gives a member of the object that it prints.
func (p *program) field(name string, args ...string) string {
	p.t.Helper()
	var object map[string]any
	out := p.ok(append(args, "--output", "json")...)
	if err := json.Unmarshal([]byte(out), &object); err != nil {
		p.t.Fatalf("weir %s printed %q: %v", strings.Join(args, " "), out, err)
	}
	text, ok := object[name].(string)
	if !ok {
		p.t.Fatalf("weir %s printed no %s: %s", strings.Join(args, " "), name, out)
	}
	return text
}

// dev is a store of one node.
type dev struct {
	url, dir string
	command  *exec.Cmd
}

func startDev(t *testing.T, args ...string) *dev {
	t.Helper()
	p := newProgram(t)
	d := &dev{dir: filepath.Join(p.home, "data")}
	d.command = p.command("", append([]string{"dev", "--data", d.dir, "--listen", "127.0.0.1:0"}, args...)...)
	out, err := d.command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var logs bytes.Buffer
	d.command.Stderr = &logs
	if err := d.command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if d.command.ProcessState == nil {
			_ = d.command.Process.Kill()
			_ = d.command.Wait()
		}
		if t.Failed() {
			t.Logf("the node said:\n%s", logs.String())
		}
	})
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if _, url, ok := strings.Cut(lines.Text(), "answers at "); ok {
			d.url = url
		}
		if strings.HasPrefix(lines.Text(), "Ctrl-C") {
			return d
		}
	}
	_ = d.command.Wait()
	t.Fatalf("the store did not become ready:\n%s", logs.String())
	return nil
}

func (d *dev) token(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(d.dir, "root.key"))
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(text))
}

func TestDev(t *testing.T) {
	if testing.Short() {
		t.Skip("starts processes")
	}
	d := startDev(t)
	for _, file := range []string{"root.key", "host.key"} {
		info, err := os.Stat(filepath.Join(d.dir, file))
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Fatalf("%s: %v %v, want it readable by its owner only", file, info, err)
		}
	}
	admin := newProgram(t, "WEIR_SERVER="+d.url, "WEIR_TOKEN="+d.token(t))
	t.Run("main job", func(t *testing.T) { mainJob(t, admin, d) })
	t.Run("acting for a user", func(t *testing.T) { acting(t, d) })
	t.Run("statuses", func(t *testing.T) { statuses(t, admin, d) })
	t.Run("trail", func(t *testing.T) { exported(t, admin) })
	t.Run("batch", func(t *testing.T) { batched(t, admin) })
	t.Run("contexts", func(t *testing.T) { contexts(t, d) })
	t.Run("cluster", func(t *testing.T) {
		if out := admin.ok("cluster", "status"); !strings.Contains(out, "leader") || !strings.Contains(out, "REVISION") {
			t.Errorf("printed\n%s", out)
		}
	})
	t.Run("bench", func(t *testing.T) { measured(t, admin) })
	t.Run("each node", func(t *testing.T) {
		if out := admin.ok("audit", "verify", "--each", "-o", "json"); !strings.Contains(out, `"valid":true`) || !strings.Contains(out, `"odd":false`) {
			t.Errorf("printed\n%s", out)
		}
		if r := admin.run("", "audit", "verify", "--data", d.dir); r.status == 0 || !strings.Contains(r.err, "in use") {
			t.Errorf("the data of a node that runs: status %d\n%s", r.status, r.err)
		}
	})
	t.Run("stop", func(t *testing.T) {
		if err := d.command.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		if err := d.command.Wait(); err != nil {
			t.Errorf("the store ended with %v", err)
		}
	})
	t.Run("stopped data", func(t *testing.T) { stopped(t, d) })
}

// stopped verifies the data of a node that has ended: as they are, with one
// entry rewritten through the engine, and with one bit flipped in a table.
func stopped(t *testing.T, d *dev) {
	offline := newProgram(t)
	verify := func() result { return offline.run("", "audit", "verify", "--data", d.dir, "--bodies", "-o", "json") }
	if r := verify(); r.status != 0 || !strings.Contains(r.out, `"valid":true`) || !strings.Contains(r.out, `"bodies":`) {
		t.Fatalf("status %d\n%s%s", r.status, r.out, r.err)
	}
	dir := filepath.Join(d.dir, "state")
	engine, err := badgerdb.Open(dir, badgerdb.Options{})
	if err != nil {
		t.Fatal(err)
	}
	k := state.Key(key.Audit, uint64(5))
	snapshot, err := engine.Snapshot(engine.Published())
	if err != nil {
		t.Fatal(err)
	}
	row, err := snapshot.Get(k)
	snapshot.Close()
	if err != nil {
		t.Fatal(err)
	}
	changed := bytes.Replace(row, []byte(`"outcome":"ok"`), []byte(`"outcome":"ko"`), 1)
	if err := errors.Join(engine.Apply(&storage.Batch{Commits: []storage.Commit{{
		Revision: engine.Published() + 1, Writes: []storage.Write{{Key: k, Value: changed}},
	}}}), engine.Close()); err != nil {
		t.Fatal(err)
	}
	if r := verify(); r.status != 1 || !strings.Contains(r.out, `"broken_at":5`) {
		t.Errorf("an entry is rewritten: status %d\n%s%s", r.status, r.out, r.err)
	}
	tables, err := filepath.Glob(filepath.Join(dir, "gen-*", "*.sst"))
	if err != nil || len(tables) == 0 {
		t.Fatalf("%d tables, %v", len(tables), err)
	}
	table, err := os.ReadFile(tables[0])
	if err != nil {
		t.Fatal(err)
	}
	table[len(table)/3] ^= 1
	if err := os.WriteFile(tables[0], table, 0o600); err != nil {
		t.Fatal(err)
	}
	if r := verify(); r.status == 0 || strings.Contains(r.out, `"valid"`) {
		t.Errorf("a bit is flipped: status %d\n%s%s", r.status, r.out, r.err)
	}
	p := newProgram(t)
	node := p.command("", "dev", "--data", d.dir, "--listen", "127.0.0.1:0")
	if out, err := node.CombinedOutput(); err == nil || !strings.Contains(string(out), "corrupt") {
		t.Errorf("a node starts on it: %v\n%s", err, out)
	}
}

// user makes a principal with a key, and gives a program that acts as it.
func user(admin *program, d *dev, name string) (id string, as *program) {
	admin.t.Helper()
	id = admin.field("id", "principal", "create", "--kind", "user", "--display-name", name)
	token := admin.field("token", "key", "create", id, "--name", "laptop")
	return id, newProgram(admin.t, "WEIR_SERVER="+d.url, "WEIR_TOKEN="+token)
}

// acting is what the first host does for a user, by flag and by variable.
func acting(t *testing.T, d *dev) {
	host := newProgram(t, "WEIR_SERVER="+d.url)
	with := []string{"--token-file", filepath.Join(d.dir, "host.key")}
	id := host.field("id", append([]string{"user", "create", "--display-name", "Ada"}, with...)...)
	for name, p := range map[string]*program{
		id:     newProgram(t, "WEIR_SERVER="+d.url, "WEIR_ACT_AS="+id),
		"host": host,
	} {
		if got := p.field("id", append([]string{"principal", "me"}, with...)...); got != name {
			t.Errorf("the call is %s's, want %s", got, name)
		}
	}
	if got := host.field("id", append([]string{"principal", "me", "--act-as", id}, with...)...); got != id {
		t.Errorf("the call is %s's, want %s", got, id)
	}
	if r := host.run("", append([]string{"principal", "me", "--act-as", "nobody"}, with...)...); r.status != 3 {
		t.Errorf("for nobody: status %d\n%s%s", r.status, r.out, r.err)
	}
}

func mainJob(t *testing.T, admin *program, d *dev) {
	admin = &program{t, admin.home, admin.env}
	_, alice := user(admin, d, "Alice")
	bobID, bob := user(admin, d, "Bob")
	note := alice.field("id", "object", "create", "--type", "note", "--data", `{"n":1152921504606846977}`)
	want := func(p *program, status int, args ...string) {
		t.Helper()
		if r := p.run("", args...); r.status != status {
			t.Fatalf("weir %s: status %d, want %d\n%s%s", strings.Join(args, " "), r.status, status, r.out, r.err)
		}
	}
	want(bob, 3, "object", "get", note)
	scope := alice.field("id", "scope", "create", "--name", "project")
	alice.ok("scope", "add-member", scope, "--principal-id", bobID, "--role", "viewer")
	alice.ok("scope", "project", scope, "--object-id", note, "--level", "read")
	if out := bob.ok("object", "get", note); !strings.Contains(out, `{"n":1152921504606846977}`) {
		t.Errorf("Bob reads\n%s", out)
	}
	want(bob, 4, "object", "update", note, "--data", "{}")
	alice.ok("scope", "unproject", scope, note)
	want(bob, 3, "object", "get", note)
	if out := admin.ok("audit", "verify", "-o", "json"); !strings.Contains(out, `"valid":true`) {
		t.Errorf("verify printed %s", out)
	}
}

func TestOps(t *testing.T) {
	p := newProgram(t)
	out := p.ok("ops", "show", "object.create")
	for _, said := range []string{"POST /v1/objects", "core/objects/create.go:", "weir object create --type note", "each active principal"} {
		if !strings.Contains(out, said) {
			t.Errorf("show does not say %q:\n%s", said, out)
		}
	}
	if out := p.ok("ops", "list"); !strings.Contains(out, "scope.add_member") {
		t.Errorf("list printed\n%s", out)
	}
	if r := p.run("", "ops", "show", "object.paint"); r.status != 2 {
		t.Errorf("an operation that is not there: status %d", r.status)
	}
	if out := p.ok("version"); !strings.HasPrefix(out, "weir ") {
		t.Errorf("version printed %q", out)
	}
}

func statuses(t *testing.T, admin *program, d *dev) {
	admin = &program{t, admin.home, admin.env}
	note := admin.field("id", "object", "create", "--type", "note", "--data", "{}")
	for _, row := range []struct {
		name   string
		env    []string
		args   string
		status int
		says   string
	}{
		{"success", nil, "object get " + note, 0, ""},
		{"unknown command", nil, "objekt list", 2, `weir: there is no command weir "objekt"; did you mean object?` + "\n"},
		{"unknown verb", nil, "object creat", 2, `weir: there is no command weir object "creat"; did you mean create or create-many?` + "\n"},
		{"unknown flag", nil, "object list --nope", 2, "weir: unknown flag: --nope; see weir object list --help\n"},
		{"refused input", nil, "object create --type= --data {}", 2, "--type: must have at least 1 characters"},
		{"a thing that is not there", nil, "object get obj_01890a5d0c1e7000a000000000000003", 3, "weir: Not found (not-found)\n"},
		{"a token of nobody", []string{"WEIR_TOKEN=weir_01890a5d0c1e7000a000000000000002_" + strings.Repeat("x", 43)}, "object list", 4, "next: "},
		{"no token", []string{"WEIR_TOKEN="}, "object list", 2, "weir: there is no token to call with; set WEIR_TOKEN, give --token-file, or run weir login\n"},
		{"an old version", nil, "object update " + note + " --data {} --version 9", 5, "weir: Version conflict (version-conflict)\n"},
		{"an old If-Match", nil, "object update " + note + " --data {} --if-match v9", 5, "weir: Version conflict (version-conflict)\n"},
		{"nobody there", []string{"WEIR_SERVER=http://127.0.0.1:1"}, "object list --timeout 200ms", 6, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			p := newProgram(t, append([]string{"WEIR_SERVER=" + d.url, "WEIR_TOKEN=" + d.token(t)}, row.env...)...)
			r := p.run("", strings.Fields(row.args)...)
			if r.status != row.status || !strings.Contains(r.err, row.says) {
				t.Errorf("status %d, want %d, and %q in\n%s", r.status, row.status, row.says, r.err)
			}
		})
	}
}

func exported(t *testing.T, admin *program) {
	admin = &program{t, admin.home, admin.env}
	file := filepath.Join(t.TempDir(), "trail.ndjson")
	admin.ok("audit", "export", "--file", file)
	offline := newProgram(t)
	if out := offline.ok("audit", "verify", "--file", file, "-o", "json"); !strings.Contains(out, `"valid":true`) {
		t.Errorf("the export: %s", out)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	changed := bytes.Replace(text, []byte(`"action":"create"`), []byte(`"action":"delete"`), 1)
	if err := os.WriteFile(file, changed, 0o600); err != nil {
		t.Fatal(err)
	}
	r := offline.run("", "audit", "verify", "--file", file, "-o", "json")
	if r.status != 1 || !strings.Contains(r.out, `"verdict":"broken"`) {
		t.Errorf("the tampered copy: status %d\n%s%s", r.status, r.out, r.err)
	}
	if r := admin.run("", "audit", "export", "--file", file); r.status != 2 {
		t.Errorf("an export over a file that exists: status %d", r.status)
	}
}

func batched(t *testing.T, admin *program) {
	admin = &program{t, admin.home, admin.env}
	r := admin.run(`{"operations":[
		{"op":"scope.create","input":{"name":"s"}},
		{"op":"object.create","input":{"type":"note","data":{}}},
		{"op":"scope.project","input":{"id":{"$result":[0,"id"]},"object_id":{"$result":[1,"id"]}}}]}`, "batch", "-o", "json")
	if r.status != 0 || strings.Count(r.out, `"id":"`) < 3 {
		t.Errorf("status %d\n%s%s", r.status, r.out, r.err)
	}
	if r := admin.run(`[]`, "batch"); r.status != 2 || !strings.Contains(r.err, "--file: ") {
		t.Errorf("something else than operations: status %d\n%s", r.status, r.err)
	}
}

func contexts(t *testing.T, d *dev) {
	p := newProgram(t)
	if r := p.run(d.token(t)+"\n", "login", "--server", d.url, "--name", "here"); r.status != 0 || strings.Contains(r.out+r.err, d.token(t)) {
		t.Fatalf("login: status %d\n%s%s", r.status, r.out, r.err)
	}
	info, err := os.Stat(filepath.Join(p.home, "weir", "contexts.json"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("contexts: %v %v, want a file for its owner only", info, err)
	}
	p.ok("object", "list")
	if out := p.ok("context", "list"); !strings.Contains(out, "here") || strings.Contains(out, "weir_") {
		t.Errorf("list printed %s", out)
	}
	// The token of a context does not go to another server.
	if r := p.run("", "object", "list", "--server", "http://127.0.0.1:1"); r.status != 2 {
		t.Errorf("another server: status %d\n%s", r.status, r.err)
	}
	p.ok("context", "remove", "here")
	if r := p.run("", "context", "use", "here"); r.status != 2 {
		t.Errorf("a context that was removed: status %d", r.status)
	}
	if r := p.run("weir_nothing\n", "login", "--server", d.url); r.status != 4 {
		t.Errorf("login with a wrong token: status %d\n%s", r.status, r.err)
	}
}

func measured(t *testing.T, admin *program) {
	admin = &program{t, admin.home, admin.env}
	for _, args := range []string{
		"--workload object-create", "--workload object-get --as member", "--workload mixed --rate 50", "--workload check --as member", "--workload list",
	} {
		out := admin.ok(append([]string{"bench", "--clients", "2", "--duration", "200ms", "--warmup", "10ms", "--objects", "5", "-o", "json"}, strings.Fields(args)...)...)
		var report struct {
			Workload     string  `json:"workload"`
			Clients      int     `json:"clients"`
			OpsPerSecond float64 `json:"ops_per_second"`
			P50          float64 `json:"p50_ms"`
			P99          float64 `json:"p99_ms"`
			Errors       *int    `json:"errors"`
		}
		if err := json.Unmarshal([]byte(out), &report); err != nil || strings.Count(out, "\n") != 1 {
			t.Fatalf("bench %s printed %q: %v", args, out, err)
		}
		if report.Clients != 2 || report.OpsPerSecond <= 0 || report.P50 <= 0 || report.P99 < report.P50 || report.Errors == nil || *report.Errors != 0 {
			t.Errorf("bench %s: %s", args, out)
		}
	}
}
