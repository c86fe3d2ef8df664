package auth_test

import (
	"bytes"
	"errors"
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/plusauth/plusauth-go-starter/auth"
)

// These tests check guarantees that a plain use of scs does not give. docs/decisions.md explains each of them.

func TestStoreErrorIsReturnedBeforeTheFirstByte(t *testing.T) {
	t.Parallel()
	s := newSpy(t)
	a := newApp(t, newProvider(t), withStore(s))
	b := a.browser()
	authURL, err := b.BeginLogin(auth.LoginOptions{})
	if err != nil {
		t.Fatal(err)
	}
	callback := b.Authorize(authURL)
	s.fail("Create")
	resp := b.visit(a.client.Load, "GET", callback, func(w http.ResponseWriter, r *http.Request) {
		if _, err := a.client.FinishLogin(w, r); !errors.Is(err, auth.ErrUnavailable) {
			t.Errorf("got %v, want %v", err, auth.ErrUnavailable)
			return
		}
		http.Error(w, "unavailable", http.StatusServiceUnavailable)
	})
	var body bytes.Buffer
	if _, err := body.ReadFrom(resp.Body); err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode != http.StatusServiceUnavailable || body.String() != "unavailable\n" {
		t.Errorf("got %d and %q, want 503 and the error alone", resp.StatusCode, body.String())
	}
	if token := b.token(); token != "" {
		t.Errorf("got the session cookie %q, want none", token)
	}
	s.beforeCall(nil)
	b.CheckSignedOut()
}

func TestUnreadableRecordMeansSignedOut(t *testing.T) {
	t.Parallel()
	s := newSpy(t)
	a := newApp(t, newProvider(t), withStore(s))
	other := a.browser()
	other.MustSignIn()
	otherRecord := s.lastEntry().Data
	b := a.browser()
	b.MustSignIn()
	record := s.lastEntry().Data
	key := s.lastKey()
	for name, data := range map[string][]byte{
		"empty":                     {},
		"three bytes":               []byte("gob"),
		"truncated":                 record[:len(record)-1],
		"last bit changed":          append(bytes.Clone(record[:len(record)-1]), record[len(record)-1]^1),
		"record of another session": otherRecord,
		"unsealed layout":           append([]byte{2}, make([]byte, 1+5*8+10)...),
		"plain text":                []byte("not sealed, with some thirty more bytes behind it"),
		"one byte too many":         append(bytes.Clone(record), 0),
	} {
		if ok, err := s.Store.Update(t.Context(), key, data); !ok || err != nil {
			t.Fatal(ok, err)
		}
		if _, err := b.User(); !errors.Is(err, auth.ErrSignedOut) {
			t.Errorf("%s: got %v, want %v", name, err, auth.ErrSignedOut)
		}
	}
	if ok, err := s.Store.Update(t.Context(), key, record); !ok || err != nil {
		t.Fatal(ok, err)
	}
	if _, err := b.User(); err != nil {
		t.Errorf("original record: %v", err)
	}
	if ok, err := s.Store.Update(t.Context(), key, nil); !ok || err != nil {
		t.Fatal(ok, err)
	}
	if err := b.SignIn(); err != nil {
		t.Errorf("new sign-in with an unreadable record: %v", err)
	}
}

func TestStoreContainsNothingReadable(t *testing.T) {
	t.Parallel()
	file := t.TempDir() + "/sessions.db"
	s := spyOn(openStore(t, "file:"+file))
	p := newProvider(t)
	p.setUser(map[string]any{
		"sub": "the-sub-of-alice", "name": "Alice Adams", "email": "alice@example.com", "address": "Main Street 1",
	})
	a := newApp(t, p, combine(withOfflineAccess, withStore(s)))
	secrets := []string{"the-sub-of-alice", "Alice", "alice@example.com", "Main Street", "sid-of-alice", "client-secret"}
	p.setSID("sid-of-alice")
	addCookies := func(b *browser) {
		for _, path := range []string{"/", "/login/callback", "/logout"} {
			for name, value := range b.Cookies(path) {
				secrets = append(secrets, name, value)
			}
		}
	}
	b, c := a.browser(), a.browser()
	authURL, err := b.BeginLogin(auth.LoginOptions{})
	if err != nil {
		t.Fatal(err)
	}
	addCookies(b)
	if _, err := b.FinishLogin(b.Authorize(authURL)); err != nil {
		t.Fatal(err)
	}
	addCookies(b)
	c.MustSignIn()
	addCookies(c)
	p.Clock.Advance(time.Hour)
	if _, err := b.Refresh(); err != nil {
		t.Fatal(err)
	}
	if err := a.client.BackChannelLogout(t.Context(), p.LogoutToken("the-sub-of-alice", "sid-of-alice", nil)); err != nil {
		t.Fatal(err)
	}
	for secret := range p.Secrets() {
		secrets = append(secrets, secret)
	}
	dump, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if s.count("Create", "Update", "EndAll") < 4 || len(secrets) < 20 {
		t.Fatalf("got the calls %v and %d secrets, want more", s.calls, len(secrets))
	}
	for _, secret := range secrets {
		if secret == "session" || len(secret) < 5 { // the name of the cookie, or too short
			continue
		}
		if s.received(secret) || bytes.Contains(dump, []byte(secret)) {
			t.Errorf("the store contains %q", secret)
		}
	}
}

func TestUseExtendsTheSessionRarely(t *testing.T) {
	t.Parallel()
	s := newSpy(t)
	p := newProvider(t)
	b := newApp(t, p, withStore(s)).browser()
	b.MustSignIn()
	s.reset()
	for range 100 {
		if _, err := b.User(); err != nil {
			t.Fatal(err)
		}
	}
	if n := s.count(writes...); n != 0 {
		t.Errorf("100 requests: got %d writes, want none", n)
	}
	p.Clock.Advance(3 * time.Hour) // more than a tenth of the idle timeout
	for range 100 {
		if _, err := b.User(); err != nil {
			t.Fatal(err)
		}
	}
	if n := s.count(writes...); n != 1 || s.count("Touch") != 1 {
		t.Errorf("100 requests three hours later: got %d writes, want one Touch", n)
	}
	if want := p.Clock.Now().Add(24 * time.Hour); !s.expiry().Equal(want) {
		t.Errorf("the session was extended to %v, want %v", s.expiry(), want)
	}
}
