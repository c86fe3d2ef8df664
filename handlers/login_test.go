package handlers_test

import (
	"io"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/plusauth/plusauth-go-starter/auth/devidp"
	"github.com/plusauth/plusauth-go-starter/handlers"
)

// callback begins a sign-in, does at the provider what a person does there, and returns path and query of the answer.
func (v *visitor) callback(username string) string {
	v.t.Helper()
	begin := v.get("/login?prompt=login")
	return v.answerOf(begin.location(), username)
}

// answerOf follows an authorization request to the end and stops before the callback.
func (v *visitor) answerOf(authURL, username string) (callback string) {
	v.t.Helper()
	client := *v.client
	client.CheckRedirect = func(r *http.Request, _ []*http.Request) error {
		if r.URL.Path == handlers.CallbackPath {
			callback = r.URL.RequestURI()
			return http.ErrUseLastResponse
		}
		return nil
	}
	resp, err := devidp.SignIn(&client, authURL, username)
	if err != nil {
		v.t.Fatal(err)
	}
	io.Copy(io.Discard, resp.Body)
	resp.Body.Close()
	if callback == "" {
		v.t.Fatalf("the sign-in does not lead to the callback but to %s", resp.Request.URL)
	}
	return callback
}

// TestSpeculative: what nobody has asked for yet begins no sign-in, spends no answer of the provider and signs nobody
// out.
func TestSpeculative(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, c := range map[string]struct{ method, header, value string }{
		"HEAD":             {"HEAD", "X-Nothing", "x"},
		"prefetch":         {"GET", "Sec-Purpose", "prefetch"},
		"prerender":        {"GET", "Sec-Purpose", "prefetch;prerender"},
		"older prefetch":   {"GET", "Purpose", "prefetch"},
		"link preview bot": {"HEAD", "User-Agent", "bot"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := w.visitor(t)
			speculate := func(path string) {
				t.Helper()
				a := v.do(c.method, path, "", c.header, c.value)
				if a.status != http.StatusServiceUnavailable || a.location() != "" || a.header.Get("Set-Cookie") != "" || a.header.Get("Cache-Control") != "no-store" || a.body != "" {
					t.Errorf("%s: got status %d and %v", path, a.status, a.header)
				}
			}
			speculate("/login")
			if n := v.attempts(); n != 0 {
				t.Errorf("%d sign-ins under way", n)
			}
			answer := v.callback("ada")
			speculate(answer)
			if v.isSignedIn() {
				t.Error("somebody is signed in")
			}
			checkAnswer(t, "the answer, when it is asked for", v.get(answer), 303, "/")
			speculate("/logout")
			if !v.isSignedIn() {
				t.Error("signed out")
			}
		})
	}
}

// TestReturnTo: a sign-in ends at the page it began for, and never on another site. Begun, finished and skipped
// (by somebody who is signed in) are the three ways there.
func TestReturnTo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada := w.signedIn(t, "ada")
	text, err := os.ReadFile("../auth/testdata/returnto.txt")
	if err != nil {
		t.Fatal(err)
	}
	lines := 0
	for line := range strings.Lines(string(text)) {
		sign, quoted, ok := strings.Cut(strings.TrimRight(line, "\n"), " ")
		if !ok || sign != "+" && sign != "-" {
			continue
		}
		to, err := strconv.Unquote(`"` + strings.ReplaceAll(quoted, `"`, `\"`) + `"`)
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		lines++
		got := ada.get("/login?return_to=" + url.QueryEscape(to)).location()
		arrives, err := url.Parse(w.base)
		if err == nil {
			arrives, err = arrives.Parse(got)
		}
		if err != nil || arrives.Scheme+"://"+arrives.Host != w.base || sign == "-" && got != "/" {
			t.Errorf("%q leads to %q", to, got)
		}
	}
	if lines < 100 {
		t.Errorf("%d return addresses tried", lines)
	}
	for to, want := range map[string]string{
		"/profile": "/profile", "/components?x=1#top": "/components?x=1#top", "//evil.example": "/", `/\evil.example`: "/",
		"https://evil.example/": "/", "/\t/evil.example": "/", "javascript:alert(1)": "/", "": "/",
	} {
		v := w.visitor(t)
		answer := v.answerOf(v.get("/login?return_to="+url.QueryEscape(to)).location(), "bob")
		checkAnswer(t, "the sign-in for "+to, v.get(answer), 303, want)
	}
}

// asked returns the parameters of the authorization request that an answer redirects to.
func (a *answer) asked(t *testing.T) url.Values {
	t.Helper()
	u, err := url.Parse(a.location())
	if err != nil || a.status != http.StatusSeeOther || u.Path != "/authorize" {
		t.Fatalf("not sent to sign in: status %d, Location %q: %s", a.status, a.location(), a.body)
	}
	return u.Query()
}

// TestLoginParameters: what a link to /login may choose.
func TestLoginParameters(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	v := w.visitor(t)
	for query, want := range map[string]string{
		"": "", "prompt=login": "login", "prompt=create": "create", "prompt=select_account": "select_account",
		"prompt=none": "", "prompt=consent": "", "prompt=login+none": "", "prompt=": "",
	} {
		if got := v.get("/login?" + query).asked(t).Get("prompt"); got != want {
			t.Errorf("%q asks with the prompt %q, want %q", query, got, want)
		}
	}
	asked := v.get("/login?login_hint=ada@example.com&scope=admin&redirect_uri=https://evil.example&client_id=evil&state=evil&max_age=0").asked(t)
	if asked.Get("login_hint") != "ada@example.com" {
		t.Errorf("login_hint is %q", asked.Get("login_hint"))
	}
	if asked.Get("scope") != "openid profile email" || asked.Get("redirect_uri") != w.base+handlers.CallbackPath || asked.Get("client_id") != "app" ||
		asked.Get("state") == "evil" || asked.Has("max_age") || asked.Get("response_type") != "code" || asked.Get("code_challenge_method") != "S256" {
		t.Errorf("asks with %v", asked)
	}
	first, second := v.get("/login").asked(t), v.get("/login").asked(t)
	for _, name := range []string{"state", "nonce", "code_challenge"} {
		if first.Get(name) == "" || first.Get(name) == second.Get(name) {
			t.Errorf("%s is %q twice", name, first.Get(name))
		}
	}
}

// TestThirdPartyLogin: a sign-in that begins elsewhere (OpenID Connect Core section 4).
func TestThirdPartyLogin(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, c := range map[string]struct{ query, returns string }{
		"the issuer alone":               {queryOf("iss", w.provider), "/"},
		"with a page of this app":        {queryOf("iss", w.provider, "target_link_uri", w.base+"/profile?tab=1"), "/profile?tab=1"},
		"with a path":                    {queryOf("iss", w.provider, "target_link_uri", "/components"), "/components"},
		"with a page of another site":    {queryOf("iss", w.provider, "target_link_uri", "https://evil.example/profile"), "/"},
		"with a host that begins alike":  {queryOf("iss", w.provider, "target_link_uri", w.base+".evil.example/"), "/"},
		"with this app as the user":      {queryOf("iss", w.provider, "target_link_uri", w.base+"@evil.example/"), "/"},
		"with two slashes":               {queryOf("iss", w.provider, "target_link_uri", w.base+"//evil.example/"), "/"},
		"return_to is not for outsiders": {queryOf("iss", w.provider, "return_to", "/profile"), "/"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := w.visitor(t)
			begin := v.get("/login?" + c.query)
			if name == "the issuer alone" { // a form of the provider's, which another site's page posts
				begin = v.post("/login", c.query+"&login_hint=ada", "Sec-Fetch-Site", "cross-site", "Origin", w.provider)
				if got := begin.asked(t).Get("login_hint"); got != "ada" {
					t.Errorf("login_hint is %q", got)
				}
			}
			checkAnswer(t, "its end", v.get(v.answerOf(begin.location(), "ada")), 303, c.returns)
			if again := v.get("/login?" + c.query); again.status != 303 || !strings.HasPrefix(again.location(), w.provider) {
				t.Errorf("somebody who is signed in already gets %d %q", again.status, again.location())
			}
		})
	}
	v := w.visitor(t)
	for _, iss := range []string{"https://evil.example", w.provider + "/", strings.ToUpper(w.provider), w.provider + ".evil.example"} {
		for _, a := range []*answer{v.get("/login?" + queryOf("iss", iss)), v.post("/login", queryOf("iss", iss))} {
			if a.status != 400 || a.location() != "" || !strings.Contains(a.body, "This sign-in link is for another service") || v.attempts() != 0 {
				t.Errorf("iss=%s: got status %d and Location %q", iss, a.status, a.location())
			}
		}
	}
	if a := v.post("/login", "return_to=%zz"); a.status != 400 || v.attempts() != 0 {
		t.Errorf("a form that cannot be read: got status %d", a.status)
	}
}

// TestCallback: an answer of the provider counts once, in the browser that asked, for ten minutes.
func TestCallback(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	stale := func(t *testing.T, v *visitor, path string) {
		t.Helper()
		a := v.get(path)
		if a.status != 400 || !strings.Contains(a.body, "This sign-in has expired") || !strings.Contains(a.body, `href="/login"`) {
			t.Errorf("got status %d: %s", a.status, a.body)
		}
		if v.isSignedIn() {
			t.Error("somebody is signed in")
		}
	}
	t.Run("in another browser", func(t *testing.T) {
		stale(t, w.visitor(t), w.visitor(t).callback("ada"))
	})
	t.Run("with another state", func(t *testing.T) {
		v := w.visitor(t)
		stale(t, v, strings.Replace(v.callback("ada"), "state=", "state=x", 1))
	})
	t.Run("twice, signed in and out", func(t *testing.T) {
		v := w.visitor(t)
		answer := v.callback("ada")
		checkAnswer(t, "the first time", v.get(answer), 303, "/")
		checkAnswer(t, "the second time", v.get(answer), 303, "/")
		if !v.isSignedIn() {
			t.Error("not signed in")
		}
		v.post("/logout", "")
		stale(t, v, answer)
	})
	t.Run("too late", func(t *testing.T) {
		w := newWorld(t)
		v := w.visitor(t)
		answer := v.callback("ada")
		w.later(11 * time.Minute)
		stale(t, v, answer)
	})
	t.Run("begun by bob's friend, while bob is signed in", func(t *testing.T) {
		v := w.signedIn(t, "bob")
		checkAnswer(t, "the answer", v.get(w.visitor(t).callback("ada")), 303, "/")
		if body := v.get("/").body; !strings.Contains(body, "bob") || strings.Contains(body, "ada") {
			t.Error("bob is somebody else now")
		}
	})
}

// TestLongForms: what a route does with a form that is longer than the server reads.
func TestLongForms(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	long := "return_to=/profile&x=" + strings.Repeat("x", 64<<10)
	ada := w.signedIn(t, "ada")
	for path, want := range map[string]int{"/login": 400, "/logout/backchannel": 400} {
		if a := ada.post(path, long); a.status != want {
			t.Errorf("%s: got status %d, want %d", path, a.status, want)
		}
	}
	if !ada.isSignedIn() || ada.attempts() != 0 {
		t.Error("it did something all the same")
	}
}

// queryOf encodes names and values.
func queryOf(pairs ...string) string {
	v := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		v.Set(pairs[i], pairs[i+1])
	}
	return v.Encode()
}
