package testapp_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/plusauth/plusauth-go-starter/auth"
	"github.com/plusauth/plusauth-go-starter/internal/testapp"
)

func TestSignInAndOut(t *testing.T) {
	t.Parallel()
	for name, baseURL := range map[string]string{"http": "", "https": "https://app.example"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			app := testapp.New(t, testapp.Options{BaseURL: baseURL})
			ada, bob := app.Browser(t), app.Browser(t)
			if ada.IsSignedIn() {
				t.Error("signed in before the sign-in")
			}
			ada.SignIn("ada").Click("/profile").WantURL(http.StatusOK, app.URL+"/profile")
			ada.WantText("ada@example.com")
			if !ada.IsSignedIn() || bob.IsSignedIn() {
				t.Errorf("signed in: ada %t, bob %t, want ada alone", ada.IsSignedIn(), bob.IsSignedIn())
			}
			ada.Click("Logout").WantURL(http.StatusOK, app.URL+"/")
			if ada.IsSignedIn() {
				t.Error("signed in after the sign-out")
			}
		})
	}
}

func TestOverride(t *testing.T) {
	t.Parallel()
	app := testapp.New(t, testapp.Options{})
	b := app.Browser(t)
	token := func() int {
		t.Helper()
		resp, err := b.Try("GET", app.Provider.URL+"/.well-known/openid-configuration", "")
		if err != nil {
			return 0
		}
		return resp.Status
	}
	for _, step := range []struct {
		path    string
		handler http.HandlerFunc
		want    int
	}{
		{"/other", testapp.Unavailable, 200},
		{"/.well-known/openid-configuration", testapp.Respond(418, "text/plain", ""), 418},
		{"", testapp.Unavailable, 418},
		{"/.well-known/openid-configuration", nil, 0},
		{"", nil, 200},
	} {
		app.Provider.Override(step.path, step.handler)
		if got := token(); got != step.want {
			t.Errorf("after the override of %q: got status %d, want %d", step.path, got, step.want)
		}
	}
	requested, release := app.Provider.Hold("/.well-known/openid-configuration")
	got := make(chan int, 1)
	go func() { got <- token() }()
	<-requested
	select {
	case <-got:
		t.Error("got a response that is held")
	default:
	}
	release()
	if got := <-got; got != 200 {
		t.Errorf("after the release: got status %d", got)
	}
}

// TestStoreDown calls every method of auth.Store, so that a new one cannot be forgotten.
func TestStoreDown(t *testing.T) {
	t.Parallel()
	store := testapp.New(t, testapp.Options{}).Store
	store.SetDown(true)
	methods := reflect.TypeFor[auth.Store]()
	for i := range methods.NumMethod() {
		method := methods.Method(i)
		if method.Name == "Close" {
			continue
		}
		var args []reflect.Value
		for j := range method.Type.NumIn() {
			if arg := method.Type.In(j); arg.Name() == "Context" {
				args = append(args, reflect.ValueOf(t.Context()))
			} else {
				args = append(args, reflect.Zero(arg))
			}
		}
		results := reflect.ValueOf(store).MethodByName(method.Name).Call(args)
		if err, _ := results[len(results)-1].Interface().(error); !errors.Is(err, testapp.ErrStoreDown) {
			t.Errorf("%s: got %v, want ErrStoreDown", method.Name, err)
		}
	}
	store.SetDown(false)
	if err := store.Ping(t.Context()); err != nil {
		t.Errorf("after SetDown(false): %v", err)
	}
}

func TestAdvanceClock(t *testing.T) {
	t.Parallel()
	app := testapp.New(t, testapp.Options{Auth: auth.Config{IdleTimeout: time.Hour, ClientID: "other"}})
	ada := app.Browser(t).SignIn("ada")
	app.AdvanceClock(59 * time.Minute)
	if !ada.IsSignedIn() {
		t.Error("signed out before the idle timeout")
	}
	app.AdvanceClock(61 * time.Minute)
	if ada.IsSignedIn() {
		t.Error("signed in after the idle timeout")
	}
}

// TestBrowserHeaders checks the headers that tell the app where a request comes from.
func TestBrowserHeaders(t *testing.T) {
	t.Parallel()
	var first, second *httptest.Server
	echo := func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got := []string{r.Method, r.URL.Path, r.Header.Get("Sec-Fetch-Site"), r.Header.Get("Origin"), string(body)}
		io.WriteString(w, `<p>`+strings.Join(got, " ")+`</p>
			<script>p</script><noscript><a href="/noscript">No script</a></noscript>
			<a>Here</a><a href="/here"><b>H</b>ere</a><a href="`+second.URL+`/there">There</a>
			<a href="/away">Away</a>
			<form method="post" action="/form">
				<input name="kept" value="1"><input name="name"><button name="do" value="it">Send</button>
			</form>
			<form action="/search"><input name="q"><button>Search</button></form>`)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/", echo)
	mux.HandleFunc("/away", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, second.URL+"/back", http.StatusSeeOther)
	})
	mux.HandleFunc("/back", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, first.URL+"/end", http.StatusSeeOther)
	})
	first, second = httptest.NewServer(mux), httptest.NewServer(mux)
	defer first.Close()
	defer second.Close()
	b := testapp.NewBrowser(t, first.URL)
	want := func(text string) {
		t.Helper()
		if got := b.Page.Element("p"); got != text {
			t.Errorf("got %q, want %q", got, text)
		}
	}
	b.Open("/")
	want("GET / none")
	b.Click("Here")
	want("GET /here same-origin")
	b.Click("No script")
	want("GET /noscript same-origin")
	b.Submit("name", "a b")
	want("POST /form same-origin " + first.URL + " do=it&kept=1&name=a+b")
	b.Click("it")
	want("POST /form same-origin " + first.URL + " do=it&kept=1&name=")
	b.Submit("q", "x")
	want("GET /search same-origin")
	if got := b.Page.URL.RawQuery; got != "q=x" {
		t.Errorf("the form was sent with the query %q", got)
	}
	b.Click("/away")
	want("GET /end cross-site")
	b.Open("/").Click("There")
	want("GET /there cross-site")
	b.Open("/").Navigate(http.MethodPost, "/form", nil, "cross-site")
	want("POST /form cross-site https://evil.example")
	if got := b.Get("/away").Status; got != http.StatusSeeOther {
		t.Errorf("Get followed a redirect: got status %d", got)
	}
}
