package auth_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/alexedwards/scs/v2/memstore"
)

// These tests show what scs does when it is used as its documentation says. Each is the reason for
// something that package auth does in another way, and has its counterpart in the other tests of
// facts; one that fails after an update of scs tells that a precaution may go.

// plainSCS is an app on scs's own middleware and store.
type plainSCS struct {
	*scs.SessionManager
	store *memstore.MemStore
}

func newPlainSCS() plainSCS {
	store := memstore.NewWithCleanupInterval(0)
	m := scs.New()
	m.Store = store
	return plainSCS{m, store}
}

// request runs one request with a session cookie and returns the answer and the cookie's value
// after it.
func (p plainSCS) request(token string, handler http.HandlerFunc) (*httptest.ResponseRecorder, string) {
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	if token != "" {
		r.AddCookie(&http.Cookie{Name: "session", Value: token})
	}
	w := httptest.NewRecorder()
	p.LoadAndSave(handler).ServeHTTP(w, r)
	for _, c := range w.Result().Cookies() {
		if c.Name == "session" {
			token = c.Value
		}
	}
	return w, token
}

func (p plainSCS) signIn(name string) (token string) {
	_, token = p.request("", func(_ http.ResponseWriter, r *http.Request) { p.Put(r.Context(), "name", name) })
	return token
}

func (p plainSCS) signOut(token string) {
	p.request(token, func(_ http.ResponseWriter, r *http.Request) { _ = p.Destroy(r.Context()) })
}

func (p plainSCS) name(token string) (name string) {
	p.request(token, func(_ http.ResponseWriter, r *http.Request) { name = p.GetString(r.Context(), "name") })
	return name
}

func TestPlainSCSRevivesAnEndedSession(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		idle time.Duration
		work func(p plainSCS, ctx context.Context)
	}{
		"a request in flight that writes":                           {0, func(p plainSCS, ctx context.Context) { p.Put(ctx, "seen", "now") }},
		"with an idle timeout, a request in flight that only reads": {time.Hour, func(p plainSCS, ctx context.Context) { p.GetString(ctx, "name") }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPlainSCS()
			p.IdleTimeout = c.idle
			token := p.signIn("Ada")
			p.request(token, func(_ http.ResponseWriter, r *http.Request) {
				c.work(p, r.Context())
				p.signOut(token) // meanwhile, in another tab
			})
			if got := p.name(token); got != "Ada" {
				t.Errorf("signed in as %q after signing out, want Ada: scs has changed", got)
			}
		})
	}
}

func TestPlainSCSMakesEachReadAWrite(t *testing.T) {
	t.Parallel()
	p := newPlainSCS()
	p.IdleTimeout = time.Hour
	token := p.signIn("Ada")
	counted := &countingStore{MemStore: p.store}
	p.Store = counted
	for range 10 {
		p.name(token)
	}
	if counted.commits != 10 {
		t.Errorf("got %d commits for 10 reads, want 10: scs has changed", counted.commits)
	}
}

type countingStore struct {
	*memstore.MemStore
	commits int
	fail    bool
}

func (s *countingStore) Commit(token string, b []byte, expiry time.Time) error {
	if s.commits++; s.fail {
		return errStoreAway
	}
	return s.MemStore.Commit(token, b, expiry)
}

func TestPlainSCSSendsErrorAndPageInOneBody(t *testing.T) {
	t.Parallel()
	p := newPlainSCS()
	p.Store = &countingStore{MemStore: p.store, fail: true}
	p.ErrorFunc = func(w http.ResponseWriter, _ *http.Request, _ error) {
		http.Error(w, "Something went wrong", http.StatusInternalServerError)
	}
	w, _ := p.request("", func(w http.ResponseWriter, r *http.Request) {
		p.Put(r.Context(), "name", "Ada")
		_, _ = w.Write([]byte("Welcome Ada"))
	})
	if body := w.Body.String(); !strings.Contains(body, "Something went wrong") || !strings.Contains(body, "Welcome Ada") {
		t.Errorf("got %q, want both in one body: scs has changed", body)
	}
}

func TestPlainSCSLosesAllButTheLastWrite(t *testing.T) {
	t.Parallel()
	p := newPlainSCS()
	token := p.signIn("Ada")
	var began, ended sync.WaitGroup
	began.Add(2)
	for _, state := range []string{"state-1", "state-2"} {
		ended.Go(func() {
			p.request(token, func(_ http.ResponseWriter, r *http.Request) {
				p.Put(r.Context(), state, "nonce")
				began.Done()
				began.Wait()
			})
		})
	}
	ended.Wait()
	both := false
	p.request(token, func(_ http.ResponseWriter, r *http.Request) {
		both = p.Exists(r.Context(), "state-1") && p.Exists(r.Context(), "state-2")
	})
	if both {
		t.Error("both writes were kept: scs has changed")
	}
}

func TestPlainSCSKeepsThePreviousPersonsKeys(t *testing.T) {
	t.Parallel()
	p := newPlainSCS()
	token := p.signIn("Ada")
	var before, after time.Time
	_, renewed := p.request(token, func(_ http.ResponseWriter, r *http.Request) {
		p.SetDeadline(r.Context(), time.Now().Add(time.Minute))
		before = p.Deadline(r.Context())
		if err := p.RenewToken(r.Context()); err != nil {
			t.Error(err)
		}
		after = p.Deadline(r.Context())
	})
	if got := p.name(renewed); renewed == token || got != "Ada" {
		t.Errorf("got %q under a renewed token, want Ada: scs has changed", got)
	}
	if !after.After(before.Add(time.Hour)) {
		t.Errorf("the deadline went from %v to %v, want it reset: scs has changed", before, after)
	}
}

func TestPlainSCSAnswersAnUnreadableRecordWithAnErrorForEver(t *testing.T) {
	t.Parallel()
	p := newPlainSCS()
	p.ErrorFunc = func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusInternalServerError) }
	token := p.signIn("Ada")
	if err := p.store.Commit(token, []byte("written by another version"), time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		w, _ := p.request(token, func(http.ResponseWriter, *http.Request) {})
		if w.Code != http.StatusInternalServerError {
			t.Errorf("got status %d, want 500: scs has changed", w.Code)
		}
	}
}

func TestPlainSCSGivesAwayTokensAndPeople(t *testing.T) {
	t.Parallel()
	p := newPlainSCS()
	token := p.signIn("Ada")
	data, ok, err := p.store.Find(token)
	if !ok || err != nil || !strings.Contains(string(data), "Ada") {
		t.Errorf("got %v, %v and %q under the cookie's value, want a readable record: scs has changed", ok, err, data)
	}
}

func TestPlainSCSLosesTheCommitOfAClientThatGoesAway(t *testing.T) {
	t.Parallel()
	p := newPlainSCS()
	p.Store = contextStore{p.store}
	ctx, cancel := context.WithCancel(t.Context())
	ctx, err := p.Load(ctx, "")
	if err != nil {
		t.Fatal(err)
	}
	p.Put(ctx, "name", "Ada")
	cancel()
	if _, _, err := p.Commit(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want %v: scs has changed", err, context.Canceled)
	}
}

// contextStore honours the context, as stores on a network do.
type contextStore struct{ *memstore.MemStore }

func (s contextStore) FindCtx(ctx context.Context, token string) ([]byte, bool, error) {
	if err := ctx.Err(); err != nil {
		return nil, false, err
	}
	return s.Find(token)
}

func (s contextStore) CommitCtx(ctx context.Context, token string, b []byte, expiry time.Time) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return s.Commit(token, b, expiry)
}

func (s contextStore) DeleteCtx(ctx context.Context, token string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return s.Delete(token)
}
