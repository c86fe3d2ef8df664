package store

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/alexedwards/scs/v2/memstore"

	"github.com/plusauth/plusauth-go-starter/auth"
	"github.com/plusauth/plusauth-go-starter/internal/dbtest"
)

// check is one promise of auth.Store. It returns what is wrong instead of failing a test, so that
// a store that is wrong on purpose can be shown to be caught. Each call of open returns a handle
// to the same data: another instance of the application, where the store allows several.
type check struct {
	promise string
	run     func(ctx context.Context, open func() auth.Store) error
}

// conformance is the suite. To prove a store of your own, call it as TestMemory, TestFile, TestRedis
// and TestPostgres do.
func conformance(t *testing.T, open func(*testing.T) auth.Store) {
	for _, checks := range [][]check{sessionChecks, revivalChecks, markChecks, valueChecks, sliceChecks, contextChecks} {
		for _, c := range checks {
			t.Run(c.promise, func(t *testing.T) {
				t.Parallel()
				if err := c.run(t.Context(), func() auth.Store { return open(t) }); err != nil {
					t.Error(err)
				}
			})
		}
	}
}

func TestMemory(t *testing.T) {
	t.Parallel()
	s := mustOpen(t, "memory:")
	conformance(t, func(*testing.T) auth.Store { return s })
}

func TestFile(t *testing.T) {
	t.Parallel()
	s := mustOpen(t, "file:"+filepath.Join(t.TempDir(), "sessions.db"))
	conformance(t, func(*testing.T) auth.Store { return s })
}

func TestRedis(t *testing.T) {
	t.Parallel()
	url := dbtest.Redis(t).URL
	conformance(t, func(t *testing.T) auth.Store { return mustOpen(t, url) })
}

func TestPostgres(t *testing.T) {
	t.Parallel()
	url := dbtest.Postgres(t).URL
	conformance(t, func(t *testing.T) auth.Store { return mustOpen(t, url) })
}

// TestOverwritingStoreIsCaught shows that the checks of revival bite: scs's own way, which is to
// write what a request holds over whatever is there, fails every one of them.
func TestOverwritingStoreIsCaught(t *testing.T) {
	t.Parallel()
	for _, c := range revivalChecks {
		t.Run(c.promise, func(t *testing.T) {
			t.Parallel()
			s := overwriting{Store: mustOpen(t, "memory:"), scs: memstore.NewWithCleanupInterval(0), held: new(sync.Map)}
			if err := c.run(t.Context(), func() auth.Store { return s }); err == nil {
				t.Error("a store that overwrites keeps this promise, so the check proves nothing")
			}
		})
	}
}

// overwriting does what scs's SessionManager does with an idle timeout: at the end of a request
// that has a session, it commits the session as the request read it, with a fresh expiry.
type overwriting struct {
	auth.Store // what scs has no notion of
	scs        *memstore.MemStore
	held       *sync.Map // by key, the data that a request in flight read before
}

func (o overwriting) Find(_ context.Context, key string) (auth.Entry, bool, error) {
	data, ok, err := o.scs.Find(key)
	return auth.Entry{Data: data}, ok, err
}

func (o overwriting) Create(_ context.Context, key string, e auth.Entry) error {
	o.held.Store(key, e.Data)
	return o.scs.Commit(key, e.Data, e.Expiry)
}

func (o overwriting) Update(_ context.Context, key string, data []byte) (bool, error) {
	return true, o.scs.Commit(key, data, time.Now().Add(time.Hour))
}

func (o overwriting) Touch(_ context.Context, key string, expiry time.Time) error {
	data, _ := o.held.Load(key)
	return o.scs.Commit(key, data.([]byte), expiry)
}

func (o overwriting) Delete(_ context.Context, key string) error { return o.scs.Delete(key) }

// mustOpen opens a store that is more patient than those of Open: these tests are about what is
// answered, also on a machine that is busy with other things.
func mustOpen(t testing.TB, address string) auth.Store {
	t.Helper()
	return openWith(t, address, 30*time.Second)
}

func openWith(t testing.TB, address string, timeout time.Duration) auth.Store {
	t.Helper()
	s, err := open(context.Background(), address, timeout)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error("close:", err)
		}
	})
	return s
}

// eventually waits for what time brings about, and asks every few milliseconds.
func eventually(what string, done func() (bool, error)) error {
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		ok, err := done()
		if ok && err == nil {
			return nil
		}
		if time.Now().After(deadline) {
			return errors.Join(fmt.Errorf("still not so after 10 s: %s", what), err)
		}
	}
}

func newKey() string { return rand.Text() }

// TestMain also plays the other process in the tests that need one: they start this program again.
func TestMain(m *testing.M) {
	if path := os.Getenv("STORE_TEST_CHILD"); path != "" {
		child(path)
		return
	}
	os.Exit(dbtest.Run(m))
}

// child opens the file and creates the sessions whose keys it is given, one a line; each is
// acknowledged as soon as Create has returned.
func child(path string) {
	s, err := openFile(path)
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println("open")
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		e := auth.Entry{Data: []byte(in.Text()), Created: time.Now(), Expiry: time.Now().Add(time.Hour)}
		if err := s.Create(context.Background(), in.Text(), e); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		fmt.Println(in.Text())
	}
}
