package urn_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/urn"
)

const secret = "hunter2_hunter2-hunter2_hunter2-hunter2-HUN" // 43 characters

func TestParseToken(t *testing.T) {
	tests := []struct {
		name, text string
		ok         bool
	}{
		{"shortest secret", "weir_" + digits + "_" + secret, true},
		{"long secret of every character", "weir_" + digits + "_" + secret + "__--" + strings.Repeat("x", 1000), true},
		{"secret of underscores", "weir_" + digits + "_" + strings.Repeat("_", 43), true},
		{"secret too short", "weir_" + digits + "_" + secret[1:], false},
		{"padding", "weir_" + digits + "_" + secret + "=", false},
		{"another alphabet", "weir_" + digits + "_" + secret + "+", false},
		{"a line break", "weir_" + digits + "_" + secret + "\n", false},
		{"a space in front", " weir_" + digits + "_" + secret, false},
		{"another scheme", "wier_" + digits + "_" + secret, false},
		{"scheme in capitals", "WEIR_" + digits + "_" + secret, false},
		{"key id in capitals", "weir_" + strings.ToUpper(digits) + "_" + secret, false},
		{"key id of no version", "weir_" + strings.Repeat("0", 32) + "_" + secret, false},
		{"key id too short", "weir_" + digits[1:] + "_" + secret, false},
		{"key id with its prefix", "weir_pat_" + digits + "_" + secret, false},
		{"no secret", "weir_" + digits, false},
		{"nothing", "", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			token, f := urn.ParseToken(tt.text)
			if !tt.ok {
				want(t, f, fault.Unauthenticated)
				if f != nil && strings.Contains(f.Error(), "unter2") {
					t.Errorf("the fault quotes the token: %v", f)
				}
				return
			}
			want(t, f, "")
			if token.KeyID != "pat_"+digits || token.Reveal() != tt.text {
				t.Errorf("got key %s, token %s", token.KeyID, token.Reveal())
			}
			if token.Digest() != sha256.Sum256([]byte(tt.text[38:])) {
				t.Error("the digest is not that of the secret")
			}
		})
	}
}

// TestTokenDigest pins what clusters have stored.
func TestTokenDigest(t *testing.T) {
	got := urn.Token{KeyID: "pat_" + digits, Secret: secret}.Digest()
	if want := "efdd9438d43c98eee0a3c4c88755a763ae77e4efb61199e7640af6f9f93a1d9e"; hex.EncodeToString(got[:]) != want {
		t.Errorf("Digest = %x, want %s", got, want)
	}
}

func TestTokenHidesItsSecret(t *testing.T) {
	token := urn.Token{KeyID: "pat_" + digits, Secret: secret}
	type call struct{ Token urn.Token }
	shown := map[string]string{"String": token.String()}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%T %v", "%10.3v", "%!"} {
		shown[verb] = fmt.Sprintf(verb, token)
		shown[verb+" of a pointer"] = fmt.Sprintf(verb, &token)
		shown[verb+" of a struct"] = fmt.Sprintf(verb, call{token})
	}
	for _, v := range []any{token, &token, call{token}, map[string]any{"t": token}} {
		b, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		shown[fmt.Sprintf("JSON of %T", v)] = string(b)
		var log bytes.Buffer
		slog.New(slog.NewTextHandler(&log, nil)).Info("call", "with", v)
		slog.New(slog.NewJSONHandler(&log, nil)).Info("call", "with", v)
		shown[fmt.Sprintf("log of %T", v)] = log.String()
	}
	for how, text := range shown {
		if strings.Contains(text, "unter2") || strings.Contains(text, hex.EncodeToString([]byte("unter2"))) {
			t.Errorf("%s shows the secret: %s", how, text)
		}
	}
}

func FuzzParseToken(f *testing.F) {
	f.Add("weir_" + digits + "_" + secret)
	f.Add("weir__")
	f.Fuzz(func(t *testing.T, text string) {
		token, bad := urn.ParseToken(text)
		if bad != nil {
			return
		}
		if token.Reveal() != text || !urn.IsValid(token.KeyID, "pat") {
			t.Fatalf("%q came back as %q", text, token.Reveal())
		}
	})
}

func TestHoldsToken(t *testing.T) {
	token := "weir_01890a5d0c1e7000a000000000000002_" + strings.Repeat("s", 43)
	for _, row := range []struct {
		name, text string
		want       bool
	}{
		{"a token", token, true},
		{"among other text", `{"a":"` + token + `"}`, true},
		{"a secret that is too short", token[:80], false},
		{"a key id", "pat_01890a5d0c1e7000a000000000000002", false},
		{"no hex", strings.Replace(token, "01890", "z1890", 1), false},
		{"the scheme alone", "weir_", false},
		{"nothing", "", false},
	} {
		t.Run(row.name, func(t *testing.T) {
			if got := urn.HoldsToken([]byte(row.text)); got != row.want {
				t.Errorf("got %v", got)
			}
		})
	}
}
