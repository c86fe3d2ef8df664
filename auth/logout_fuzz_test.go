package auth_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/plusauth/plusauth-go-starter/auth"
)

// FuzzBackChannelLogout checks that a forged logout token ends no session and returns ErrBadToken. HEADER, CLAIMS and
// SIGNATURE in a token are replaced by the parts of a valid token for another person, so that all checks are reached.
func FuzzBackChannelLogout(f *testing.F) {
	for _, token := range []string{
		"", ".", "..", "HEADER.CLAIMS.", "HEADER..SIGNATURE", "HEADER.CLAIMS.SIGNATUR", "eyJhbGciOiJub25lIn0.CLAIMS.",
		"HEADER.CLAIMS.SIGNATURE.", "HEADER.e30.SIGNATURE", "HEADER.CLAIMS.SIGNATURE\n",
		`{"payload":"CLAIMS","protected":"HEADER","signature":"SIGNATURE"}`,
	} {
		f.Add(token)
	}
	f.Fuzz(func(t *testing.T, token string) {
		p := newProvider(t)
		p.Alg = "ES256"
		app := newApp(t, p, func(cfg *auth.Config) { cfg.SigningAlg, cfg.Transport = "ES256", inProcess{p} })
		b := app.browser()
		b.providerClient.Transport = inProcess{p}
		b.MustSignIn()
		parts := strings.Split(p.LogoutToken("somebody-else", "", nil), ".")
		token = strings.NewReplacer("HEADER", parts[0], "CLAIMS", parts[1], "SIGNATURE", parts[2]).Replace(token)
		if err := app.client.BackChannelLogout(t.Context(), token); err != nil && !errors.Is(err, auth.ErrBadToken) {
			t.Errorf("%q: got %v, want ErrBadToken", token, err)
		}
		if _, err := b.User(); err != nil {
			t.Errorf("%q ended the session of another person: %v", token, err)
		}
	})
}
