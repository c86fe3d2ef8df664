package redis

import (
	"cmp"
	"crypto/x509"
	"errors"
	"net"
	"net/url"
	"strconv"
	"strings"
)

type config struct {
	addr               string
	username, password string
	database           int
	tls                bool
	roots              *x509.CertPool // trusted with TLS; if nil, the system's roots
}

// errURL does not contain the URL, because a part of a wrong URL may be a part of its password.
var errURL = errors.New("the Redis address is invalid. Write redis://user:password@host:port/0. " +
	"In user and password write % as %25, @ as %40, : as %3A, / as %2F, ? as %3F and # as %23")

// parse rejects a URL with an unescaped character in its password. Otherwise a part of the password would be taken
// for the host or the database, and would appear in a log.
func parse(address string) (config, error) {
	u, err := url.Parse(address)
	if err != nil || (u.Scheme != "redis" && u.Scheme != "rediss") || u.Opaque != "" || u.Fragment != "" ||
		strings.Contains(u.EscapedPath()+u.RawQuery, "@") {
		return config{}, errURL
	}
	if port := u.Port(); port != "" {
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
			return config{}, errors.New("the port of the Redis address must be a number from 1 to 65535. " +
				"Without a port it is 6379")
		}
	}
	if u.RawQuery != "" {
		return config{}, errors.New("the Redis address must have no parameters after a question mark")
	}
	cfg := config{
		addr: net.JoinHostPort(cmp.Or(u.Hostname(), "localhost"), cmp.Or(u.Port(), "6379")),
		tls:  u.Scheme == "rediss",
	}
	if u.User != nil {
		cfg.username = u.User.Username()
		password, set := u.User.Password()
		if !set { // like redis-cli, take a single name as the password
			cfg.username, password = "", cfg.username
		}
		cfg.password = password
	}
	if database := strings.Trim(u.Path, "/"); database != "" {
		if cfg.database, err = strconv.Atoi(database); err != nil || cfg.database < 0 {
			return config{}, errors.New("the path of the Redis address must be the number of a database, " +
				"for example redis://localhost:6379/0")
		}
	}
	return cfg, nil
}
