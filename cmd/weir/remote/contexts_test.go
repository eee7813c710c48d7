package remote_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weir-store/weir/cmd/weir/failure"
	"github.com/weir-store/weir/cmd/weir/remote"
)

func TestContexts(t *testing.T) {
	c := remote.Contexts{Path: filepath.Join(t.TempDir(), "weir", "contexts.json")}
	if e, err := c.Load(""); err != nil || len(e.Servers) > 0 {
		t.Fatalf("before the first there is %+v, %v", e, err)
	}
	work := remote.Endpoint{Servers: []string{"https://a:1", "https://b:1"}, Token: "t1", CAFile: "ca"}
	home := remote.Endpoint{Servers: []string{"http://c:1"}, Token: "t2"}
	for name, e := range map[string]remote.Endpoint{"work": work, "home": home} {
		if err := c.Save(name, e); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.Use("work"); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]remote.Endpoint{"": work, "work": work, "home": home} {
		got, err := c.Load(name)
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%q: %v (-want +got):\n%s", name, err, diff)
		}
	}
	list, err := c.List()
	want := []remote.Named{{Name: "home", Servers: home.Servers}, {Name: "work", Current: true, Servers: work.Servers}}
	if diff := cmp.Diff(want, list); diff != "" || err != nil {
		t.Errorf("list: %v (-want +got):\n%s", err, diff)
	}
	if err := c.Remove("work"); err != nil {
		t.Fatal(err)
	}
	if e, err := c.Load(""); err != nil || e.Token != "" {
		t.Errorf("after the current one was removed there is %+v, %v", e, err)
	}
	for what, err := range map[string]error{"use": c.Use("work"), "remove": c.Remove("work")} {
		if failure.Status(err) != 2 {
			t.Errorf("%s of one that is gone: %v", what, err)
		}
	}
	info, err := os.Stat(c.Path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file: %v %v, want it for its owner only", info, err)
	}
	if left, err := filepath.Glob(filepath.Join(filepath.Dir(c.Path), "contexts-*")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
	if err := os.WriteFile(c.Path, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Load(""); failure.Status(err) != 2 {
		t.Errorf("a damaged file: %v", err)
	}
}
