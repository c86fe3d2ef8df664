//go:build unix

package dbtest

import (
	"context"
	"fmt"
	"os/exec"
	"strconv"

	"github.com/gomodule/redigo/redis"
)

// databasesOfRedis is how many tests can have one of their own.
const databasesOfRedis = 4096

// startRedis starts a Redis with these arguments more. With any, it speaks TLS only.
func startRedis(tls ...string) (*Server, error) {
	program, err := exec.LookPath("redis-server")
	if err != nil {
		return nil, errNotInstalled("redis-server is not in PATH (apt-get install redis-server, brew install redis)")
	}
	return startServer(func(s *Server) error {
		port, err := freePort()
		base, listen := "redis://:%s@127.0.0.1:%d/%d", []string{"--port", strconv.Itoa(port)}
		if len(tls) > 0 {
			base, listen = "rediss://:%s@localhost:%d/%d", append([]string{"--port", "0", "--tls-port", strconv.Itoa(port)}, tls...)
		}
		address := func(database int64) string {
			return fmt.Sprintf(base, "secret%2Fof%40test", port, database)
		}
		s.URL = address(0)
		s.command = func() (*exec.Cmd, error) {
			return exec.Command(program, append(listen, "--bind", "127.0.0.1", "--requirepass", "secret/of@test",
				"--databases", strconv.Itoa(databasesOfRedis), "--save", "", "--appendonly", "yes", "--appendfsync", "no", "--dir", s.dir)...), nil
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
		s.database = func(_ context.Context, n int64) (string, error) {
			if n >= databasesOfRedis {
				return "", fmt.Errorf("more than %d tests want a database of their own", databasesOfRedis)
			}
			return address(n), nil
		}
		return err
	})
}
