package store

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/plusauth/plusauth-go-starter/auth"
	"github.com/plusauth/plusauth-go-starter/auth/storetest"
)

func TestOpen(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, address := range []string{
		"memory:",
		"file:" + dir + "/new/deep/sessions.db",
		"file://" + dir + "/three-slashes.db",
		"redis://localhost",
		"redis://",
		"redis://:secret@localhost:6379/3",
		"redis://user:se%2Fcr%40et@[::1]:6379/",
		"rediss://localhost:6380/0",
		"postgres://localhost/app",
		"postgresql://user:se%2Fcr%40et@localhost:5432/app?sslmode=verify-full&pool_max_conns=20&connect_timeout=30",
		"postgres:///app?host=/var/run/postgresql",
		"Redis://localhost",
		"POSTGRES://user:a=b@localhost/app",
		"File:" + dir + "/capital.db",
	} {
		t.Run(address, func(t *testing.T) {
			t.Parallel()
			if err := Check(address); err != nil {
				t.Error(err)
			}
			mustOpen(t, address)
		})
	}
}

// TestOpenRejects checks that an error names the cure, and contains no part of the address. In a wrong address the
// password may stand anywhere.
func TestOpenRejects(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	notes := strings.Repeat("hunter2 ", 4096)
	if err := os.WriteFile(filepath.Join(dir, "notes.txt"), []byte(notes), 0o600); err != nil {
		t.Fatal(err)
	}
	for address, want := range map[string]string{
		"":                                                             "file:data/sessions.db",
		"data/sessions.db":                                             "file:",
		"hunter2":                                                      "file:",
		"mysql://root:hunter2@localhost/x":                             "postgres://",
		"memory://hunter2":                                             "memory:",
		"file:":                                                        "file:data/sessions.db",
		"file:data/":                                                   "file:data/sessions.db",
		"file://data/x.db":                                             "file:data/x.db",
		"file:" + dir:                                                  dir,
		"file:" + dir + "/notes.txt":                                   "not a session store",
		"file:" + dir + "/notes.txt/x.db":                              "directory",
		"redis:localhost:6379":                                         "redis://",
		"redis://:hun#ter2@localhost:6379":                             "%23",
		"redis://:12#hunter2@localhost":                                "%23",
		"redis://:hun/ter2@localhost:6379":                             "%2F",
		"redis://:12/hunter2@localhost":                                "%2F",
		"redis://:12?hunter2@localhost":                                "%3F",
		"redis://:hun%ter2@localhost":                                  "%25",
		"redis://:hunter2@localhost:0x10":                              "port",
		"redis://:hunter2@localhost:0":                                 "port",
		"redis://:hunter2@localhost:65536":                             "port",
		"redis://:hunter2@localhost/zero":                              "number of a database",
		"redis://:hunter2@localhost/-1":                                "number of a database",
		"redis://:hunter2@localhost/0?ssl=true":                        "no parameters",
		"postgres:localhost/x":                                         "postgres://",
		"postgres://u:hun/ter2@localhost/x":                            "%2F",
		"postgres://u:12/hunter2@localhost/x":                          "%2F",
		"postgres://u:hun#ter2@localhost/x":                            "%23",
		"postgres://u:12?hunter2@localhost/x":                          "%3F",
		"postgres://u:hun%ter2@localhost/x":                            "%25",
		"postgres://u:hunter2@localhost/x?sslmode=on":                  "sslmode",
		"postgres://u:hunter2@localhost:99999/x":                       "port",
		"postgres://u:hunter2@localhost/x?pool_max_conns=many":         "many",
		"postgres://u:hunter2@localhost/x?pool_max_conns=0":            "too small",
		"postgres://u:hunter2@localhost/x?connect_timeout=soon":        "connect_timeout",
		"postgres://u:hunter2@localhost/x?target_session_attrs=madeup": "target_session_attrs",
		"postgres://u:hunter2@localhost/x?sslrootcert=/no/such/file":   "/no/such/file",
	} {
		t.Run(address, func(t *testing.T) {
			t.Parallel()
			s, err := Open(t.Context(), address)
			if err == nil {
				t.Fatalf("Open accepted the address: %v, %v", s, s.Close())
			}
			if s != nil {
				t.Errorf("Open returned a store together with an error: %v", s)
			}
			if !strings.Contains(err.Error(), want) {
				t.Errorf("got error %q, want it to contain %q", err, want)
			}
			for _, secret := range []string{"hunter2", "ter2", "hun", "@localhost"} {
				if strings.Contains(err.Error(), secret) {
					t.Errorf("the error contains a part of the address: %q", err)
				}
			}
			t.Log(err)
		})
	}
}

// TestServerErrorsOmitPassword calls stores whose servers do not exist.
func TestServerErrorsOmitPassword(t *testing.T) {
	t.Parallel()
	for _, address := range []string{
		"redis://user:hunter2@127.0.0.1:1/0",
		"rediss://:hunter2@127.0.0.1:1",
		"postgres://user:hunter2@127.0.0.1:1/app",
		"postgres://user@127.0.0.1:1/app?password=hunter2",
	} {
		for name, call := range storetest.Calls(mustOpen(t, address)) {
			if err := call(t.Context()); err == nil || strings.Contains(err.Error(), "hunter2") {
				t.Errorf("%s: got error %v, want one without the password", name, err)
			}
		}
	}
}

func mustOpen(t *testing.T, address string) auth.Store {
	t.Helper()
	s, err := Open(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error("Close:", err)
		}
	})
	return s
}
