package views

import (
	"bytes"
	"context"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/a-h/templ"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// testPage returns the props of a page on which ada is signed in, or nobody.
func testPage(signedIn bool) PageProps {
	p := PageProps{
		Stylesheet: "/assets/app-1.css", Script: "/assets/app-2.js", Icon: "/assets/favicon-3.svg", Htmx: "/assets/htmx-4.js",
	}
	p.Session.FragmentURL = "/fragments/session?was=&page=public"
	if signedIn {
		p.Session.SignedIn, p.Session.Name, p.Session.Key = true, "ada", "k1"
		p.Session.FragmentURL = "/fragments/session?was=k1&page=public"
	}
	return p
}

func testCard() ProfileCardProps {
	const claims = `{"sub":"1","name":"Ada Lovelace","given_name":"Ada","username":"ada","email":"ada@example.com",` +
		`"email_verified":true,"updated_at":1793638800,"iss":"https://example.plusauth.com","plan":"pro"}`
	return ProfileCardProps{
		Name: "Ada Lovelace", Email: "ada@example.com", EmailVerified: true, Claims: []byte(claims),
		Updated: noon, Now: noon, RefreshURL: "/profile", FragmentURL: "/fragments/profile",
		AccountURL: "https://example.plusauth.com/account",
	}
}

func testSessions() SessionsProps {
	return SessionsProps{AccountURL: "https://example.plusauth.com/account", List: SessionListProps{Items: []SessionItem{
		{Ref: "r1", Current: true, Device: "Firefox on Linux", SignedIn: noon, LastUsed: noon},
		{Ref: "r2", Device: "Safari on iOS", SignedIn: noon, LastUsed: noon.Add(-time.Hour)},
	}}}
}

func testHead() AccountHeadProps {
	return AccountHeadProps{Name: "Ada Lovelace", Email: "ada@example.com", EmailVerified: true, Subject: "1"}
}

func testHome() HomeProps {
	return HomeProps{
		Issuer:      "http://127.0.0.1:9998/tenant",
		People:      []Persona{{Name: "Ada", URL: "/login?login_hint=ada"}, {Name: "Bob", URL: "/login?login_hint=bob"}},
		Settings:    []HomeSetting{{Name: "AUTH_URL", State: "set", OK: true}, {Name: "CLIENT_ID", State: "not set"}},
		RedirectURI: "http://localhost:3000/login/callback",
		Idle:        time.Hour,
		Began:       noon, Ends: noon.Add(24 * time.Hour),
	}
}

// testPages returns every page, each in the states in which its markup differs.
func testPages() map[string]templ.Component {
	notice := NoticeProps{
		Title: "Gone", Message: "It left.", Action: "Again", ActionURL: "/login", Status: 410, RequestID: "r1",
		Details: []NoticeDetail{{"Code", "access_denied"}},
	}
	return map[string]templ.Component{
		"home, signed out":     HomePage(testPage(false), testHome()),
		"home, signed in":      HomePage(testPage(true), testHome()),
		"home, with a notice":  HomePage(testPage(false), HomeProps{Notice: "Reload."}),
		"home, with a message": HomePage(PageProps{Flash: FlashProps{Text: "You are signed out."}}, testHome()),
		"home, zero value":     HomePage(PageProps{}, HomeProps{}),
		"profile":              ProfilePage(testPage(true), testHead(), testCard(), testTabs()),
		"profile, zero value":  ProfilePage(PageProps{}, AccountHeadProps{}, ProfileCardProps{}, testTabs()),
		"notice":               NoticePage(testPage(false), notice, nil),
		"notice, zero value":   NoticePage(PageProps{}, NoticeProps{}, nil),
		"logout":               LogoutPage(testPage(true)),
		"sessions":             SessionsPage(testPage(true), testHead(), testSessions(), testTabs()),
		"sessions, zero value": SessionsPage(PageProps{}, AccountHeadProps{}, SessionsProps{}, TabsProps{}),
		"signed out":           SignedOutPage(testPage(false), SignInPromptProps{Reason: "Your session ended."}),
		"logout, zero value":   LogoutPage(PageProps{}),
		"any page, zero value": Page(PageProps{}),
	}
}

// html renders a component.
func html(t *testing.T, c templ.Component) string {
	t.Helper()
	var out bytes.Buffer
	if err := c.Render(context.Background(), &out); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// text returns the text between the tags, without the title and with single spaces.
func text(html string) string {
	tags := regexp.MustCompile(`(?s)<title>.*?</title>|<[^>]*>`)
	return strings.Join(strings.Fields(tags.ReplaceAllString(html, "")), " ")
}

func testTabs() TabsProps {
	return TabsProps{Label: "Account", Items: []Tab{{"Profile", "/profile", true}, {"Sessions", "/sessions", false}}}
}
