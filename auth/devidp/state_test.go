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

// restart closes the provider and starts another one at the same address with the same file.
func (e *testEnv) restart(change func(*devidp.Config)) {
	e.Helper()
	if err := e.Close(); err != nil {
		e.Fatal(err)
	}
	if change != nil {
		change(&e.config)
	}
	p, err := devidp.New(e.config)
	if err != nil {
		e.Fatal(err)
	}
	e.Cleanup(func() { p.Close() })
	e.Provider = p
	e.handler.Store(p)
}

func TestStateSurvivesRestart(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "data", "devidp.json")
	e := newTestEnv(t, func(cfg *devidp.Config) { cfg.File = file })
	browser := e.browser()
	resp, _ := e.get(browser, e.authURL("prompt", "create"))
	resp, _ = e.post(browser, resp.Request.URL.String(), url.Values{
		"name": {"Grace Hopper"}, "email": {"grace@example.com"}, "password": {"nanoseconds"},
	})
	token, err := e.oauth.Exchange(e.ctx, resp.Request.URL.Query().Get("code"), verifier())
	if err != nil {
		t.Fatal(err)
	}
	hint := token.Extra("id_token").(string)
	ada := e.offlineTokens()

	e.restart(nil)
	if _, err := e.verifier.Verify(e.ctx, hint); err != nil {
		t.Errorf("signing key: %v", err)
	}
	if got := e.pageAfter(browser, "prompt", "none"); got != "code" {
		t.Errorf("session: got %s", got)
	}
	claims := e.userinfo(token.AccessToken, 200)
	if jsonField(claims, "name") != "Grace Hopper" || jsonField(claims, "username") != "grace" {
		t.Errorf("registered user: %s", claims)
	}
	if ada, err = e.refresh(ada.RefreshToken); err != nil {
		t.Errorf("refresh token: %v", err)
	}
	elsewhere := e.browser()
	resp, body := e.post(elsewhere, e.Issuer()+"/signin", url.Values{
		"login": {"Grace@Example.com "}, "password": {"nanoseconds"},
	})
	if !e.signedIn(elsewhere) {
		t.Errorf("password: %d %s", resp.StatusCode, body)
	}

	// After a change of the algorithm, the old key still verifies id_token_hints.
	e.restart(func(cfg *devidp.Config) { cfg.SigningAlg = "ES256" })
	resp, _ = e.endSession(browser, "GET", url.Values{
		"id_token_hint": {hint}, "post_logout_redirect_uri": {e.app.URL + "/bye"},
	})
	if resp.Request.URL.Path != "/bye" {
		t.Errorf("sign-out with a hint signed by the old key: at %s", resp.Request.URL)
	}

	info, err := os.Stat(file)
	if err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	saved, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	session := e.cookie(elsewhere)
	for name, secret := range map[string]string{
		"refresh token": ada.RefreshToken, "secret of the refresh token": strings.Split(ada.RefreshToken, ".")[1],
		"access token": ada.AccessToken, "password": "nanoseconds",
		"session cookie": session, "secret of the session cookie": strings.Split(session, ".")[1],
	} {
		if strings.Contains(string(saved), secret) {
			t.Errorf("the file contains the %s", name)
		}
	}
	left, err := filepath.Glob(filepath.Join(filepath.Dir(file), "*"))
	if err != nil || !slices.Equal(left, []string{file}) {
		t.Errorf("files in the folder: %v, %v", left, err)
	}
}

// cookie returns the value of the session cookie.
func (e *testEnv) cookie(browser *http.Client) string {
	e.Helper()
	u, err := url.Parse(e.Issuer())
	if err != nil {
		e.Fatal(err)
	}
	cookies := browser.Jar.Cookies(u)
	if len(cookies) != 1 || !strings.HasPrefix(cookies[0].Name, "devidp-") {
		e.Fatalf("cookies %v", cookies)
	}
	return cookies[0].Value
}

func TestInvalidFileIsReportedAndKept(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "good.json")
	p, err := devidp.New(devidp.Config{Issuer: devidp.DefaultIssuer, File: path, SigningAlg: "EdDSA"})
	if err != nil {
		t.Fatal(err)
	}
	p.Close()
	valid, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	without := func(name string) string {
		var m map[string]any
		if err := json.Unmarshal(valid, &m); err != nil {
			t.Fatal(err)
		}
		delete(m, name)
		return mustJSON(t, m)
	}
	for name, contents := range map[string]string{
		"empty": "", "not JSON": "hello", "truncated": string(valid[:len(valid)/2]),
		"other version": strings.Replace(string(valid), `"version": 1`, `"version": 9`, 1),
		"other JSON":    `{"a":1}`, "null": "null",
		"no version": without("version"), "no seal": without("seal"), "no sessions": without("sessions"),
		"invalid key":                strings.Replace(string(valid), `"pkcs8": "`, `"pkcs8": "AAAA`, 1),
		"a key of another algorithm": strings.Replace(string(valid), `"EdDSA"`, `"RS256"`, 1),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "devidp.json")
			if err := os.WriteFile(file, []byte(contents), 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := devidp.New(devidp.Config{Issuer: devidp.DefaultIssuer, File: file, SigningAlg: "EdDSA"})
			if err == nil || !strings.Contains(err.Error(), file) || !strings.Contains(err.Error(), "Remove it to start again") {
				t.Errorf("got error %v", err)
			}
			if now, err := os.ReadFile(file); err != nil || string(now) != contents {
				t.Error("the file was changed")
			}
			if err := os.Remove(file); err != nil {
				t.Fatal(err)
			}
			p, err := devidp.New(devidp.Config{Issuer: devidp.DefaultIssuer, File: file, SigningAlg: "EdDSA"})
			if err != nil {
				t.Fatalf("after the file was removed: %v", err)
			}
			p.Close()
		})
	}
}

func TestSignInFailsIfTheFileCannotBeWritten(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data")
	e := newTestEnv(t, func(cfg *devidp.Config) { cfg.File = filepath.Join(dir, "devidp.json") })
	if err := os.Rename(dir, dir+"-gone"); err != nil {
		t.Fatal(err)
	}
	browser := e.browser()
	resp, _ := e.post(browser, e.Issuer()+"/signin", url.Values{"person": {"ada"}})
	if resp.StatusCode != 500 || len(resp.Cookies()) > 0 {
		t.Errorf("status %d, cookies %v", resp.StatusCode, resp.Cookies())
	}
	if err := os.Rename(dir+"-gone", dir); err != nil {
		t.Fatal(err)
	}
	e.tokens(browser, "ada")
}

func TestConcurrentSignInsAreSaved(t *testing.T) {
	t.Parallel()
	e := newTestEnv(t, func(cfg *devidp.Config) { cfg.File = filepath.Join(t.TempDir(), "devidp.json") })
	for _, err := range concurrently(100, func() error {
		resp, err := e.browser().PostForm(e.Issuer()+"/signin", url.Values{"person": {"ada"}})
		if err == nil {
			resp.Body.Close()
		}
		return err
	}) {
		if err != nil {
			t.Error(err)
		}
	}
	e.restart(nil)
	browser := e.browser()
	e.tokens(browser, "ada")
	if _, body := e.get(browser, e.Issuer()+"/"); !strings.Contains(body, "101 browsers") {
		t.Error(body)
	}
}
