package postgres

import (
	"errors"
	"testing"
)

func TestParse(t *testing.T) {
	t.Parallel()
	for _, url := range []string{
		"postgres://user:a=b@server/app",
		"POSTGRES://user:a=b@server/app", // pgx itself knows only the scheme in lower case
		"postgresql://user:a%3Db@server/app",
	} {
		cfg, err := parse(url)
		if err != nil {
			t.Errorf("%s: %v", url, err)
			continue
		}
		if c := cfg.ConnConfig; c.Host != "server" || c.User != "user" || c.Password != "a=b" || c.Database != "app" {
			t.Errorf("%s: got host %q, user %q, password %q, database %q", url, c.Host, c.User, c.Password, c.Database)
		}
	}
	if err := Check("https://server/app"); !errors.Is(err, errURL) {
		t.Errorf("got error %v, want %v", err, errURL)
	}
}
