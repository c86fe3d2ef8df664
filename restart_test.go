package main

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/plusauth/plusauth-go-starter/internal/testapp"
)

// TestRestart checks that sessions and registered users are still there after a restart.
func TestRestart(t *testing.T) {
	t.Parallel()
	store := fileStore(t)
	app := start(t, map[string]string{"SESSION_STORE": store})
	app.out.addSecrets("correct horse")
	ada, grace := app.browser(t).SignIn("ada"), app.browser(t)
	home := app.url + "/"
	signIn := func(b *testapp.Browser) {
		t.Helper()
		b.Click(textLogin).WantURL(http.StatusOK, app.provider+"/signin")
		b.Submit("login", "grace@example.com", "password", "correct horse")
		b.WantURL(http.StatusOK, home).WantText(textLoggedInAs + "grace")
	}

	grace.Open("/").Click(textRegister).Click("/register").WantURL(http.StatusOK, app.provider+"/register")
	grace.Submit("name", "Grace <i>Hopper</i>", "email", "grace@example.com", "password", "correct horse")
	grace.WantURL(http.StatusOK, home).WantText(textLoggedInAs + "grace")
	grace.Click(textViewProfile).WantText(textWelcome("grace@example.com"), "Grace <i>Hopper</i>")
	checkUserObject(t, grace, "grace", "grace@example.com")
	grace.Click(textLogout).WantURL(http.StatusOK, home).WantText(textRegister)
	signIn(grace)

	vars := app.addresses(t)
	vars["SESSION_STORE"] = store
	if err := app.stop(); err != nil {
		t.Fatal(err)
	}
	restarted := start(t, vars)
	restarted.out.addSecrets(app.out.secrets...)
	if restarted.url != app.url || restarted.provider != app.provider {
		t.Fatalf("restarted at %s and %s, want %s and %s", restarted.url, restarted.provider, app.url, app.provider)
	}
	ada.Open("/profile").WantText(textWelcome("ada@example.com")).Click(textRefresh).WantText(textWelcome("ada@example.com"))
	ada.Click(textLogout).WantURL(http.StatusOK, home).WantText(textHelloWorld) // with an ID token of before
	grace.Open("/profile").WantText(textWelcome("grace@example.com"))
	grace.Click(textLogout).WantURL(http.StatusOK, home).WantText(textHelloWorld)
	signIn(grace)
}

// TestKill kills the program right after a sign-in. The session survives. The program is configured by .env and keeps
// its files at their default place, where only their owner can read them.
func TestKill(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	env := "# free ports\nPORT=0\nDEV_PROVIDER_URL=http://127.0.0.1:0\n"
	if err := os.WriteFile(filepath.Join(dir, ".env"), []byte(env), 0o600); err != nil {
		t.Fatal(err)
	}
	app, process := child(t, dir, nil)
	app.readURLs(t, true)
	ada := app.browser(t).SignIn("ada")
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
			t.Errorf("others can read %s: its mode is %v", file, info.Mode())
		}
	}

	var vars []string
	for name, value := range app.addresses(t) { // the environment overrides .env
		vars = append(vars, name+"="+value)
	}
	restarted, process := child(t, dir, nil, vars...)
	restarted.readURLs(t, true)
	ada.Open("/profile").WantText(textWelcome("ada@example.com"))
	ada.Click(textLogout).WantURL(http.StatusOK, restarted.url+"/").WantText(textHelloWorld)

	if runtime.GOOS == "windows" { // has no SIGTERM
		return
	}
	if err := process.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := restarted.stop(); err != nil {
		t.Errorf("after SIGTERM: %v\n%s", err, restarted.out)
	}
}

// TestSecondCopy starts the program a second time with the same store or the same port. The error says what to do.
func TestSecondCopy(t *testing.T) {
	t.Parallel()
	store := fileStore(t)
	app := start(t, map[string]string{"SESSION_STORE": store})
	taken := app.addresses(t)
	for name, c := range map[string]struct {
		variable, value string
		want            []string
	}{
		"same store": {"SESSION_STORE", store,
			[]string{"SESSION_STORE", strings.TrimPrefix(store, "file:"), "in use", "another file"}},
		"same port": {"PORT", taken["PORT"],
			[]string{"PORT", ":" + taken["PORT"], "taken by another program", "stop it"}},
		"same port of the provider": {"DEV_PROVIDER_URL", app.provider,
			[]string{"DEV_PROVIDER_URL", strings.TrimPrefix(app.provider, "http://"), "taken by another program", "stop it"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			out := newOutput()
			err := run(ctx, freePorts(map[string]string{c.variable: c.value}), out)
			if err == nil {
				t.Fatalf("the second copy runs:\n%s", out)
			}
			for _, want := range c.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("the error does not contain %q: %v", want, err)
				}
			}
		})
	}
}
