package auth_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/plusauth/plusauth-go-starter/auth"
)

// If the store fails, the provider must be able to deliver the same token again.
func TestLogoutTokenCanBeRetriedAfterAStoreError(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		failing []string // methods of the store; all if nil
		want    error    // of the retry, when the store works again
	}{
		"store unavailable":                        {nil, nil},
		"session not ended":                        {[]string{"EndAll"}, nil},
		"session not ended and token not released": {[]string{"EndAll", "CompareAndDelete"}, auth.ErrBadToken},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSpy(t)
			p := newProvider(t)
			p.setSID("sid-of-alice")
			a := newApp(t, p, withStore(s))
			b := a.browser()
			b.MustSignIn()
			p.Clock.Advance(time.Second)
			token := p.LogoutToken("alice-0001", "sid-of-alice", nil)
			s.fail(c.failing...)
			err := a.client.BackChannelLogout(t.Context(), token)
			if !errors.Is(err, auth.ErrUnavailable) || errors.Is(err, auth.ErrBadToken) {
				t.Errorf("got %v, want %v", err, auth.ErrUnavailable)
			}
			s.beforeCall(nil)
			if err := a.client.BackChannelLogout(t.Context(), token); !errors.Is(err, c.want) {
				t.Errorf("retry: got %v, want %v", err, c.want)
			}
			b.CheckSignedOut() // even if the retry is rejected as a replay
		})
	}
}

func TestLogoutTokenCanBeRetriedWhenTheKeysWereUnavailable(t *testing.T) {
	t.Parallel()
	for name, makeUnavailable := range map[string]func(p *provider){
		"keys":           func(p *provider) { p.Respond("/jwks", 503, "text/plain", "") },
		"malformed keys": func(p *provider) { p.Respond("/jwks", 200, "application/json", "%%%") },
		"discovery":      func(p *provider) { p.SetDown(true) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newProvider(t)
			s := newStore(t)
			b := newApp(t, p, withStore(s)).browser()
			b.MustSignIn()
			p.Clock.Advance(time.Second)
			token := p.LogoutToken("alice-0001", "", nil)
			restarted := newApp(t, p, withStore(s)) // has not fetched the keys
			makeUnavailable(p)
			err := restarted.client.BackChannelLogout(t.Context(), token)
			want := auth.ErrUnavailable
			if name == "malformed keys" {
				want = auth.ErrMisconfigured
			}
			if !errors.Is(err, want) || errors.Is(err, auth.ErrBadToken) {
				t.Errorf("got %v, want %v", err, want)
			}
			p.SetDown(false)
			p.Clock.Advance(2 * time.Second)
			if err := restarted.client.BackChannelLogout(t.Context(), token); err != nil {
				t.Errorf("retry when the provider is available again: %v", err)
			}
			b.CheckSignedOut()
		})
	}
}

// If the provider disconnects before the sessions are ended, BackChannelLogout reports an error and can be retried.
func TestLogoutTokenCanBeRetriedAfterADisconnect(t *testing.T) {
	t.Parallel()
	s := newSpy(t)
	p := newProvider(t)
	a := newApp(t, p, withStore(s))
	b := a.browser()
	b.MustSignIn()
	p.Clock.Advance(time.Second)
	token := p.LogoutToken("alice-0001", "", nil)
	ctx, disconnect := context.WithCancel(t.Context())
	s.beforeCall(func(_ context.Context, method, _ string) error {
		if method == "EndAll" {
			disconnect()
		}
		return nil
	})
	if err := a.client.BackChannelLogout(ctx, token); !errors.Is(err, auth.ErrUnavailable) {
		t.Errorf("got %v, want %v", err, auth.ErrUnavailable)
	}
	if err := a.client.BackChannelLogout(t.Context(), token); err != nil {
		t.Errorf("retry: %v", err)
	}
	b.CheckSignedOut()
}
