package store

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/plusauth/plusauth-go-starter/auth"
)

func TestOpenReadsAddresses(t *testing.T) {
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

// TestCapitalsMeanTheSame: pgx takes what does not begin with its scheme, in small letters, for something else.
func TestCapitalsMeanTheSame(t *testing.T) {
	t.Parallel()
	s := mustOpen(t, "POSTGRES://user:a=b@server/app").(*postgres)
	if c := s.pool.Config().ConnConfig; c.Host != "server" || c.Password != "a=b" {
		t.Errorf("host %q, password %q", c.Host, c.Password)
	}
}

// TestOpenExplains: what is wrong with an address is said in words that help, and without the
// address, since the password may be anywhere in one that is wrong.
func TestOpenExplains(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "notes.txt"), []byte(strings.Repeat("hunter2 ", 4096)), 0o600); err != nil {
		t.Fatal(err)
	}
	for address, wants := range map[string]string{
		"":                                                             "file:data/sessions.db",
		"data/sessions.db":                                             "file:",
		"hunter2":                                                      "file:",
		"mysql://root:hunter2@localhost/x":                             "postgres://",
		"memory://hunter2":                                             "memory:",
		"file:":                                                        "file:data/sessions.db",
		"file:data/":                                                   "file:data/sessions.db",
		"file://data/x.db":                                             "file:data/x.db",
		"file:" + dir:                                                  dir,
		"file:" + dir + "/notes.txt":                                   "no session store",
		"file:" + dir + "/notes.txt/x.db":                              "folder",
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
				t.Fatalf("it is opened: %v, %v", s, s.Close())
			}
			if s != nil {
				t.Errorf("a store is returned with the error: %v", s)
			}
			if !strings.Contains(err.Error(), wants) {
				t.Errorf("got %q, want it to speak of %q", err, wants)
			}
			for _, secret := range []string{"hunter2", "ter2", "hun", "@localhost"} {
				if strings.Contains(err.Error(), secret) {
					t.Errorf("the password shows, or what stands around it: %q", err)
				}
			}
			t.Log(err)
		})
	}
}

// TestServerErrorsHideThePassword: nor does a server that is not there bring it out.
func TestServerErrorsHideThePassword(t *testing.T) {
	t.Parallel()
	for _, address := range []string{
		"redis://user:hunter2@127.0.0.1:1/0",
		"rediss://:hunter2@127.0.0.1:1",
		"postgres://user:hunter2@127.0.0.1:1/app",
		"postgres://user@127.0.0.1:1/app?password=hunter2",
	} {
		s := mustOpen(t, address)
		for name, call := range methods(s, newKey(), auth.Entry{}) {
			if err := call(t.Context()); err == nil || strings.Contains(err.Error(), "hunter2") {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}
