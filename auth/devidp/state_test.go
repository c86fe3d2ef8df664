package devidp_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/plusauth/plusauth-go-starter/auth/devidp"
)

// restart closes the provider and starts it again on the same address, with the same file.
func (w *world) restart(change func(*devidp.Config)) {
	w.Helper()
	if err := w.Close(); err != nil {
		w.Fatal(err)
	}
	if change != nil {
		change(&w.cfg)
	}
	p, err := devidp.New(w.cfg)
	if err != nil {
		w.Fatal(err)
	}
	w.Cleanup(func() { p.Close() })
	w.Provider = p
	w.handler.Store(p)
}

func TestEverythingSurvivesARestart(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "data", "devidp.json")
	w := newWorld(t, func(cfg *devidp.Config) { cfg.File = file })
	browser := w.browser()
	resp, _ := w.get(browser, w.authURL("prompt", "create"))
	resp, _ = w.post(browser, resp.Request.URL.String(), url.Values{"name": {"Grace Hopper"}, "email": {"grace@example.com"}, "password": {"nanoseconds"}})
	token, err := w.oauth.Exchange(w.ctx, resp.Request.URL.Query().Get("code"), verifier())
	if err != nil {
		t.Fatal(err)
	}
	hint := token.Extra("id_token").(string)
	ada := w.offline("ada")

	w.restart(nil)
	if _, err := w.verifier.Verify(w.ctx, hint); err != nil {
		t.Errorf("the signing key: %v", err)
	}
	if got := w.page(browser, "prompt", "none"); got != "code" {
		t.Errorf("the session: %s", got)
	}
	if body := w.userinfo(token.AccessToken, 200); jsonField(body, "name") != "Grace Hopper" || jsonField(body, "username") != "grace" {
		t.Errorf("the person: %s", body)
	}
	if ada, err = w.refresh(ada.RefreshToken); err != nil {
		t.Errorf("the refresh token: %v", err)
	}
	elsewhere := w.browser()
	resp, body := w.post(elsewhere, w.Issuer()+"/signin", url.Values{"login": {"Grace@Example.com "}, "password": {"nanoseconds"}})
	if !w.signedIn(elsewhere) {
		t.Errorf("the password: %d %s", resp.StatusCode, body)
	}

	// With another algorithm the old key still says who the hint is from.
	w.restart(func(cfg *devidp.Config) { cfg.SigningAlg = "ES256" })
	resp, _ = w.leave(browser, "GET", url.Values{"id_token_hint": {hint}, "post_logout_redirect_uri": {w.app.URL + "/bye"}})
	if resp.Request.URL.Path != "/bye" {
		t.Errorf("sign-out with a hint of the old key: at %s", resp.Request.URL)
	}

	info, err := os.Stat(file)
	if err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	saved, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	session := w.cookie(elsewhere)
	for name, secret := range map[string]string{
		"refresh token": ada.RefreshToken, "half of the refresh token": strings.Split(ada.RefreshToken, ".")[1],
		"access token": ada.AccessToken, "password": "nanoseconds", "session cookie": session, "half of the session cookie": strings.Split(session, ".")[1],
	} {
		if strings.Contains(string(saved), secret) {
			t.Errorf("the file has the %s", name)
		}
	}
	left, err := filepath.Glob(filepath.Join(filepath.Dir(file), "*"))
	if err != nil || !slices.Equal(left, []string{file}) {
		t.Errorf("in the folder: %v, %v", left, err)
	}
}

// cookie is the value of the session cookie.
func (w *world) cookie(browser *http.Client) string {
	w.Helper()
	u, err := url.Parse(w.Issuer())
	if err != nil {
		w.Fatal(err)
	}
	cookies := browser.Jar.Cookies(u)
	if len(cookies) != 1 || !strings.HasPrefix(cookies[0].Name, "devidp-") {
		w.Fatalf("cookies %v", cookies)
	}
	return cookies[0].Value
}

func TestBrokenFile(t *testing.T) {
	t.Parallel()
	good := filepath.Join(t.TempDir(), "good.json")
	p, err := devidp.New(devidp.Config{Issuer: devidp.DefaultIssuer, File: good, SigningAlg: "EdDSA"})
	if err != nil {
		t.Fatal(err)
	}
	p.Close()
	whole, err := os.ReadFile(good)
	if err != nil {
		t.Fatal(err)
	}
	without := func(name string) string {
		var m map[string]any
		if err := json.Unmarshal(whole, &m); err != nil {
			t.Fatal(err)
		}
		delete(m, name)
		return mustJSON(t, m)
	}
	for name, contents := range map[string]string{
		"empty": "", "not JSON": "hello", "half": string(whole[:len(whole)/2]), "another version": strings.Replace(string(whole), `"version": 1`, `"version": 9`, 1),
		"JSON of something else": `{"a":1}`, "null": "null", "no version": without("version"), "no seal": without("seal"), "no sessions": without("sessions"),
		"a key that is none":         strings.Replace(string(whole), `"pkcs8": "`, `"pkcs8": "AAAA`, 1),
		"a key of another algorithm": strings.Replace(string(whole), `"EdDSA"`, `"RS256"`, 1),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "devidp.json")
			if err := os.WriteFile(file, []byte(contents), 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := devidp.New(devidp.Config{Issuer: devidp.DefaultIssuer, File: file, SigningAlg: "EdDSA"})
			if err == nil || !strings.Contains(err.Error(), file) || !strings.Contains(err.Error(), "Remove it to begin afresh") {
				t.Errorf("error %v", err)
			}
			if now, err := os.ReadFile(file); err != nil || string(now) != contents {
				t.Error("the file was changed")
			}
			if err := os.Remove(file); err != nil {
				t.Fatal(err)
			}
			p, err := devidp.New(devidp.Config{Issuer: devidp.DefaultIssuer, File: file, SigningAlg: "EdDSA"})
			if err != nil {
				t.Fatalf("after what the error says to do: %v", err)
			}
			p.Close()
		})
	}
}

func TestAFileThatCannotBeWrittenSignsNobodyIn(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data")
	w := newWorld(t, func(cfg *devidp.Config) { cfg.File = filepath.Join(dir, "devidp.json") })
	if err := os.Rename(dir, dir+"-gone"); err != nil {
		t.Fatal(err)
	}
	browser := w.browser()
	resp, _ := w.post(browser, w.Issuer()+"/signin", url.Values{"person": {"ada"}})
	if resp.StatusCode != 500 || len(resp.Cookies()) > 0 {
		t.Errorf("status %d, cookies %v", resp.StatusCode, resp.Cookies())
	}
	if err := os.Rename(dir+"-gone", dir); err != nil {
		t.Fatal(err)
	}
	w.tokens(browser, "ada")
}

func TestHundredSignInsAtOnceStayInTheFile(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(cfg *devidp.Config) { cfg.File = filepath.Join(t.TempDir(), "devidp.json") })
	done := make(chan bool)
	for range 100 {
		go func() {
			resp, err := w.browser().PostForm(w.Issuer()+"/signin", url.Values{"person": {"ada"}})
			if err == nil {
				resp.Body.Close()
			}
			done <- err == nil
		}()
	}
	for range 100 {
		if !<-done {
			t.Error("a sign-in failed")
		}
	}
	w.restart(nil)
	browser := w.browser()
	w.tokens(browser, "ada")
	if _, body := w.get(browser, w.Issuer()+"/"); !strings.Contains(body, "101 sessions") {
		t.Error(body)
	}
}
