package auth_test

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/plusauth/plusauth-go-starter/auth"
)

// These tests hold what package auth guarantees where the plain use of scs fails; docs/decisions.md names the facts.

func TestCommitThatFailsIsAnErrorBeforeTheFirstByte(t *testing.T) {
	t.Parallel()
	s := newSpy(t)
	a := newApp(t, newProvider(t), on(s))
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
		http.Error(w, "Try again later", http.StatusServiceUnavailable)
	})
	var body bytes.Buffer
	if _, err := body.ReadFrom(resp.Body); err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode != http.StatusServiceUnavailable || body.String() != "Try again later\n" {
		t.Errorf("got %d and %q, want the error alone", resp.StatusCode, body.String())
	}
	if token := b.token(); token != "" {
		t.Errorf("got session cookie %q, want none", token)
	}
	s.beforeCall(nil)
	b.CheckSignedOut()
}

func TestTabsThatSignInAtOnceLoseNothing(t *testing.T) {
	t.Parallel()
	b := newApp(t, newProvider(t), nil).browser()
	urls := make([]string, 2)
	var tabs sync.WaitGroup
	for i := range urls {
		tabs.Go(func() {
			var err error
			if urls[i], err = b.BeginLogin(auth.LoginOptions{ReturnTo: fmt.Sprintf("/tab/%d", i)}); err != nil {
				t.Error(err)
			}
		})
	}
	tabs.Wait()
	for i, u := range urls {
		if to, err := b.FinishLogin(b.Authorize(u)); err != nil || to != fmt.Sprintf("/tab/%d", i) {
			t.Errorf("tab %d: got %q, %v", i, to, err)
		}
	}
}

func TestNextPersonFindsNothingOfTheOneBefore(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	a := newApp(t, p, nil)
	b := a.browser()
	p.setUser(map[string]any{"sub": "alice-0001", "name": "Alice", "email": "alice@example.com", "diagnosis": "private"})
	first := b.MustSignIn()
	before := b.thief()
	p.Clock.Advance(time.Hour)
	p.setUser(map[string]any{"sub": "bob-0002"})
	second := b.MustSignIn()

	if second.Subject != "bob-0002" || second.Email != "" || second.Name != "bob-0002" || strings.Contains(string(second.Claims), "private") {
		t.Errorf("got %+v, claims %s", second, second.Claims)
	}
	if want := first.ExpiresAt.Add(time.Hour); !second.ExpiresAt.Equal(want) {
		t.Errorf("the second session ends at %v, want %v", second.ExpiresAt, want)
	}
	if b.token() == before.token() {
		t.Error("the session token stayed the same")
	}
	before.CheckSignedOut()
}

func TestRecordThatCannotBeReadCountsAsSignedOut(t *testing.T) {
	t.Parallel()
	s := newSpy(t)
	a := newApp(t, newProvider(t), on(s))
	stranger := a.browser()
	stranger.MustSignIn()
	foreign := s.lastEntry().Data
	b := a.browser()
	b.MustSignIn()
	own := s.lastEntry().Data
	key := s.lastKey()
	for name, data := range map[string][]byte{
		"nothing":              {},
		"a few bytes":          []byte("gob"),
		"cut off":              own[:len(own)-1],
		"changed":              append(bytes.Clone(own[:len(own)-1]), own[len(own)-1]^1),
		"of another session":   foreign,
		"not sealed":           append([]byte{2}, make([]byte, 1+5*8+10)...),
		"of another version":   []byte("not sealed, with some thirty more bytes behind it"),
		"longer than expected": append(bytes.Clone(own), 0),
	} {
		if ok, err := s.Store.Update(t.Context(), key, data); !ok || err != nil {
			t.Fatal(ok, err)
		}
		if _, err := b.User(); !errors.Is(err, auth.ErrSignedOut) {
			t.Errorf("%s: got %v, want %v", name, err, auth.ErrSignedOut)
		}
	}
	if ok, err := s.Store.Update(t.Context(), key, own); !ok || err != nil {
		t.Fatal(ok, err)
	}
	if _, err := b.User(); err != nil {
		t.Errorf("as it was: %v", err)
	}
	if ok, err := s.Store.Update(t.Context(), key, nil); !ok || err != nil {
		t.Fatal(ok, err)
	}
	if err := b.SignIn(); err != nil {
		t.Errorf("a new sign-in over an unreadable record: %v", err)
	}
}

func TestStolenStoreTellsNothing(t *testing.T) {
	t.Parallel()
	file := t.TempDir() + "/sessions.db"
	s := spyOn(openStore(t, "file:"+file))
	p := newProvider(t)
	p.setUser(map[string]any{"sub": "the-sub-of-alice", "name": "Alice Adams", "email": "alice@example.com", "address": "Main Street 1"})
	a := newApp(t, p, all(offline, on(s)))
	secrets := []string{"the-sub-of-alice", "Alice", "alice@example.com", "Main Street", "sid-of-alice", "client-secret"}
	p.setSID("sid-of-alice")
	cookies := func(b *browser) {
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
	cookies(b)
	if _, err := b.FinishLogin(b.Authorize(authURL)); err != nil {
		t.Fatal(err)
	}
	cookies(b)
	c.MustSignIn()
	cookies(c)
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
		t.Fatalf("the story is shorter than it should be: %v, %d secrets", s.calls, len(secrets))
	}
	for _, secret := range secrets {
		if secret == "session" || len(secret) < 5 { // the cookie's name
			continue
		}
		if s.received(secret) || bytes.Contains(dump, []byte(secret)) {
			t.Errorf("%q is in the store", secret)
		}
	}
}

func TestUseProlongsASessionRarely(t *testing.T) {
	t.Parallel()
	s := newSpy(t)
	p := newProvider(t)
	b := newApp(t, p, on(s)).browser()
	b.MustSignIn()
	s.reset()
	for range 100 {
		if _, err := b.User(); err != nil {
			t.Fatal(err)
		}
	}
	if n := s.count(writes...); n != 0 {
		t.Errorf("100 requests made %d writes, want none", n)
	}
	p.Clock.Advance(3 * time.Hour) // more than a tenth of the idle timeout
	for range 100 {
		if _, err := b.User(); err != nil {
			t.Fatal(err)
		}
	}
	if n := s.count(writes...); n != 1 || s.count("Touch") != 1 {
		t.Errorf("100 requests three hours later made %d writes, want one Touch", n)
	}
	if want := p.Clock.Now().Add(24 * time.Hour); !s.expiry().Equal(want) {
		t.Errorf("the session was prolonged to %v, want %v", s.expiry(), want)
	}
}
