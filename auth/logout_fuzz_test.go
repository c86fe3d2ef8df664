package auth_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/plusauth/plusauth-go-starter/auth"
)

// FuzzBackChannelLogout posts logout tokens that the provider did not make. HEADER, CLAIMS and SIGNATURE in them stand for the
// parts of one that it did make, for somebody else, so that all checks are reached. Whatever comes, who is signed in stays so.
func FuzzBackChannelLogout(f *testing.F) {
	for _, token := range []string{
		"", ".", "..", "HEADER.CLAIMS.", "HEADER..SIGNATURE", "HEADER.CLAIMS.SIGNATUR", "eyJhbGciOiJub25lIn0.CLAIMS.",
		"HEADER.CLAIMS.SIGNATURE.", `{"payload":"CLAIMS","protected":"HEADER","signature":"SIGNATURE"}`, "HEADER.e30.SIGNATURE", "HEADER.CLAIMS.SIGNATURE\n",
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
			t.Errorf("%q: %v is an error that nobody expects", token, err)
		}
		if _, err := b.User(); err != nil {
			t.Errorf("%q ends a session: %v", token, err)
		}
	})
}
