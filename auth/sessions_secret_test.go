package auth_test

import (
	"errors"
	"testing"

	"github.com/plusauth/plusauth-go-starter/auth"
)

// TestSessionsFromBeforeAChangeOfTheConfiguration checks that sessions from before the client secret was rotated, or
// the issuer was written with a trailing slash, are listed and can be ended, one by one and all together.
func TestSessionsFromBeforeAChangeOfTheConfiguration(t *testing.T) {
	t.Parallel()
	p := newDevProvider(t)
	for name, change := range map[string]func(*auth.Config){
		"client secret":  func(cfg *auth.Config) { cfg.ClientSecret = "rotated" },
		"trailing slash": func(cfg *auth.Config) { cfg.Issuer += "/" },
	} {
		t.Run(name, func(t *testing.T) {
			s := openStore(t, "memory:")
			old := newDevApp(t, p, s, nil)
			ours, second, third := newDevBrowser(t, old), newDevBrowser(t, old), newDevBrowser(t, old)
			for _, b := range []*devBrowser{ours, second, third} {
				b.signIn("ada")
			}
			ours = ours.at(newDevApp(t, p, s, change))
			sessions, err := ours.sessions()
			if err != nil || len(sessions) != 3 {
				t.Fatalf("got %d sessions, error %v, want 3", len(sessions), err)
			}
			user, err := second.user()
			if err != nil {
				t.Fatal(err)
			}
			for _, listed := range sessions {
				if !listed.Current && listed.ExpiresAt.IsZero() {
					t.Errorf("got %+v, want the time when it ends", listed)
				}
			}
			if err := ours.endSession(user.SessionRef); err != nil {
				t.Error(err)
			}
			if _, err := second.user(); !errors.Is(err, auth.ErrSignedOut) {
				t.Errorf("EndSession: got error %v, want %v", err, auth.ErrSignedOut)
			}
			if err := ours.endAllSessions(true); err != nil {
				t.Error(err)
			}
			if _, err := third.user(); !errors.Is(err, auth.ErrSignedOut) {
				t.Errorf("EndAllSessions: got error %v, want %v", err, auth.ErrSignedOut)
			}
			if _, err := ours.user(); err != nil {
				t.Errorf("the session that ended the others: %v", err)
			}
		})
	}
}

// TestSessionsOfAnotherClientHideNone signs a person in at another client on the same store more often than Sessions
// returns sessions, and checks that this hides none of this client's sessions, and that none of them is ended.
func TestSessionsOfAnotherClientHideNone(t *testing.T) {
	t.Parallel()
	p := newDevProvider(t)
	s := openStore(t, "memory:")
	client := newDevApp(t, p, s, withoutOffline)
	ours, second := newDevBrowser(t, client), newDevBrowser(t, client)
	ours.signIn("ada")
	second.signIn("ada")
	other := newDevApp(t, p, s, func(cfg *auth.Config) { cfg.ClientID, cfg.Scopes = "other", nil })
	theirs := newDevBrowser(t, other)
	for range 101 {
		theirs = newDevBrowser(t, other)
		theirs.signIn("ada")
	}
	if sessions, err := ours.sessions(); err != nil || len(sessions) != 2 {
		t.Errorf("got %d sessions, error %v, want 2", len(sessions), err)
	}
	if err := ours.endAllSessions(true); err != nil {
		t.Error(err)
	}
	if _, err := second.user(); !errors.Is(err, auth.ErrSignedOut) {
		t.Errorf("got error %v, want %v", err, auth.ErrSignedOut)
	}
	if err := ours.endAllSessions(false); err != nil {
		t.Error(err)
	}
	if _, err := theirs.user(); err != nil {
		t.Errorf("the session of the other client: %v", err)
	}
}
