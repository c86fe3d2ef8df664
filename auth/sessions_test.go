package auth_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/plusauth/plusauth-go-starter/auth"
)

const (
	firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
	safari  = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1"
	edge    = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36 Edg/141.0.0.0"
)

// newThreeBrowsers signs ada in with three browsers on two instances, and bob with one.
func newThreeBrowsers(t *testing.T, p *devProvider, open func() auth.Store) (ada [3]*devBrowser, bob *devBrowser) {
	t.Helper()
	instances := []*auth.Client{newDevApp(t, p, open(), nil), newDevApp(t, p, open(), nil)}
	for i, userAgent := range []string{firefox, safari, edge} {
		ada[i] = newDevBrowser(t, instances[i%2])
		ada[i].userAgent = userAgent
		ada[i].signIn("ada")
	}
	bob = newDevBrowser(t, instances[0])
	bob.signIn("bob")
	return ada, bob
}

// wantSignedIn checks which of the browsers are signed in, and that only those are listed.
func wantSignedIn(t *testing.T, ada [3]*devBrowser, want ...bool) {
	t.Helper()
	n := 0
	for i, b := range ada {
		_, err := b.user()
		if got := err == nil; got != want[i] || !got && !errors.Is(err, auth.ErrSignedOut) {
			t.Errorf("browser %d: signed in %t, error %v; want %t", i, got, err, want[i])
		}
		if want[i] {
			n++
		}
	}
	for i, b := range ada {
		if sessions, err := b.sessions(); want[i] && (len(sessions) != n || err != nil) {
			t.Errorf("browser %d: got %d sessions, error %v, want %d", i, len(sessions), err, n)
		}
	}
}

// TestSessionsInThreeBrowsers lists the sessions of a person on each store and ends one, all others, and all.
func TestSessionsInThreeBrowsers(t *testing.T) {
	t.Parallel()
	onEachStore(t, func(t *testing.T, open func() auth.Store) {
		p := newDevProvider(t)
		ada, bob := newThreeBrowsers(t, p, open)
		sessions, err := ada[1].sessions()
		if err != nil || len(sessions) != 3 {
			t.Fatalf("got %d sessions, error %v", len(sessions), err)
		}
		for i, want := range []string{"Edge on Windows, false", "Safari on iOS, true", "Firefox on Linux, false"} {
			s := sessions[i]
			if got := fmt.Sprintf("%s on %s, %t", s.Browser, s.System, s.Current); got != want {
				t.Errorf("session %d: got %s, want %s", i, got, want)
			}
			user, err := ada[2-i].user()
			if err != nil || s.Ref != user.SessionRef || !s.SignedInAt.Equal(user.SignedInAt) ||
				!s.ExpiresAt.Equal(user.ExpiresAt) || p.now().Sub(s.LastUsedAt).Abs() > time.Minute {
				t.Errorf("session %d: got %+v, want those of %+v", i, s, user)
			}
		}

		check := func(name string, err error) {
			t.Helper()
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		bobs, err := bob.sessions()
		if err != nil || len(bobs) != 1 {
			t.Fatalf("bob has %d sessions, error %v", len(bobs), err)
		}
		check("end a session of another person", ada[0].endSession(bobs[0].Ref))
		check("end an unknown session", ada[0].endSession("unknown"))
		wantSignedIn(t, ada, true, true, true)

		check("end one", ada[1].endSession(sessions[0].Ref))
		wantSignedIn(t, ada, true, true, false)
		check("end it again", ada[1].endSession(sessions[0].Ref))

		ada[2].signIn("ada")
		wantSignedIn(t, ada, true, true, true)
		check("end all others", ada[1].endAllSessions(true))
		wantSignedIn(t, ada, false, true, false)

		ada[0].signIn("ada")
		ada[2].signIn("ada")
		check("end all", ada[2].endAllSessions(false))
		wantSignedIn(t, ada, false, false, false)

		ada[0].signIn("ada")
		wantSignedIn(t, ada, true, false, false)
		if _, err := bob.user(); err != nil {
			t.Errorf("bob was signed out: %v", err)
		}
	})
}

// TestEndingASessionRevokesItsRefreshToken checks that a refresh token that was rotated after the sign-in is revoked as
// well, and that the token of the session that ends the others is not.
func TestEndingASessionRevokesItsRefreshToken(t *testing.T) {
	t.Parallel()
	onEachStore(t, func(t *testing.T, open func() auth.Store) {
		p := newDevProvider(t)
		ada, _ := newThreeBrowsers(t, p, open)
		p.advance(2 * time.Hour)
		for _, b := range ada[:2] {
			if err := b.refresh(); err != nil { // rotates the refresh token
				t.Fatal(err)
			}
		}
		token, err := ada[1].token()
		if err != nil {
			t.Fatal(err)
		}
		if err := ada[0].endAllSessions(true); err != nil {
			t.Fatal(err)
		}
		ada[0].client.Wait()
		if n := p.count("/revoke"); n != 2 || p.hello(token) != "401 Unauthorized" {
			t.Errorf("%d tokens were revoked, want 2; the API answers %s", n, p.hello(token))
		}
		p.advance(2 * time.Hour)
		if err := ada[0].refresh(); err != nil {
			t.Errorf("the session that ended the others: %v", err)
		}
	})
}

// TestSessionsAreBounded signs one person in more often than Sessions returns sessions.
func TestSessionsAreBounded(t *testing.T) {
	t.Parallel()
	p := newDevProvider(t)
	s := openStore(t, "memory:")
	client := newDevApp(t, p, s, withoutOffline)
	first := newDevBrowser(t, client)
	first.signIn("ada")
	const others = 130
	for range others {
		newDevBrowser(t, client).signIn("ada")
	}
	sessions, err := first.sessions()
	if err != nil || len(sessions) != 101 || !sessions[100].Current {
		t.Fatalf("got %d sessions, error %v, want 100 and this one", len(sessions), err)
	}
	if err := first.endAllSessions(true); err != nil {
		t.Fatal(err)
	}
	if sessions, err = first.sessions(); err != nil || len(sessions) != 1 || !sessions[0].Current {
		t.Errorf("after all others were ended: got %d sessions, error %v", len(sessions), err)
	}
}

// TestLastUse checks that the use of another session shows.
func TestLastUse(t *testing.T) {
	t.Parallel()
	p := newDevProvider(t)
	ada, _ := newThreeBrowsers(t, p, func() func() auth.Store {
		s := openStore(t, "memory:")
		return func() auth.Store { return s }
	}())
	p.advance(12 * time.Hour)
	used := p.now()
	if _, err := ada[2].user(); err != nil {
		t.Fatal(err)
	}
	p.advance(11 * time.Hour)
	sessions, err := ada[0].sessions()
	if err != nil || len(sessions) != 3 {
		t.Fatalf("got %d sessions, error %v", len(sessions), err)
	}
	for i, want := range []time.Time{used, sessions[1].SignedInAt, p.now()} {
		if got := sessions[i].LastUsedAt; got.Sub(want).Abs() > time.Minute {
			t.Errorf("session %d: last used at %v, want %v", i, got, want)
		}
	}
	p.advance(2 * time.Hour) // the session that was not used has expired
	if sessions, err = ada[0].sessions(); err != nil || len(sessions) != 2 {
		t.Errorf("got %d sessions, error %v, want 2", len(sessions), err)
	}
}

// TestSessionsErrors checks that nobody who is signed out lists or ends sessions, and that a store that does not answer
// is not an empty list.
func TestSessionsErrors(t *testing.T) {
	t.Parallel()
	p := newDevProvider(t)
	s := &failingListStore{Store: openStore(t, "memory:")}
	client := newDevApp(t, p, s, nil)
	b := newDevBrowser(t, client)
	want := func(err error) {
		t.Helper()
		_, listErr := b.sessions()
		for name, got := range map[string]error{
			"Sessions": listErr, "EndSession": b.endSession("x"), "EndAllSessions": b.endAllSessions(true),
		} {
			if !errors.Is(got, err) {
				t.Errorf("%s: got error %v, want %v", name, got, err)
			}
		}
	}
	want(auth.ErrSignedOut)
	b.signIn("ada")
	s.fails = true
	want(auth.ErrUnavailable)
}

type failingListStore struct {
	auth.Store
	fails bool
}

func (s *failingListStore) List(ctx context.Context, label string, limit int) ([]auth.KeyedEntry, error) {
	if s.fails {
		return nil, errors.New("the store does not answer")
	}
	return s.Store.List(ctx, label, limit)
}

// TestSummaryRevealsNothingToTheStore reads the store as a thief would. With another client secret, or as a public
// client, whose only key is in the store, no refresh token can be opened.
func TestSummaryRevealsNothingToTheStore(t *testing.T) {
	t.Parallel()
	p := newDevProvider(t)
	s := openStore(t, "memory:")
	ada := newDevBrowser(t, newDevApp(t, p, s, nil))
	ada.userAgent = firefox
	ada.signIn("ada")
	for name, change := range map[string]func(*auth.Config){
		"another client":        func(cfg *auth.Config) { cfg.ClientID = "other" },
		"another client secret": func(cfg *auth.Config) { cfg.ClientSecret = "guessed" },
	} {
		thief := ada.at(newDevApp(t, p, s, change))
		sessions, err := thief.sessions()
		if err == nil && len(sessions) > 0 && !sessions[0].Current {
			t.Errorf("%s: got %+v", name, sessions)
		}
	}
	public := func(cfg *auth.Config) { cfg.ClientID, cfg.ClientSecret = "public", "" }
	one, two := newDevBrowser(t, newDevApp(t, p, s, public)), newDevBrowser(t, newDevApp(t, p, s, public))
	one.signIn("bob")
	two.signIn("bob")
	if err := one.endAllSessions(true); err != nil {
		t.Fatal(err)
	}
	if _, err := two.user(); !errors.Is(err, auth.ErrSignedOut) {
		t.Errorf("public client: got error %v, want %v", err, auth.ErrSignedOut)
	}
	one.client.Wait()
	if n := p.count("/revoke"); n != 0 {
		t.Error("public client: the store alone could open a refresh token")
	}
}

// TestClientsOnOneStoreSeeTheirOwnSessions checks that a client neither lists nor ends the sessions of another one.
func TestClientsOnOneStoreSeeTheirOwnSessions(t *testing.T) {
	t.Parallel()
	p := newDevProvider(t)
	s := openStore(t, "memory:")
	ours := newDevBrowser(t, newDevApp(t, p, s, nil))
	theirs := newDevBrowser(t, newDevApp(t, p, s, func(cfg *auth.Config) { cfg.ClientID = "other" }))
	ours.signIn("ada")
	theirs.signIn("ada")
	if sessions, err := ours.sessions(); err != nil || len(sessions) != 1 || !sessions[0].Current {
		t.Errorf("got %+v, error %v", sessions, err)
	}
	if err := ours.endAllSessions(true); err != nil {
		t.Error(err)
	}
	if _, err := theirs.user(); err != nil {
		t.Errorf("the session of the other client: %v", err)
	}
}

// TestDevices checks the names of browsers and systems, and that nothing else of the header is returned.
func TestDevices(t *testing.T) {
	t.Parallel()
	p := newDevProvider(t)
	client := newDevApp(t, p, openStore(t, "memory:"), withoutOffline)
	for userAgent, want := range map[string]string{
		firefox: "Firefox, Linux",
		safari:  "Safari, iOS",
		edge:    "Edge, Windows",
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36":                   "Chrome, macOS",
		"Mozilla/5.0 (iPad; CPU OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/141.0.0.0 Mobile/15E148 Safari/604.1":       "Chrome, iPadOS",
		"Mozilla/5.0 (Linux; Android 15; SM-S921B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537": "Samsung Internet, Android",
		"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36 OPR/125.0.0.0":            "Opera, ChromeOS",
		"<script>alert(1)</script>":    ", ",
		"":                             ", ",
		strings.Repeat("x", 64<<10):    ", ",
		"curl/8.5.0 <b>not a name</b>": "curl, ",
	} {
		b := newDevBrowser(t, client)
		b.userAgent = userAgent
		b.signIn("bob")
		sessions, err := b.sessions()
		i := slices.IndexFunc(sessions, func(s auth.SessionInfo) bool { return s.Current })
		if err != nil || i < 0 {
			t.Fatalf("got %+v, error %v", sessions, err)
		}
		if got := sessions[i].Browser + ", " + sessions[i].System; got != want {
			t.Errorf("%.100s: got %q, want %q", userAgent, got, want)
		}
	}
}
