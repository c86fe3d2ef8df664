package main

import (
	"fmt"
	"net/http"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/plusauth/plusauth-go-starter/auth/devidp"
	"github.com/plusauth/plusauth-go-starter/handlers"
	"github.com/plusauth/plusauth-go-starter/internal/dbtest"
	"github.com/plusauth/plusauth-go-starter/internal/testapp"
)

// fleet is several instances of the program behind a load balancer. They share nothing but the session store and the
// registration of the client.
type fleet struct {
	*program  // as seen through the balancer
	balancer  *balancer
	vars      []string
	instances map[string]*instance // by address
}

type instance struct {
	*program
	process *exec.Cmd
}

func newFleet(t *testing.T, store string, instances int) *fleet {
	t.Helper()
	b, provider := newBalancer(t), testapp.NewProvider(t)
	app := &program{url: b.url, out: newOutput()}
	provider.Start(t, devidp.Config{Clients: []devidp.Client{testapp.Client(b.url, "app", clientSecret)}})
	app.provider = provider.URL
	app.out.addSecrets(clientSecret)
	f := &fleet{program: app, balancer: b, instances: map[string]*instance{}}
	f.vars = []string{"SESSION_STORE=" + store, "BASE_URL=" + b.url, "HOST=127.0.0.1"}
	for name, value := range authVars(provider) {
		f.vars = append(f.vars, name+"="+value)
	}
	for range instances {
		f.add(t)
	}
	return f
}

var listenMessage = regexp.MustCompile(`Listening on (127\.0\.0\.1:\d+)`)

// add starts one more instance, on a free port.
func (f *fleet) add(t *testing.T) {
	t.Helper()
	p, process := child(t, t.TempDir(), nil, append(f.vars, "PORT=0")...)
	t.Cleanup(func() { p.out.addSecrets(f.out.secrets...) }) // before the output is checked
	address := p.out.wait(t, listenMessage)
	f.instances[address] = &instance{p, process}
	f.balancer.add(address)
}

// kill kills an instance. The balancer is not told.
func (f *fleet) kill(t *testing.T, address string) {
	t.Helper()
	i := f.instances[address]
	if err := i.process.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	i.stop()
	delete(f.instances, address)
}

func TestThreeInstances(t *testing.T) {
	t.Parallel()
	servers := map[string]func(testing.TB) *dbtest.Server{"Redis": dbtest.NewRedis, "PostgreSQL": dbtest.NewPostgres}
	for name, newServer := range servers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := newServer(t)
			app := newFleet(t, server.URL, 3)
			testNoStickySessions(t, app)
			testKilledInstance(t, app)
			testLogoutReachesAll(t, app)
			testStoreDown(t, app, server)
		})
	}
}

// testNoStickySessions sends each request of a person to another instance.
func testNoStickySessions(t *testing.T, app *fleet) {
	began := map[string]bool{}
	for first := range 3 { // so that each instance gets each step
		app.balancer.startAt(first)
		b := app.browser(t).SignIn("ada")
		at := app.balancer.last("/login")
		if began[at] = true; at == app.balancer.last(handlers.CallbackPath) {
			t.Error("a sign-in began and ended on the same instance")
		}
		b.Click(textViewProfile).WantText(textWelcome("ada@example.com"))
		b.Click(textRefresh).WantURL(http.StatusOK, app.url+"/profile").WantText(textWelcome("ada@example.com"))
		b.Click(textLogout).WantURL(http.StatusOK, app.url+"/").WantText(textHelloWorld)
		b.Open("/profile").WantURL(http.StatusOK, app.provider+"/signin")
	}
	if len(began) != 3 {
		t.Errorf("%d instances began a sign-in, want all three", len(began))
	}
}

// testKilledInstance kills an instance while people are signed in or in the middle of a sign-in, which they do not
// notice. Then a new instance joins.
func testKilledInstance(t *testing.T, app *fleet) {
	ada := app.browser(t).SignIn("ada")
	signingIn := map[string]*testapp.Browser{} // by the instance where the sign-in began
	for first := range 3 {
		app.balancer.startAt(first)
		b := app.browser(t)
		b.Open("/").Click(textLogin).WantURL(http.StatusOK, app.provider+"/signin")
		signingIn[app.balancer.last("/login")] = b
	}
	if len(signingIn) != 3 {
		t.Fatalf("%d instances began a sign-in, want all three", len(signingIn))
	}
	stop := poll(t, ada, "/profile", func(resp *testapp.Response) bool {
		return resp.Status == http.StatusOK && isComplete(resp.Body) && strings.Contains(resp.Body, "ada@example.com")
	})
	for address := range signingIn {
		app.kill(t, address)
		break
	}
	for _, b := range signingIn {
		b.Click("ada").WantURL(http.StatusOK, app.url+"/").WantText(textLoggedInAs + "ada")
	}
	stop()
	app.add(t)
	for range 3 {
		ada.Open("/profile").WantText(textWelcome("ada@example.com"))
	}
	ada.Click(textLogout).WantURL(http.StatusOK, app.url+"/").WantText(textHelloWorld)
}

// testLogoutReachesAll signs a person out at the provider, which notifies one instance. All instances know.
func testLogoutReachesAll(t *testing.T, app *fleet) {
	first, second := app.browser(t).SignIn("ada"), app.browser(t).SignIn("ada")
	wantStatus := func(want int) {
		t.Helper()
		for address := range app.instances { // cookies ignore the port, so that an instance gets those of the balancer
			if got := second.Get("http://" + address + "/profile").Status; got != want {
				t.Errorf("instance %s: got status %d, want %d", address, got, want)
			}
		}
	}
	wantStatus(http.StatusOK)
	first.Open(app.provider+"/").Click("Sign out everywhere").WantURL(http.StatusOK, app.provider+"/signed-out")
	wantStatus(http.StatusSeeOther)
	second.Open("/").WantText(textHelloWorld, textRegister)
}

// testStoreDown pauses and kills the server of the session store. Meanwhile the home page works and the profile says
// that it is unavailable. When the store is back, all instances use it again and the session is still there.
func testStoreDown(t *testing.T, app *fleet, server *dbtest.Server) {
	ada := app.browser(t).SignIn("ada")
	stopHome := poll(t, ada, "/", func(resp *testapp.Response) bool {
		saysSo, signedIn := strings.Contains(resp.Body, `class="alert`), strings.Contains(resp.Body, textLogout)
		return resp.Status == http.StatusOK && isComplete(resp.Body) && saysSo != signedIn
	})
	stopProfile := poll(t, ada, "/profile", func(resp *testapp.Response) bool {
		private := strings.Contains(resp.Body, "ada@example.com")
		return isComplete(resp.Body) &&
			(resp.Status == http.StatusOK && private || resp.Status == http.StatusServiceUnavailable && !private)
	})
	whileDown := func(times int, restore func()) {
		for range times {
			ada.Open("/").WantURL(http.StatusOK, app.url+"/").WantText(textRegister)
			ada.Open("/profile").WantURL(http.StatusServiceUnavailable, app.url+"/profile")
		}
		restore()
		for range app.instances {
			openUntil(t, ada, "/profile", http.StatusOK).WantText(textWelcome("ada@example.com"))
		}
	}
	whileDown(1, server.Pause(t)) // each request takes until the timeout of the store
	server.Kill()
	whileDown(len(app.instances), func() { server.Start(t) })
	stopHome()
	stopProfile()
	ada.Open("/profile").Click(textLogout).WantURL(http.StatusOK, app.url+"/").WantText(textHelloWorld)
}

// isComplete reports whether a page has its end.
func isComplete(page string) bool { return strings.HasSuffix(strings.TrimSpace(page), "</html>") }

// openUntil opens a path again and again until the response has a status.
func openUntil(t *testing.T, b *testapp.Browser, path string, status int) *testapp.Browser {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); b.Open(path).Page.Status != status; {
		if time.Now().After(deadline) {
			t.Fatalf("%s still has status %d: %s", path, b.Page.Status, b.Page.Text())
		}
	}
	return b
}

// poll requests a path over and over until stop is called, and checks that every response is good.
func poll(t *testing.T, b *testapp.Browser, path string, good func(*testapp.Response) bool) (stop func()) {
	stopped, ended := make(chan struct{}), make(chan struct{})
	request := func() error {
		resp, err := b.Try(http.MethodGet, path, "")
		if err == nil && !good(resp) {
			err = fmt.Errorf("%s has status %d: %s", path, resp.Status, resp.Text())
		}
		return err
	}
	go func() {
		defer close(ended)
		for {
			err := request()
			if t.Context().Err() != nil {
				return
			}
			if err != nil {
				t.Error(err)
				return
			}
			select {
			case <-stopped:
				return
			default:
			}
		}
	}()
	t.Cleanup(func() { <-ended })
	return func() { close(stopped); <-ended }
}
