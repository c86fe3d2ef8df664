//go:build unix

package dbtest

import (
	"cmp"
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
	bin, err := postgresPrograms()
	if err != nil {
		return nil, err
	}
	return startServer(func(s *Server) error {
		port, err := freePort()
		if err != nil {
			return err
		}
		as, err := unprivileged(s.dir)
		if err != nil {
			return err
		}
		data := filepath.Join(s.dir, "data")
		s.command = func() (*exec.Cmd, error) {
			cmd := exec.Command(filepath.Join(bin, "postgres"), "-D", data, "-p", strconv.Itoa(port),
				"-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "fsync=off", "-c", "max_connections=200")
			cmd.SysProcAttr = &syscall.SysProcAttr{Credential: as}
			return cmd, nil
		}
		address := func(database string) string {
			return fmt.Sprintf("postgres://app:secret%%2Fof%%40test@127.0.0.1:%d/%s?sslmode=disable", port, database)
		}
		connect := func(ctx context.Context, work func(*pgx.Conn) error) error {
			conn, err := pgx.Connect(ctx, address("postgres"))
			if err != nil {
				return err
			}
			defer conn.Close(ctx)
			return work(conn)
		}
		const pool = "&pool_max_conns=4" // many instances share one server
		s.URL = address("postgres") + pool
		s.ping = func(ctx context.Context) error {
			return connect(ctx, func(conn *pgx.Conn) error { return conn.Ping(ctx) })
		}
		s.database = func(ctx context.Context, n int64) (string, error) {
			name := fmt.Sprint("test_", n)
			return address(name) + pool, connect(ctx, func(conn *pgx.Conn) error {
				_, err := conn.Exec(ctx, "CREATE DATABASE "+name)
				return err
			})
		}
		if _, err := os.Stat(data); err == nil {
			return nil // only the port is another one
		}
		return initdb(bin, data, as)
	})
}

func initdb(bin, data string, as *syscall.Credential) error {
	password := data + ".password"
	if err := os.WriteFile(password, []byte("secret/of@test"), 0o644); err != nil {
		return err
	}
	cmd := exec.Command(filepath.Join(bin, "initdb"), "-D", data, "-U", "app", "--pwfile", password,
		"-A", "scram-sha-256", "-E", "UTF8", "--locale=C", "--no-sync", "--no-instructions")
	cmd.Dir = filepath.Dir(data)
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: as}
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w: %s", err, out)
	}
	return nil
}

// unprivileged gives a folder to a user who is not root, as whom PostgreSQL refuses to run. It is nil
// when this is not root anyway.
func unprivileged(dir string) (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	who, err := user.Lookup("postgres")
	if err != nil {
		if who, err = user.Lookup("nobody"); err != nil {
			return nil, err
		}
	}
	uid, _ := strconv.Atoi(who.Uid)
	gid, _ := strconv.Atoi(who.Gid)
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, os.Chown(dir, uid, gid)
}

// postgresPrograms is the folder of PostgreSQL's programs. Debian keeps them out of PATH.
func postgresPrograms() (string, error) {
	folders, _ := filepath.Glob("/usr/lib/postgresql/*/bin")
	slices.SortFunc(folders, func(a, b string) int { // the newest first
		return cmp.Compare(version(b), version(a))
	})
	for _, folder := range append(filepath.SplitList(os.Getenv("PATH")), folders...) {
		_, err := exec.LookPath(filepath.Join(folder, "initdb"))
		if _, err2 := exec.LookPath(filepath.Join(folder, "postgres")); err == nil && err2 == nil {
			return folder, nil
		}
	}
	return "", errNotInstalled("initdb and postgres are neither in PATH nor in /usr/lib/postgresql " +
		"(apt-get install postgresql, brew install postgresql)")
}

func version(folder string) int {
	n, _ := strconv.Atoi(filepath.Base(filepath.Dir(folder)))
	return n
}
