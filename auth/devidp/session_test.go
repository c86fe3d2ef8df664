package devidp_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/plusauth/plusauth-go-starter/auth/devidp"
)

func TestSessionCookie(t *testing.T) {
	t.Parallel()
	e := newTestEnv(t, nil)
	resp := e.sendForm("POST", e.Issuer()+"/signin", "", "", url.Values{"person": {"ada"}})
	c := resp.Cookies()[0]
	if !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.MaxAge != 12*60*60 ||
		c.Secure || c.Domain != "" || c.Name == "session" {
		t.Errorf("%+v", c)
	}
	https, err := devidp.New(devidp.Config{Issuer: "https://127.0.0.1:1", Key: sharedRSAKey()})
	if err != nil {
		t.Fatal(err)
	}
	defer https.Close()
	rec := httptest.NewRecorder()
	req := httptest.NewRequest("POST", "https://127.0.0.1:1/signin", strings.NewReader("person=ada"))
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	https.ServeHTTP(rec, req)
	if cookies := rec.Result().Cookies(); len(cookies) != 1 || !cookies[0].Secure {
		t.Errorf("https: %v", cookies)
	}
	id, _, _ := strings.Cut(c.Value, ".")
	for name, value := range map[string]string{
		"ID only": id, "empty secret": id + ".", "wrong secret": c.Value + "x", "empty": "",
	} {
		browser := e.browser()
		u, _ := url.Parse(e.Issuer())
		browser.Jar.SetCookies(u, []*http.Cookie{{Name: c.Name, Value: value}})
		if e.signedIn(browser) {
			t.Errorf("%s: signed in", name)
		}
	}
}
