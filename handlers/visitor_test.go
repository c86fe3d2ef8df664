package handlers_test

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"

	"github.com/plusauth/plusauth-go-starter/auth/devidp"
	"github.com/plusauth/plusauth-go-starter/handlers"
)

// visitor is a browser, as far as cookies go. What it asks for it asks for once: it follows no redirect.
type visitor struct {
	t      *testing.T
	w      *world
	client *http.Client
}

func (w *world) visitor(t *testing.T) *visitor {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.DisableCompression = true
	t.Cleanup(transport.CloseIdleConnections)
	return &visitor{t: t, w: w, client: &http.Client{Jar: jar, Transport: tunnel{w, transport}}}
}

// signedIn is a visitor who is signed in.
func (w *world) signedIn(t *testing.T, username string) *visitor {
	t.Helper()
	return w.visitor(t).signIn(username)
}

func (v *visitor) signIn(username string) *visitor {
	v.t.Helper()
	resp, err := devidp.SignIn(v.client, v.w.base+"/login?return_to=/healthz", username)
	if err != nil {
		v.t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK || resp.Request.URL.Path != "/healthz" || !v.isSignedIn() {
		v.t.Fatalf("the sign-in ends at %s with status %d", resp.Request.URL, resp.StatusCode)
	}
	return v
}

// tunnel leads what is for the app's address to where it listens, as a proxy that ends TLS does.
type tunnel struct {
	w    *world
	next http.RoundTripper
}

func (d tunnel) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Scheme+"://"+r.URL.Host == d.w.base {
		out := r.Clone(r.Context())
		out.URL.Scheme, out.URL.Host = "http", d.w.address
		resp, err := d.next.RoundTrip(out)
		if err == nil {
			resp.Request = r
		}
		return resp, err
	}
	return d.next.RoundTrip(r)
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	body   string
}

func (a *answer) location() string { return a.header.Get("Location") }

// do makes one request; form is the body of a POST. headers are names and values.
func (v *visitor) do(method, path, form string, headers ...string) *answer {
	v.t.Helper()
	a, err := v.try(method, path, form, headers...)
	if err != nil {
		v.t.Fatal(err)
	}
	return a
}

func (v *visitor) get(path string, headers ...string) *answer {
	v.t.Helper()
	return v.do(http.MethodGet, path, "", headers...)
}

func (v *visitor) post(path, form string, headers ...string) *answer {
	v.t.Helper()
	return v.do(http.MethodPost, path, form, headers...)
}

func (v *visitor) try(method, path, form string, headers ...string) (*answer, error) {
	r, err := http.NewRequestWithContext(v.t.Context(), method, v.w.base, strings.NewReader(form))
	if err != nil {
		return nil, err
	}
	r.URL.Path, r.URL.RawQuery, _ = strings.Cut(path, "?")
	r.Header.Set("Accept", "text/html")
	if form != "" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	if host := r.Header.Get("Host"); host != "" { // which net/http keeps elsewhere
		r.Host = host
	}
	client := *v.client
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	resp, err := client.Do(r)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	return &answer{resp.StatusCode, resp.Header, string(body)}, nil
}

// isSignedIn asks the home page, which everybody may see.
func (v *visitor) isSignedIn() bool {
	v.t.Helper()
	return strings.Contains(v.get("/").body, "Logged in as:")
}

// attempts are the sign-ins under way in this browser.
func (v *visitor) attempts() (n int) {
	u, _ := url.Parse(v.w.base + handlers.CallbackPath)
	for _, c := range v.client.Jar.Cookies(u) {
		if strings.Contains(c.Name, "login-") {
			n++
		}
	}
	return n
}

func checkAnswer(t *testing.T, what string, a *answer, status int, location string) {
	t.Helper()
	if a.status != status || a.location() != location {
		t.Errorf("%s: got status %d and Location %q, want %d and %q", what, a.status, a.location(), status, location)
	}
}
