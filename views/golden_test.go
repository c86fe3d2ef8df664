package views

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/a-h/templ"
)

var update = flag.Bool("update", false, "write the golden files")

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func testPage(signedIn bool) PageProps {
	p := PageProps{Stylesheet: "/assets/app-1.css", Script: "/assets/app-2.js", Htmx: "/assets/htmx-5.js", Icon: "/assets/favicon-3.svg"}
	p.Session.FragmentURL = "/fragments/session?was=k1&page=public"
	if signedIn {
		p.Session.SignedIn, p.Session.Name, p.Session.Key = true, "ada", "k1"
	}
	return p
}

const testClaims = `{"sub":"5f6d1c9e-0b1a-4c60-9a52-7d0f0c7a4b21","name":"Ada Lovelace","given_name":"Ada","family_name":"Lovelace","username":"ada","email":"ada@example.com","email_verified":true,"locale":"en-GB","updated_at":1793638800,"iss":"https://example.plusauth.com","plan":"pro"}`

func testCard() ProfileCardProps {
	return ProfileCardProps{
		Name: "Ada Lovelace", Email: "ada@example.com", EmailVerified: true, Subject: "1", Claims: []byte(testClaims),
		Updated: noon, Now: noon, RefreshURL: "/profile", FragmentURL: "/fragments/profile",
	}
}

// pages are all pages, each in the states that differ.
func pages() map[string]templ.Component {
	home := HomeProps{
		Issuer: "http://127.0.0.1:9998", Client: "confidential", DevUsers: []string{"ada", "bob"}, DevPassword: "password",
		Began: noon, Ends: noon.Add(24 * time.Hour),
	}
	down := HomeProps{Notice: "Sessions can't be reached right now: you are shown as signed out."}
	refused := NoticeProps{
		Title: "The sign-in was cancelled", Message: "Nobody is signed in.", Action: "Try again", ActionURL: "/login",
		Status: 403, RequestID: "r1", Details: []NoticeDetail{{"error", "access_denied"}},
	}
	return map[string]templ.Component{
		"page-home":           HomePage(testPage(false), home),
		"page-home-signed-in": HomePage(testPage(true), home),
		"page-home-down":      HomePage(testPage(false), down),
		"page-home-empty":     HomePage(PageProps{}, HomeProps{}),
		"page-profile":        ProfilePage(testPage(true), testCard()),
		"page-profile-empty":  ProfilePage(PageProps{}, ProfileCardProps{}),
		"page-notice":         NoticePage(testPage(false), refused),
		"page-notice-empty":   NoticePage(PageProps{}, NoticeProps{}),
		"page-logout":         LogoutPage(testPage(true)),
	}
}

func stylesheet(component string) string {
	css, err := os.ReadFile("../assets/css/" + component + ".css")
	if err != nil {
		return ""
	}
	return string(css)
}

func TestPages(t *testing.T) {
	t.Parallel()
	for name, page := range pages() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			golden(t, name, format(html(t, page)))
		})
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name+".html")
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got == string(want) {
		return
	}
	gotLines, wantLines := strings.Split(got, "\n"), strings.Split(string(want), "\n")
	for i := range max(len(gotLines), len(wantLines)) {
		g, w := line(gotLines, i), line(wantLines, i)
		if g != w {
			t.Fatalf("%s, line %d:\n got %s\nwant %s\nIf this is meant: go test ./views -update, then read the difference.", file, i+1, g, w)
		}
	}
}

func line(lines []string, i int) string {
	if i < len(lines) {
		return lines[i]
	}
	return "(end)"
}
