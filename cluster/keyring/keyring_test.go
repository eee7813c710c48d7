package keyring_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"testing"

	"github.com/weir-store/weir/cluster/keyring"
)

func TestEveryNodeDerivesTheSame(t *testing.T) {
	encoded, err := keyring.Draw()
	if err != nil {
		t.Fatal(err)
	}
	derive := func(label string) []byte {
		k, err := keyring.Parse(encoded)
		if err != nil {
			t.Fatal(err)
		}
		b, err := k.Derive(label)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	if !bytes.Equal(derive("a"), derive("a")) || bytes.Equal(derive("a"), derive("b")) {
		t.Error("keys must follow from the keyring and the label")
	}
}

func TestLogKeysBelongToAnOrigin(t *testing.T) {
	encoded, err := keyring.Draw()
	if err != nil {
		t.Fatal(err)
	}
	k, err := keyring.Parse(encoded)
	if err != nil {
		t.Fatal(err)
	}
	first, err := k.LogSeed("weir/x/1")
	if err != nil {
		t.Fatal(err)
	}
	second, err := k.LogSeed("weir/x/2")
	if err != nil {
		t.Fatal(err)
	}
	if first == second {
		t.Error("two incarnations have one key")
	}
}

func TestParseRefuses(t *testing.T) {
	for _, row := range []struct{ name, text string }{
		{"nothing", ""},
		{"another format", `{"format":2,"secret":"","log_seed":""}`},
		{"a short secret", `{"format":1,"secret":"AAAA","log_seed":"AAAA"}`},
	} {
		t.Run(row.name, func(t *testing.T) {
			if _, err := keyring.Parse([]byte(row.text)); err == nil {
				t.Error("it was accepted")
			}
		})
	}
}

func TestNothingPrintsASecret(t *testing.T) {
	encoded, err := keyring.Draw()
	if err != nil {
		t.Fatal(err)
	}
	var f struct {
		Secret string `json:"secret"`
	}
	if err := json.Unmarshal(encoded, &f); err != nil {
		t.Fatal(err)
	}
	k, err := keyring.Parse(encoded)
	if err != nil {
		t.Fatal(err)
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		if got := fmt.Sprintf(verb, k); got != "keyring" {
			t.Errorf("%s prints %s", verb, got)
		}
	}
}
