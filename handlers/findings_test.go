package handlers_test

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/plusauth/plusauth-go-starter/auth"
	"github.com/plusauth/plusauth-go-starter/handlers"
	"github.com/plusauth/plusauth-go-starter/internal/testapp"
)

// TestFindingsOnThePageOfAMisconfiguredProvider checks that the page says what is wrong with the set-up to developers,
// and to nobody else, and that many visits ask the provider once.
func TestFindingsOnThePageOfAMisconfiguredProvider(t *testing.T) {
	t.Parallel()
	for name, inspect := range map[string]bool{"with Inspect": true, "without": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			app := testapp.New(t, testapp.Options{
				Auth: auth.Config{SigningAlg: "ES256"}, // the provider signs with RS256
				Handler: func(cfg handlers.Config) http.Handler {
					cfg.Inspect, cfg.Variables = inspect, map[string]string{"SigningAlg": "ID_TOKEN_SIGNING_ALG"}
					return handlers.New(cfg)
				},
			})
			var checks atomic.Int64
			app.Provider.Override("/keys", func(w http.ResponseWriter, r *http.Request) {
				checks.Add(1)
				app.Provider.Forward(w, r)
			})
			for range 3 {
				b := app.Browser(t)
				page := followFailedLogin(b, b.Get(b.BeginSignIn("ada")))
				found := strings.Contains(page.Body, "What a check of the set-up found") &&
					strings.Contains(page.Body, "(ID_TOKEN_SIGNING_ALG)")
				if page.Status < 500 || found != inspect {
					t.Errorf("got status %d and findings %v, want %v", page.Status, found, inspect)
				}
			}
			if got, want := checks.Load(), map[bool]int64{true: 1}[inspect]; got != want {
				t.Errorf("asked for the keys %d times, want %d", got, want)
			}
		})
	}
}
