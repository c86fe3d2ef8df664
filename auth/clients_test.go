package auth_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/plusauth/plusauth-go-starter/auth"
)

func TestSignInOfEachKindOfClient(t *testing.T) {
	t.Parallel()
	const odd = "a+/%:&= ~é\"\\ü"
	for name, prepare := range map[string]func(op *provider) func(*auth.Config){
		"client_secret_basic with a secret that wants encoding": func(op *provider) func(*auth.Config) {
			op.ClientID, op.ClientSecret = "id "+odd, "secret "+odd
			return nil
		},
		"client_secret_post with a secret that wants encoding": func(op *provider) func(*auth.Config) {
			op.ClientID, op.ClientSecret, op.AuthMethod = "id "+odd, "secret "+odd, "client_secret_post"
			return nil
		},
		"public client": func(op *provider) func(*auth.Config) {
			op.ClientSecret, op.AuthMethod = "", "none"
			return nil
		},
		"private_key_jwt with RSA":         keyClient("RS256", "kid-1"),
		"private_key_jwt with P-256":       keyClient("ES256", "kid-2"),
		"private_key_jwt with P-384":       keyClient("ES384", ""),
		"private_key_jwt with Ed25519":     keyClient("EdDSA", "kid-3"),
		"private_key_jwt without a key id": keyClient("ES256", ""),
	} {
		for _, pushed := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, pushed %v", name, pushed), func(t *testing.T) {
				t.Parallel()
				op := newProvider(t)
				configure := prepare(op)
				app := newApp(t, op, func(cfg *auth.Config) {
					cfg.PushedAuthorization = pushed
					cfg.Scopes = []string{"openid", "offline_access"}
					if configure != nil {
						configure(cfg)
					}
				})
				b := app.browser()
				b.MustSignIn()
				op.ExpireAccess() // so that Refresh has to authenticate, too
				if _, err := b.Refresh(); err != nil {
					t.Errorf("refresh: %v", err)
				}
				if _, err := b.BeginLogout(); err != nil {
					t.Errorf("end: %v", err)
				}
				app.c.Wait()
				if got := op.Calls("/token"); got != 2 {
					t.Errorf("%d calls of the token endpoint, want 2: the way to authenticate is not tried out", got)
				}
				if op.Calls("/revoke") != 1 || strings.Contains(app.heard.log.String(), "revoke") {
					t.Errorf("refresh token not revoked: %s", app.heard.log.String())
				}
				form := op.Last("/token").Form
				if form.Has("client_secret") && op.AuthMethod != "client_secret_post" {
					t.Error("the secret is in the form")
				}
			})
		}
	}
}

func keyClient(alg, kid string) func(op *provider) func(*auth.Config) {
	return func(op *provider) func(*auth.Config) {
		key := newKey(alg, kid, 2).key
		op.ClientSecret, op.AuthMethod, op.ClientKey, op.ClientKeyID = "", "private_key_jwt", key.Public(), kid
		return func(cfg *auth.Config) {
			cfg.ClientAuthMethod, cfg.ClientKey, cfg.ClientKeyID = auth.PrivateKeyJWT, key, kid
		}
	}
}

func TestClientAssertionOfAnotherKeyIsRefusedByTheProvider(t *testing.T) {
	t.Parallel()
	op := newProvider(t)
	configure := keyClient("ES256", "k")(op)
	op.ClientKey = newKey("ES256", "k", 0).key.Public()
	err := newApp(t, op, configure).browser().SignIn()
	if refusal := (*auth.ProviderError)(nil); !errors.As(err, &refusal) || refusal.Code != "invalid_client" {
		t.Errorf("got %v, want invalid_client", err)
	}
}

func TestSigningAlgorithms(t *testing.T) {
	t.Parallel()
	for _, alg := range []string{"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA"} {
		t.Run(alg, func(t *testing.T) {
			t.Parallel()
			op := newProvider(t)
			op.Alg = alg
			newApp(t, op, func(cfg *auth.Config) { cfg.SigningAlg = alg }).browser().MustSignIn()
			if alg != "RS256" {
				err := newApp(t, op, func(cfg *auth.Config) { cfg.SigningAlg = "RS256" }).browser().SignIn()
				if !errors.Is(err, auth.ErrBadToken) || !errors.Is(err, auth.ErrMisconfigured) {
					t.Errorf("with RS256 expected: %v, want ErrBadToken and ErrMisconfigured", err)
				}
			}
		})
	}
}
