//go:build unix

package dbtest

import (
	"context"
	"fmt"
	"os/exec"
	"strconv"

	"github.com/gomodule/redigo/redis"
)

// maxRedisDatabases is the number of databases of a server, and so the number of tests that can have one.
const maxRedisDatabases = 4096

// startRedis starts a Redis server. With TLS arguments it accepts TLS connections only.
func startRedis(tlsArgs ...string) (*Server, error) {
	program, err := exec.LookPath("redis-server")
	if err != nil {
		return nil, errNotInstalled("redis-server is not in PATH (apt-get install redis-server, brew install redis)")
	}
	return startServer(func(s *Server) error {
		port, err := freePort()
		if err != nil {
			return err
		}
		format, listenArgs := "redis://:%s@127.0.0.1:%d/%d", []string{"--port", strconv.Itoa(port)}
		if len(tlsArgs) > 0 {
			format = "rediss://:%s@localhost:%d/%d"
			listenArgs = append([]string{"--port", "0", "--tls-port", strconv.Itoa(port)}, tlsArgs...)
		}
		url := func(database int64) string { return fmt.Sprintf(format, "secret%2Fof%40test", port, database) }
		s.URL = url(0)
		s.command = func() (*exec.Cmd, error) {
			return exec.Command(program, append(listenArgs,
				"--bind", "127.0.0.1", "--requirepass", "secret/of@test",
				"--databases", strconv.Itoa(maxRedisDatabases),
				"--save", "", "--appendonly", "yes", "--appendfsync", "no", "--dir", s.dir)...), nil
		}
		s.ping = func(ctx context.Context) error {
			conn, err := redis.DialURLContext(ctx, s.URL, redis.DialTLSSkipVerify(true))
			if err != nil {
				return err
			}
			defer conn.Close()
			_, err = redis.DoContext(conn, ctx, "PING")
			return err
		}
		s.createDatabase = func(_ context.Context, n int64) (string, error) {
			if n >= maxRedisDatabases {
				return "", fmt.Errorf("the tests need more than %d Redis databases", maxRedisDatabases)
			}
			return url(n), nil
		}
		return nil
	})
}
