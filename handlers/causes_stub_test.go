package handlers_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"github.com/plusauth/plusauth-go-starter/auth"
	"github.com/plusauth/plusauth-go-starter/internal/testapp"
)

// hostileKey returns the key of the provider that sends wrong tokens.
var hostileKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

// sign returns a JWT with the header parameters alg and kid, and the other claims.
func sign(t *testing.T, key *rsa.PrivateKey, claims map[string]any) string {
	t.Helper()
	alg, kid := claims["alg"].(string), claims["kid"].(string)
	signer, err := jose.NewSigner(jose.SigningKey{
		Algorithm: jose.SignatureAlgorithm(alg), Key: jose.JSONWebKey{Key: key, KeyID: kid},
	}, nil)
	check(t, err)
	payload, err := json.Marshal(claims)
	check(t, err)
	jws, err := signer.Sign(payload)
	check(t, err)
	jwt, err := jws.CompactSerialize()
	check(t, err)
	return jwt
}

// dialing returns a configuration whose connections to the provider fail with the error that dial returns.
func dialing(dial func() error) auth.Config {
	return auth.Config{Transport: &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
		return nil, dial()
	}}}
}

// dialClosedPort returns the error of a port where nothing listens.
func dialClosedPort() error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	listener.Close()
	_, err = net.Dial("tcp", listener.Addr().String())
	return err
}

// dialUntrusted returns the error of a server whose certificate is not trusted.
func dialUntrusted() error {
	server := httptest.NewUnstartedServer(nil)
	server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, 0)
	server.StartTLS()
	defer server.Close()
	resp, err := new(http.Client).Get(server.URL)
	if err == nil {
		resp.Body.Close()
	}
	return err
}

// slowProvider is a sign-in at a provider that does not answer in time.
func slowProvider(t *testing.T, app *testapp.App, b *testapp.Browser) *testapp.Response {
	_, release := app.Provider.Hold("/.well-known/openid-configuration")
	t.Cleanup(release)
	return b.Get("/login")
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
