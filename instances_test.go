package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/plusauth/plusauth-go-starter/auth/devidp"
	"github.com/plusauth/plusauth-go-starter/handlers"
	"github.com/plusauth/plusauth-go-starter/internal/dbtest"
)

// fleet is the program in several processes behind a balancer, as people see it. They share the session
// store and the client's registration, and nothing else.
type fleet struct {
	*program
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
	key, err := elsewhereKey()
	if err != nil {
		t.Fatal(err)
	}
	b := newBalancer(t)
	provider, err := devidp.Start(devidp.Config{Key: key, Clients: []devidp.Client{{
		ID: "app", Secret: elsewhereSecret,
		RedirectURIs:           []string{b.url + handlers.CallbackPath},
		PostLogoutRedirectURIs: []string{b.url + handlers.LogoutPath},
		BackChannelLogoutURI:   b.url + handlers.BackChannelPath,
	}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { provider.Close() })
	f := &fleet{program: &program{url: b.url, provider: provider.Issuer(), out: newOutput()}, balancer: b, instances: map[string]*instance{}}
	f.out.secret(elsewhereSecret)
	f.vars = []string{"SESSION_STORE=" + store, "AUTH_URL=" + provider.Issuer(), "CLIENT_ID=app", "CLIENT_SECRET=" + elsewhereSecret,
		"BASE_URL=" + b.url, "HOST=127.0.0.1"}
	for range instances {
		f.add(t)
	}
	return f
}

// add starts one more instance, on a port that was free a moment ago.
func (f *fleet) add(t *testing.T) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	l.Close()
	_, port, _ := net.SplitHostPort(address)
	p, process := child(t, t.TempDir(), nil, append(f.vars, "PORT="+port)...)
	t.Cleanup(func() { p.out.secret(f.out.secrets...) }) // before its output is searched for them
	p.out.wait(t, saysURL)
	f.instances[address] = &instance{p, process}
	f.balancer.add(address)
}

// kill ends an instance without a chance to finish anything. The balancer is not told.
func (f *fleet) kill(t *testing.T, address string) {
	t.Helper()
	i := f.instances[address]
	if err := i.process.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	i.stop() // waits for its end
	delete(f.instances, address)
}

func TestThreeInstances(t *testing.T) {
	t.Parallel()
	for name, newServer := range map[string]func(testing.TB) *dbtest.Server{"Redis": dbtest.NewRedis, "PostgreSQL": dbtest.NewPostgres} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := newServer(t)
			app := newFleet(t, server.URL, 3)
			everyStepElsewhere(t, app)
			oneIsKilled(t, app)
			allHearOfALogout(t, app)
			storeGoesAway(t, app, server)
		})
	}
}

// everyStepElsewhere: what begins on one instance goes on at the next and ends at a third.
func everyStepElsewhere(t *testing.T, app *fleet) {
	begun := map[string]bool{}
	for first := range 3 { // so that each step falls to each instance
		app.balancer.startAt(first)
		p := app.person(t).signIn(app.program, "ada")
		at := app.balancer.last("/login")
		if begun[at] = true; at == app.balancer.last(handlers.CallbackPath) {
			t.Error("a sign-in began and ended on one instance")
		}
		p.click("View Profile »").reads("Welcome ada@example.com !")
		p.click("Refresh").at(http.StatusOK, app.url+"/profile").reads("Welcome ada@example.com !")
		p.click("Logout").at(http.StatusOK, app.url+"/").reads("Hello, world!")
		p.open(app.url+"/profile").at(http.StatusOK, app.provider+"/signin")
	}
	if len(begun) != 3 {
		t.Errorf("%d instances began a sign-in, want all three", len(begun))
	}
}

// oneIsKilled: neither who is signed in nor who is at the provider in that moment notices that an
// instance is gone, and one that starts then joins in.
func oneIsKilled(t *testing.T, app *fleet) {
	ada := app.person(t).signIn(app.program, "ada")
	halfway := map[string]*person{} // by the instance that began it
	for first := range 3 {
		app.balancer.startAt(first)
		p := app.person(t)
		p.open(app.url).click("Login").at(http.StatusOK, app.provider+"/signin")
		halfway[app.balancer.last("/login")] = p
	}
	if len(halfway) != 3 {
		t.Fatalf("%d instances began a sign-in, want all three", len(halfway))
	}
	stop := ada.keepLooking("/profile", func(status int, page string) bool {
		return status == http.StatusOK && whole(page) && strings.Contains(page, "ada@example.com")
	})
	for address := range halfway {
		app.kill(t, address)
		break
	}
	for _, p := range halfway {
		p.click("ada").at(http.StatusOK, app.url+"/").reads("Logged in as: ada")
	}
	stop()
	app.add(t)
	for range 3 {
		ada.open(app.url + "/profile").reads("Welcome ada@example.com !")
	}
	ada.click("Logout").at(http.StatusOK, app.url+"/").reads("Hello, world!")
}

// allHearOfALogout: the provider tells one instance that somebody has signed out there, and all know.
func allHearOfALogout(t *testing.T, app *fleet) {
	here, there := app.person(t).signIn(app.program, "ada"), app.person(t).signIn(app.program, "ada")
	signedIn := func(want bool) {
		t.Helper()
		for address := range app.instances {
			if status := there.ask(address, "/profile"); (status == http.StatusOK) != want {
				t.Errorf("instance %s answers with status %d; signed in should be %v", address, status, want)
			}
		}
	}
	signedIn(true)
	here.open(app.provider).click("Sign out everywhere").reads("Signed out")
	signedIn(false)
	there.open(app.url).reads("Hello, world!", "Login/Register »")
}

// storeGoesAway: the home page is there for everybody, what is private says that it cannot be shown, and
// when the store is back everything is as it was.
func storeGoesAway(t *testing.T, app *fleet, server *dbtest.Server) {
	ada := app.person(t).signIn(app.program, "ada")
	stopHome := ada.keepLooking("/", func(status int, page string) bool {
		return status == http.StatusOK && whole(page) &&
			strings.Contains(page, "Sessions can&#39;t be reached") != strings.Contains(page, "Logout")
	})
	stopProfile := ada.keepLooking("/profile", func(status int, page string) bool {
		private := strings.Contains(page, "ada@example.com")
		return whole(page) && (status == http.StatusOK && private || status == http.StatusServiceUnavailable && !private)
	})
	away := func(looks int, goesOn func()) {
		for range looks {
			ada.open(app.url).at(http.StatusOK, app.url+"/").reads("shown as signed out", "Login/Register »")
			ada.open(app.url+"/profile").at(http.StatusServiceUnavailable, app.url+"/profile").reads("Sign-in is not available right now")
		}
		goesOn()
		for range app.instances { // each by itself, without a restart
			ada.until(app.url+"/profile", http.StatusOK).reads("Welcome ada@example.com !")
		}
	}
	away(1, server.Pause(t)) // a look takes until the store's timeout
	server.Kill()
	away(len(app.instances), func() { server.Start(t) })
	stopHome()
	stopProfile()
	ada.open(app.url+"/profile").click("Logout").at(http.StatusOK, app.url+"/").reads("Hello, world!")
}

// whole reports whether a page is there to its end.
func whole(page string) bool { return strings.HasSuffix(strings.TrimSpace(page), "</html>") }

// until opens an address again and again, until it answers with a status.
func (p *person) until(address string, status int) *person {
	p.t.Helper()
	for deadline := time.Now().Add(30 * time.Second); p.open(address).status != status; {
		if time.Now().After(deadline) {
			p.t.Fatalf("%s still answers with status %d: %s", address, p.status, words(p.body))
		}
	}
	return p
}

// keepLooking opens a page in another tab, over and over, until stop is called, and checks what it gets.
func (p *person) keepLooking(path string, good func(status int, page string) bool) (stop func()) {
	tab := &http.Client{Jar: p.client.Jar, Transport: p.client.Transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	address := p.url.ResolveReference(&url.URL{Path: path}).String()
	look := func() error {
		r, err := http.NewRequestWithContext(p.t.Context(), http.MethodGet, address, nil)
		if err != nil {
			return err
		}
		r.Header.Set("Accept", p.accept)
		resp, err := tab.Do(r)
		if err != nil {
			return err
		}
		defer resp.Body.Close()
		page, err := io.ReadAll(resp.Body)
		if err == nil && !good(resp.StatusCode, string(page)) {
			err = fmt.Errorf("%s answers with status %d: %s", path, resp.StatusCode, words(string(page)))
		}
		return err
	}
	enough, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for {
			err := look()
			if p.t.Context().Err() != nil {
				return
			}
			if err != nil {
				p.t.Error(err)
				return
			}
			select {
			case <-enough:
				return
			default:
			}
		}
	}()
	p.t.Cleanup(func() { <-ended })
	return func() { close(enough); <-ended }
}

// ask asks one instance itself, past the balancer, with the person's cookies, and returns the status.
func (p *person) ask(instance, path string) int {
	p.t.Helper()
	r, err := http.NewRequestWithContext(p.t.Context(), http.MethodGet, "http://"+instance+path, nil)
	if err != nil {
		p.t.Fatal(err)
	}
	for _, c := range p.client.Jar.Cookies(p.url) {
		r.AddCookie(c)
	}
	resp, err := p.client.Transport.RoundTrip(r)
	if err != nil {
		p.t.Fatal(err)
	}
	resp.Body.Close()
	return resp.StatusCode
}
