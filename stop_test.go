package main

import (
	"net"
	"net/http"
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
	app := start(t, authVars(provider))
	startFor(t, provider, app)
	requested, release := provider.Hold(discoveryPath)

	b := app.browser(t)
	opened := make(chan struct{})
	go func() {
		defer close(opened)
		b.Open("/login")
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
	<-opened
	b.WantURL(http.StatusOK, provider.URL+"/signin")
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
	app, process := child(t, t.TempDir(), nil, vars...)
	app.readURLs(t, false)
	startFor(t, provider, app)
	requested, release := provider.Hold(discoveryPath)
	defer release()
	go http.Get(app.url + "/login")
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
