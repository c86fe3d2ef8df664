package auth_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/plusauth/plusauth-go-starter/auth"
)

// Each kind of client authenticates at the endpoints for tokens, pushed requests and revocation.
func TestClientAuthMethods(t *testing.T) {
	t.Parallel()
	const special = "a+/%:&= ~é\"\\ü"
	for name, prepare := range map[string]func(p *provider) func(*auth.Config){
		"client_secret_basic with special characters": func(p *provider) func(*auth.Config) {
			p.ClientID, p.ClientSecret = "id "+special, "secret "+special
			return nil
		},
		"client_secret_post with special characters": func(p *provider) func(*auth.Config) {
			p.ClientID, p.ClientSecret, p.AuthMethod = "id "+special, "secret "+special, "client_secret_post"
			return nil
		},
		"public client": func(p *provider) func(*auth.Config) {
			p.ClientSecret, p.AuthMethod = "", "none"
			return nil
		},
		"private_key_jwt with RSA":         privateKeyJWTClient("RS256", "kid-1"),
		"private_key_jwt with P-256":       privateKeyJWTClient("ES256", "kid-2"),
		"private_key_jwt with P-384":       privateKeyJWTClient("ES384", ""),
		"private_key_jwt with Ed25519":     privateKeyJWTClient("EdDSA", "kid-3"),
		"private_key_jwt without a key id": privateKeyJWTClient("ES256", ""),
	} {
		for _, pushed := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, pushed %v", name, pushed), func(t *testing.T) {
				t.Parallel()
				p := newProvider(t)
				configure := prepare(p)
				app := newApp(t, p, func(cfg *auth.Config) {
					cfg.PushedAuthorization = pushed
					cfg.Scopes = []string{"openid", "offline_access"}
					if configure != nil {
						configure(cfg)
					}
				})
				b := app.browser()
				b.MustSignIn()
				p.ExpireAccessTokens() // so that Refresh uses the refresh token
				if _, err := b.Refresh(); err != nil {
					t.Errorf("Refresh: %v", err)
				}
				if _, err := b.BeginLogout(); err != nil {
					t.Errorf("BeginLogout: %v", err)
				}
				app.client.Wait()
				if got := p.RequestCount("/token"); got != 2 {
					t.Errorf("got %d token requests, want 2, because the client uses only one method", got)
				}
				if n, log := p.RequestCount("/revoke"), app.output.log.String(); n != 1 || strings.Contains(log, "revoke") {
					t.Errorf("got %d revocation requests, want 1 without an error in the log:\n%s", n, log)
				}
				form := p.LastRequest("/token").Form
				if form.Has("client_secret") && p.AuthMethod != "client_secret_post" {
					t.Error("the form contains the client secret")
				}
			})
		}
	}
}

// privateKeyJWTClient registers a new public key at a provider and configures the client with the private key.
func privateKeyJWTClient(alg, kid string) func(p *provider) func(*auth.Config) {
	return func(p *provider) func(*auth.Config) {
		key := newKey(alg, kid, 2).key
		p.ClientSecret, p.AuthMethod, p.ClientKey, p.ClientKeyID = "", "private_key_jwt", key.Public(), kid
		return func(cfg *auth.Config) {
			cfg.ClientAuthMethod, cfg.ClientKey, cfg.ClientKeyID = auth.PrivateKeyJWT, key, kid
		}
	}
}

func TestClientAssertionSignedWithWrongKeyIsReported(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	configure := privateKeyJWTClient("ES256", "k")(p)
	p.ClientKey = newKey("ES256", "k", 0).key.Public()
	err := newApp(t, p, configure).browser().SignIn()
	if !isRefusal(err, "invalid_client") {
		t.Errorf("got %v, want a ProviderError with code invalid_client", err)
	}
}

func TestSigningAlgorithms(t *testing.T) {
	t.Parallel()
	for _, alg := range []string{"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA"} {
		t.Run(alg, func(t *testing.T) {
			t.Parallel()
			p := newProvider(t)
			p.Alg = alg
			newApp(t, p, func(cfg *auth.Config) { cfg.SigningAlg = alg }).browser().MustSignIn()
			if alg != "RS256" {
				err := newApp(t, p, func(cfg *auth.Config) { cfg.SigningAlg = "RS256" }).browser().SignIn()
				if !errors.Is(err, auth.ErrBadToken) || !errors.Is(err, auth.ErrMisconfigured) {
					t.Errorf("with SigningAlg RS256: got %v, want ErrBadToken and ErrMisconfigured", err)
				}
			}
		})
	}
}
