package main

import (
	"net"
	"net/http"
	"regexp"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/plusauth/plusauth-go-starter/internal/testapp"
)

const discoveryPath = "/.well-known/openid-configuration"

// TestStop stops the program while a request is in flight: it finishes that request, takes no new one, and ends.
func TestStop(t *testing.T) {
	t.Parallel()
	provider := testapp.NewProvider(t)
	app := startWith(t, provider, authVars(provider))
	b := app.browser(t)
	callback := b.BeginSignIn("ada")
	requested, release := provider.Hold("/token")
	responded := make(chan *testapp.Response, 1)
	go func() {
		defer close(responded)
		resp, err := b.Try(http.MethodGet, callback, "")
		if err != nil {
			t.Error(err)
			return
		}
		responded <- resp
	}()
	<-requested
	ended := make(chan error, 1)
	go func() { ended <- app.stop() }()
	app.waitUntilClosed()
	select {
	case err := <-ended:
		t.Fatalf("the program ended before the request, with %v", err)
	default:
	}
	release()
	if resp := <-responded; resp != nil && (resp.Status != http.StatusSeeOther || resp.Location() != "/") {
		t.Errorf("got status %d and Location %q, want 303 to the home page", resp.Status, resp.Location())
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// TestStopTwice sends a second signal while a request is in flight, which ends the program at once.
func TestStopTwice(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" { // has no SIGTERM
		return
	}
	provider := testapp.NewProvider(t)
	vars := []string{"PORT=0", "SESSION_STORE=memory:"}
	for name, value := range authVars(provider) {
		vars = append(vars, name+"="+value)
	}
	_, startProvider := provider.Hold(discoveryPath)
	app, process := child(t, t.TempDir(), nil, vars...)
	app.readURLs(t, false)
	startFor(t, provider, app)
	startProvider()
	b := app.browser(t)
	callback := b.BeginSignIn("ada")
	requested, release := provider.Hold("/token")
	defer release()
	go b.Try(http.MethodGet, callback, "")
	<-requested
	process.Process.Signal(syscall.SIGTERM)
	app.waitUntilClosed()
	process.Process.Signal(syscall.SIGTERM)
	if app.stop(); process.ProcessState.ExitCode() != -1 { // -1 means ended by a signal
		t.Errorf("ended with status %d", process.ProcessState.ExitCode())
	}
}

// waitUntilClosed waits until the program accepts no connections.
func (p *program) waitUntilClosed() {
	for {
		conn, err := net.DialTimeout("tcp", strings.TrimPrefix(p.url, "http://"), time.Second)
		if err != nil {
			return
		}
		conn.Close()
	}
}

// TestStopWhileTheProviderHangs stops the program while the provider does not answer a request to revoke a token.
func TestStopWhileTheProviderHangs(t *testing.T) {
	t.Parallel()
	provider := testapp.NewProvider(t)
	vars := authVars(provider)
	vars["SCOPES"] = "openid offline_access"
	app := startWith(t, provider, vars)
	b := app.browser(t).SignIn("ada")
	requested, release := provider.Hold("/revoke")
	defer release()
	b.Post("/logout", "")
	start := time.Now()
	err := app.stop()
	<-requested
	if took := time.Since(start); err != nil || took > 8*time.Second {
		t.Errorf("got %v after %s, want the end within 8s", err, took)
	}
	app.out.wait(t, regexp.MustCompile("stopped before all tokens"))
}
