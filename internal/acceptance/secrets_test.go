package acceptance_test

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestSecretsStaySecret plants tokens and looks for them, and for the keys that
// the nodes were given, in everything that the nodes wrote and answered.
func TestSecretsStaySecret(t *testing.T) {
	alice := newcomer(t, "alice")
	idempotency := "idempotency-" + random()
	made := root().must(t, "POST", "/v1/principals/"+alice.id+"/keys", object{"name": "planted"}, "Idempotency-Key", idempotency)
	_, shared := application(t).shared(t, nil)
	for _, token := range []string{shared, shared + "x"} {
		person{}.ask(t, "POST", "/v1/shares/verify", object{"token": token})
		alice.ask(t, "POST", "/v1/shares/verify", object{"token": token})
	}
	clusterKey, err := os.ReadFile(filepath.Join(dir, "cluster.key"))
	if err != nil {
		t.Fatal(err)
	}
	secrets := map[string]string{
		"root key": cluster.Root[len(cluster.Root)-43:], "host key": cluster.Host[len(cluster.Host)-43:], "token": alice.token[len(alice.token)-43:],
		"planted token": made["token"].(string)[len(made["token"].(string))-43:], "cluster key": strings.TrimSpace(string(clusterKey)),
		"idempotency key": idempotency, "share": shared,
	}
	for _, token := range []string{alice.token, made["token"].(string), cluster.Root} {
		for _, a := range []answer{
			root().ask(t, "GET", "/v1/objects?"+token+"=1", nil),
			root().ask(t, "GET", "/v1/objects/"+token, nil),
			root().ask(t, "POST", "/v1/objects", object{token: 1}),
			root().ask(t, "POST", "/v1/principals", object{"id": token + " ", "kind": "user"}),
			person{token: token + "x"}.ask(t, "GET", "/v1/me", nil),
			root().ask(t, "GET", "/v1/nothing/"+token, nil),
			root().ask(t, "GET", "/v1/me", nil, "X-Request-Id", token[:20]+" "),
		} {
			for name, secret := range secrets {
				if strings.Contains(string(a.body), secret) {
					t.Errorf("the answer to %s repeats the %s", a.method, name)
				}
			}
		}
	}
	root().must(t, "GET", "/v1/audit/verify", nil)
	files := 0
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		base := filepath.Base(path)
		if base == "weir" || base == "cluster.key" || base == "root.key" || base == "host.key" {
			return nil // the program, and the files whose purpose it is
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		files++
		for name, secret := range secrets {
			if bytes.Contains(content, []byte(secret)) {
				t.Errorf("%s holds the %s", path, name)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if files < 12 {
		t.Errorf("only %d files were found below %s", files, dir)
	}
}
