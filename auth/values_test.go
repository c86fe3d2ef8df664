package auth_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/alexedwards/scs/v2"

	"github.com/plusauth/plusauth-go-starter/auth"
	"github.com/plusauth/plusauth-go-starter/auth/scsstore"
)

// valuesBrowser keeps the cookie of the values beside the sign-in of a devBrowser.
type valuesBrowser struct {
	*devBrowser
	values *scs.SessionManager
	cookie *http.Cookie
}

// use calls f in a request with the values, and returns when they are committed.
func (b *valuesBrowser) use(f func(r *http.Request)) {
	r := httptest.NewRequest("GET", devURL+"/", nil)
	if b.cookie != nil {
		r.AddCookie(b.cookie)
	}
	w := httptest.NewRecorder()
	b.values.LoadAndSave(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { f(r) })).ServeHTTP(w, r)
	if w.Code != http.StatusOK {
		b.t.Errorf("the values were not saved: status %d", w.Code)
	}
	if b.cookie == nil {
		for _, c := range w.Result().Cookies() {
			b.cookie = c
		}
	}
}

func (b *valuesBrowser) get(name string) (value string) {
	b.use(func(r *http.Request) { value = b.values.GetString(r.Context(), name) })
	return value
}

func newValuesBrowser(t *testing.T, p *devProvider, s auth.Store) *valuesBrowser {
	values := scs.New()
	values.Store = scsstore.New(s)
	values.Cookie.Name = "values"
	b := &valuesBrowser{devBrowser: newDevBrowser(t, newDevApp(t, p, s, nil)), values: values}
	b.signIn("ada")
	b.use(func(r *http.Request) { values.Put(r.Context(), "cart", "tea") })
	return b
}

// TestValuesAndSignInAreIndependent writes values from many requests while the refresh token is rotated, and ends one
// while requests that have read the other are still running.
func TestValuesAndSignInAreIndependent(t *testing.T) {
	t.Parallel()
	onEachStore(t, func(t *testing.T, open func() auth.Store) {
		p := newDevProvider(t)
		s := open()
		b := newValuesBrowser(t, p, s)
		for range 3 {
			p.advance(2 * time.Hour) // the access token has expired
			var done sync.WaitGroup
			for range 6 {
				done.Go(func() {
					b.use(func(r *http.Request) { b.values.Put(r.Context(), "message", "Saved.") })
				})
				done.Go(func() {
					if _, err := b.token(); err != nil {
						t.Error(err)
					}
				})
			}
			done.Wait()
		}
		if n := p.count("/token"); n != 4 {
			t.Errorf("got %d token requests, want 4: the sign-in and one renewal per round", n)
		}
		if cart, message := b.get("cart"), b.get("message"); cart != "tea" || message != "Saved." {
			t.Errorf("got cart %q and message %q", cart, message)
		}

		// A request that changes the values does not restore the sign-in that ends meanwhile.
		b.use(func(r *http.Request) {
			b.values.Put(r.Context(), "cart", "tea, milk")
			if err := b.endAllSessions(false); err != nil {
				t.Error(err)
			}
		})
		if _, err := b.user(); !errors.Is(err, auth.ErrSignedOut) {
			t.Errorf("after the end: got error %v, want %v", err, auth.ErrSignedOut)
		}
		if cart := b.get("cart"); cart != "tea, milk" {
			t.Errorf("after the sign-in has ended: got cart %q", cart)
		}

		// A refresh does not restore values that are destroyed meanwhile, and neither does a request that has read them.
		b.signIn("ada")
		p.advance(2 * time.Hour)
		p.onRequest("/token", sync.OnceFunc(func() {
			b.use(func(*http.Request) {
				b.use(func(r *http.Request) {
					if err := b.values.Destroy(r.Context()); err != nil {
						t.Error(err)
					}
				})
			})
		}))
		b.use(func(r *http.Request) {
			b.values.Put(r.Context(), "cart", "late")
			if err := b.refresh(); err != nil {
				t.Errorf("Refresh: %v", err)
			}
		})
		if cart := b.get("cart"); cart != "" {
			t.Errorf("after the values were destroyed: got cart %q", cart)
		}
		if _, err := b.user(); err != nil {
			t.Errorf("the sign-in ended with the values: %v", err)
		}
	})
}

// TestTokensOfValuesAndSignInAreNotInterchangeable sends the token of one as the cookie of the other.
func TestTokensOfValuesAndSignInAreNotInterchangeable(t *testing.T) {
	t.Parallel()
	p := newDevProvider(t)
	b := newValuesBrowser(t, p, openStore(t, "memory:"))
	r := httptest.NewRequest("GET", devURL+"/", nil)
	r.AddCookie(&http.Cookie{Name: "__Host-session", Value: b.cookie.Value})
	b.client.Load(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if _, err := b.client.User(r.Context()); !errors.Is(err, auth.ErrSignedOut) {
			t.Errorf("the token of the values: got error %v, want %v", err, auth.ErrSignedOut)
		}
	})).ServeHTTP(httptest.NewRecorder(), r)
	for _, c := range b.jar.Cookies(r.URL) {
		other := *b
		other.cookie = &http.Cookie{Name: "values", Value: c.Value}
		if cart := other.get("cart"); cart != "" {
			t.Errorf("the cookie %s gives the values %q", c.Name, cart)
		}
	}
}
