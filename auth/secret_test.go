package auth_test

import (
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/plusauth/plusauth-go-starter/auth"
)

// A Secret, a Config and a Client do not print their secrets with any verb of fmt, slog or JSON. The errors and logs
// of all tests are checked by outputRecorder.
func TestSecretsAreNotPrinted(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	const secret = "s3cret-value-0123456789"
	key := newKey("EdDSA", "", 0).key.(ed25519.PrivateKey)
	withKey := newApp(t, p, func(cfg *auth.Config) {
		cfg.ClientSecret, cfg.ClientAuthMethod, cfg.ClientKey = "", auth.PrivateKeyJWT, key
	})
	withSecret := newApp(t, p, func(cfg *auth.Config) { cfg.ClientSecret = secret })
	secrets := []string{
		secret, fmt.Sprintf("%x", secret), fmt.Sprintf("%X", secret), fmt.Sprintf("%d", []byte(secret)),
		strings.Trim(fmt.Sprint([]byte(key)), "[]"), fmt.Sprintf("%x", []byte(key)), string(key),
	}

	type holder struct {
		Config auth.Config
		Client *auth.Client
		Secret auth.Secret
	}
	var out bytes.Buffer
	for _, app := range []*app{withSecret, withKey} {
		for _, v := range []any{
			app.client, app.cfg, &app.cfg, app.cfg.ClientSecret, &app.cfg.ClientSecret, []auth.Secret{secret},
			map[string]auth.Secret{"a": secret}, holder{app.cfg, app.client, secret},
			&holder{app.cfg, app.client, secret},
		} {
			for _, verb := range "vsqxXdtbocUeEfFgGT" { // not %p, which prints an address and calls no method
				for _, flag := range []string{"", "+", "#", " ", "08."} {
					fmt.Fprintf(&out, "%"+flag+string(verb)+"\n", v)
				}
			}
			slog.New(slog.NewTextHandler(&out, nil)).Info("text", "value", v)
			slog.New(slog.NewJSONHandler(&out, nil)).Info("json", "value", v)
			b, _ := json.Marshal(v)
			out.Write(b)
		}
	}
	for _, s := range secrets {
		if i := strings.Index(out.String(), s); i >= 0 {
			t.Errorf("the output contains a secret: %q", out.String()[max(0, i-200):i+len(s)])
		}
	}
	if string(auth.Secret(secret)) != secret {
		t.Error("the conversion to string changes a Secret")
	}
}
