package auth_test

import (
	"os"
	"testing"

	"github.com/plusauth/plusauth-go-starter/auth"
	"github.com/plusauth/plusauth-go-starter/auth/store"
	"github.com/plusauth/plusauth-go-starter/internal/dbtest"
)

// openStore opens a store of package auth/store and closes it when the test ends.
func openStore(t *testing.T, address string) auth.Store {
	t.Helper()
	s, err := store.Open(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// TestMain stops the database servers that the tests have started.
func TestMain(m *testing.M) { os.Exit(dbtest.Run(m)) }

// everyLocalStore runs a test on each store that needs no server.
func everyLocalStore(t *testing.T, test func(t *testing.T, s *spyStore)) {
	for name, address := range map[string]func(t *testing.T) string{
		"memory": func(*testing.T) string { return "memory:" },
		"file":   func(t *testing.T) string { return "file:" + t.TempDir() + "/sessions.db" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, spyOn(openStore(t, address(t))))
		})
	}
}

// everyStore runs a test on each store. The stores on a server start with an empty database.
func everyStore(t *testing.T, test func(t *testing.T, s *spyStore)) {
	everyLocalStore(t, test)
	for name, server := range map[string]func(testing.TB) *dbtest.Server{
		"redis": dbtest.Redis, "postgres": dbtest.Postgres,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address := server(t).Database(t)
			test(t, spyOnServer(t, address))
		})
	}
}
