package main

import (
	"context"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// childMark in the environment makes the test binary the program.
const childMark = "STARTER_TEST_CHILD"

// child starts the program in a process of its own, in a folder, as somebody would from a shell.
func child(t *testing.T, dir string, args []string, vars ...string) (*program, *exec.Cmd) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	p := &program{out: newOutput()}
	cmd := exec.CommandContext(t.Context(), self, args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, p.out, p.out
	cmd.Env = append(vars, childMark+"=1")
	if home := os.Getenv("SYSTEMROOT"); home != "" { // without which Windows has no network
		cmd.Env = append(cmd.Env, "SYSTEMROOT="+home)
	}
	if _, err := cmd.StdinPipe(); err != nil { // closed when this process dies: then the child goes, too
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := sync.OnceValue(func() error {
		defer p.out.Close()
		return cmd.Wait()
	})
	go ended()
	p.stop = ended
	t.Cleanup(func() {
		cmd.Process.Kill()
		ended()
		p.out.check(t)
	})
	return p, cmd
}

// again are the variables that make the program come back at the same addresses. Its ports were free a moment ago.
func (p *program) again(t *testing.T) map[string]string {
	t.Helper()
	u, err := url.Parse(p.url)
	if err != nil {
		t.Fatal(err)
	}
	return map[string]string{"PORT": u.Port(), "DEV_PROVIDER_URL": p.provider}
}

// TestRestart: sessions and registered people are there when the program comes back.
func TestRestart(t *testing.T) {
	t.Parallel()
	store := fileStore(t)
	app := start(t, map[string]string{"SESSION_STORE": store})
	ada, grace := app.person(t).signIn(app, "ada"), app.person(t)
	app.out.secret("correct horse")

	// Register, sign out, sign in.
	grace.open(app.url).click("Login/Register »").click("Create an account").at(http.StatusOK, app.provider+"/register")
	grace.fill("name", "Grace <i>Hopper</i>").fill("email", "grace@example.com").fill("password", "correct horse").click("Create account")
	grace.at(http.StatusOK, app.url+"/").reads("Logged in as: grace")
	grace.click("View Profile »").reads("Welcome grace@example.com !", "Grace <i>Hopper</i>")
	checkUserObject(t, grace, "grace", "grace@example.com")
	grace.click("Logout").at(http.StatusOK, app.url+"/").reads("Login/Register »")
	grace.signInByForm(app)

	vars := app.again(t)
	vars["SESSION_STORE"] = store
	if err := app.stop(); err != nil {
		t.Fatal(err)
	}
	back := start(t, vars)
	back.out.secret(app.out.secrets...)
	if back.url != app.url || back.provider != app.provider {
		t.Fatalf("came back at %s and %s, was at %s and %s", back.url, back.provider, app.url, app.provider)
	}
	ada.open(back.url + "/profile").reads("Welcome ada@example.com !").click("Refresh").reads("Welcome ada@example.com !")
	ada.click("Logout").at(http.StatusOK, back.url+"/").reads("Hello, world!") // the provider knows its own ID token again
	grace.open(back.url + "/profile").reads("Welcome grace@example.com !")
	grace.click("Logout").at(http.StatusOK, back.url+"/").reads("Hello, world!")
	grace.signInByForm(back)
}

func (p *person) signInByForm(app *program) {
	p.t.Helper()
	p.click("Login").at(http.StatusOK, app.provider+"/signin")
	p.fill("login", "grace@example.com").fill("password", "correct horse").click("Sign in")
	p.at(http.StatusOK, app.url+"/").reads("Logged in as: grace")
}

// TestKilled: who is signed in stays it when the program is killed a moment later. The program is
// configured by a file .env, and keeps its sessions where it keeps them by itself.
func TestKilled(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	env := "# free ports\nPORT=0\nDEV_PROVIDER_URL=http://127.0.0.1:0\n"
	if err := os.WriteFile(filepath.Join(dir, ".env"), []byte(env), 0o600); err != nil {
		t.Fatal(err)
	}
	app, process := child(t, dir, nil)
	app.read(t, true)
	ada := app.person(t).signIn(app, "ada")
	if err := process.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	app.stop()

	for _, file := range []string{"sessions.db", "devidp.json"} {
		info, err := os.Stat(filepath.Join(dir, "data", file))
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s can be read by others: %v", file, info.Mode())
		}
	}

	var vars []string
	for name, value := range app.again(t) { // the real environment wins
		vars = append(vars, name+"="+value)
	}
	back, process := child(t, dir, nil, vars...)
	back.read(t, true)
	ada.open(back.url + "/profile").reads("Welcome ada@example.com !")
	ada.click("Logout").at(http.StatusOK, back.url+"/").reads("Hello, world!")

	// And it stops when it is asked to.
	if runtime.GOOS == "windows" { // which has no such signal
		return
	}
	if err := process.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := back.stop(); err != nil {
		t.Errorf("stopped by a signal: %v\n%s", err, back.out)
	}
}

// TestSecondCopy: what belongs to one program alone is refused to another, in words that tell what to do.
func TestSecondCopy(t *testing.T) {
	t.Parallel()
	store := fileStore(t)
	app := start(t, map[string]string{"SESSION_STORE": store})
	taken := app.again(t)
	for name, c := range map[string]struct {
		vars map[string]string
		want []string
	}{
		"the same store": {map[string]string{"SESSION_STORE": store}, []string{"SESSION_STORE", strings.TrimPrefix(store, "file:"), "in use", "another file"}},
		"the same port":  {map[string]string{"PORT": taken["PORT"]}, []string{"PORT", ":" + taken["PORT"], "taken by another program", "stop it"}},
		"the same port of the provider": {map[string]string{"DEV_PROVIDER_URL": taken["DEV_PROVIDER_URL"]},
			[]string{"DEV_PROVIDER_URL", strings.TrimPrefix(app.provider, "http://"), "taken by another program", "stop it"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			vars := map[string]string{"PORT": "0", "SESSION_STORE": "memory:", "DEV_PROVIDER_URL": "http://127.0.0.1:0"}
			for name, value := range c.vars {
				vars[name] = value
			}
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			out := newOutput()
			err := run(ctx, vars, out)
			if err == nil {
				t.Fatalf("it runs:\n%s", out)
			}
			for _, want := range c.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("the error does not say %q: %v", want, err)
				}
			}
		})
	}
}

// TestStopAtOnce: who asks a second time does not want to wait for requests in flight.
func TestStopAtOnce(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		return
	}
	op := newElsewhere(t)
	vars := []string{"PORT=0", "SESSION_STORE=memory:"}
	for name, value := range op.vars() {
		vars = append(vars, name+"="+value)
	}
	app, process := child(t, t.TempDir(), nil, vars...)
	app.read(t, false)
	op.serve(t, app)
	asked, open := op.hold("/.well-known/openid-configuration")
	defer open()
	go http.Get(app.url + "/login")
	<-asked
	process.Process.Signal(syscall.SIGTERM)
	app.refuses(t)
	process.Process.Signal(syscall.SIGTERM)
	if app.stop(); process.ProcessState.ExitCode() != -1 { // a process that ended by itself has another
		t.Errorf("ended with status %d", process.ProcessState.ExitCode())
	}
}

// refuses waits until nobody else is let in.
func (p *program) refuses(t *testing.T) {
	t.Helper()
	for {
		conn, err := net.DialTimeout("tcp", strings.TrimPrefix(p.url, "http://"), time.Second)
		if err != nil {
			return
		}
		conn.Close()
	}
}

// TestStop: a request in flight is answered, nobody else is, and then the program ends.
func TestStop(t *testing.T) {
	t.Parallel()
	op := newElsewhere(t)
	app := start(t, op.vars())
	op.serve(t, app)
	asked, open := op.hold("/.well-known/openid-configuration")

	answered := make(chan *person, 1)
	go func() { answered <- app.person(t).open(app.url + "/login") }()
	<-asked
	ended := make(chan error, 1)
	go func() { ended <- app.stop() }()
	app.refuses(t)
	select {
	case err := <-ended:
		t.Fatalf("it did not wait for the request in flight, and ended with %v", err)
	default:
	}
	open()
	(<-answered).at(http.StatusOK, op.url+"/signin")
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
