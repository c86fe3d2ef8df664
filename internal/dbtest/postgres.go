//go:build unix

package dbtest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"

	"github.com/jackc/pgx/v5"
)

func startPostgres() (*Server, error) {
	bin, err := findPostgres()
	if err != nil {
		return nil, err
	}
	return startServer(func(s *Server) error {
		port, err := freePort()
		if err != nil {
			return err
		}
		credential, err := unprivileged(s.dir)
		if err != nil {
			return err
		}
		data := filepath.Join(s.dir, "data")
		s.command = func() (*exec.Cmd, error) {
			cmd := exec.Command(filepath.Join(bin, "postgres"), "-D", data, "-p", strconv.Itoa(port),
				"-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=",
				"-c", "fsync=off", "-c", "max_connections=200")
			cmd.SysProcAttr = &syscall.SysProcAttr{Credential: credential}
			return cmd, nil
		}
		url := func(database string) string {
			return fmt.Sprintf("postgres://app:secret%%2Fof%%40test@127.0.0.1:%d/%s?sslmode=disable", port, database)
		}
		connect := func(ctx context.Context, f func(*pgx.Conn) error) error {
			conn, err := pgx.Connect(ctx, url("postgres"))
			if err != nil {
				return err
			}
			defer conn.Close(ctx)
			return f(conn)
		}
		const poolSize = "&pool_max_conns=4" // small, because many stores share one server
		s.URL = url("postgres") + poolSize
		s.ping = func(ctx context.Context) error {
			return connect(ctx, func(conn *pgx.Conn) error { return conn.Ping(ctx) })
		}
		s.createDatabase = func(ctx context.Context, n int64) (string, error) {
			name := fmt.Sprint("test_", n)
			return url(name) + poolSize, connect(ctx, func(conn *pgx.Conn) error {
				_, err := conn.Exec(ctx, "CREATE DATABASE "+name)
				return err
			})
		}
		if _, err := os.Stat(data); err == nil {
			return nil // an earlier attempt, on another port, has created the data
		}
		return initdb(bin, data, credential)
	})
}

func initdb(bin, data string, credential *syscall.Credential) error {
	passwordFile := data + ".password"
	if err := os.WriteFile(passwordFile, []byte("secret/of@test"), 0o644); err != nil {
		return err
	}
	cmd := exec.Command(filepath.Join(bin, "initdb"), "-D", data, "-U", "app", "--pwfile", passwordFile,
		"-A", "scram-sha-256", "-E", "UTF8", "--locale=C", "--no-sync", "--no-instructions")
	cmd.Dir = filepath.Dir(data)
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: credential}
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w: %s", err, out)
	}
	return nil
}

// unprivileged gives the directory to a user other than root and returns the credential of that user, because
// PostgreSQL refuses to run as root. If the process does not run as root, unprivileged returns nil.
func unprivileged(dir string) (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	owner, err := user.Lookup("postgres")
	if err != nil {
		if owner, err = user.Lookup("nobody"); err != nil {
			return nil, err
		}
	}
	uid, _ := strconv.Atoi(owner.Uid)
	gid, _ := strconv.Atoi(owner.Gid)
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, os.Chown(dir, uid, gid)
}

// findPostgres returns the directory of PostgreSQL's programs. It searches PATH and then the directories of Debian's
// packages, which are not in PATH, from the newest version to the oldest.
func findPostgres() (string, error) {
	dirs, _ := filepath.Glob("/usr/lib/postgresql/*/bin")
	slices.Reverse(dirs) // Glob sorts them
	for _, dir := range append(filepath.SplitList(os.Getenv("PATH")), dirs...) {
		_, initdbErr := exec.LookPath(filepath.Join(dir, "initdb"))
		_, postgresErr := exec.LookPath(filepath.Join(dir, "postgres"))
		if initdbErr == nil && postgresErr == nil {
			return dir, nil
		}
	}
	return "", errNotInstalled("initdb and postgres are neither in PATH nor in /usr/lib/postgresql " +
		"(apt-get install postgresql, brew install postgresql)")
}
