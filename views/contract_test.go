package views

import (
	"strings"
	"testing"
)

// The words that tests and tutorials of the family rely on.
func TestWords(t *testing.T) {
	t.Parallel()
	noEmail := testCard()
	noEmail.Email = ""
	for _, tc := range []struct {
		name       string
		html       string
		want, lack []string
	}{
		{"home, signed out", html(t, HomePage(testPage(false), HomeProps{})),
			[]string{"Plusauth Starter", "Hello, world!", "Login", "Login/Register »"}, []string{"Logout", "Logged in as:"}},
		{"home, signed in", html(t, HomePage(testPage(true), HomeProps{DevUsers: []string{"ada"}})),
			[]string{"Plusauth Starter", "Logged in as: ada", "Logout", "View Profile »"}, []string{"Login/Register", "Hello, world!", "Development provider"}},
		{"home, with a development provider", html(t, HomePage(testPage(false), HomeProps{DevUsers: []string{"ada", "bob", "grace"}, DevPassword: "pw"})),
			[]string{"Development provider is on", "Sign in as ada, bob or grace with the password pw"}, nil},
		{"profile", html(t, ProfilePage(testPage(true), testCard())),
			[]string{"Welcome ada@example.com!", "User object:", "verified", "Logged in as: ada", "Logout"}, []string{"not verified"}},
		{"profile without email", html(t, ProfilePage(testPage(true), noEmail)),
			[]string{"Welcome Ada Lovelace!", "User object:"}, nil},
		{"logout", html(t, LogoutPage(testPage(true))),
			[]string{"Do you want to sign out?", "Logout"}, nil},
		{"error", html(t, NoticePage(testPage(false), NoticeProps{Title: "Gone", Message: "It left.", Action: "Again", Status: 410, RequestID: "r7"})),
			[]string{"Gone", "It left.", "Again", "410", "Request r7"}, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			text := words(tc.html)
			for _, want := range tc.want {
				if !strings.Contains(text, want) {
					t.Errorf("%q is missing in %q", want, text)
				}
			}
			for _, lack := range tc.lack {
				if strings.Contains(text, lack) {
					t.Errorf("%q should not be in %q", lack, text)
				}
			}
		})
	}
}

func TestMarkup(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, html, want string }{
		{"the login is a link", html(t, HomePage(testPage(false), HomeProps{})), `<a class="btn btn-primary btn-lg" href="/login">`},
		{"the name leads to the profile", html(t, HomePage(testPage(true), HomeProps{})), `<a class="nav-link" href="/profile">`},
		{"the logout is posted", html(t, HomePage(testPage(true), HomeProps{})), `<form action="/logout" method="post">`},
		{"the logout page posts too", words(html(t, LogoutPage(testPage(false)))), "Do you want to sign out?"},
		{"Hello, world! is a heading", html(t, HomePage(testPage(false), HomeProps{})), "<h1>Hello, world!</h1>"},
		{"the welcome is a heading", html(t, ProfilePage(testPage(true), testCard())), "<h1>Welcome <bdi>ada@example.com</bdi>!</h1>"},
		{"the user object is indented JSON", html(t, ProfilePage(testPage(true), testCard())), "{\n  &#34;sub&#34;: &#34;5f6d1c9e-0b1a-4c60-9a52-7d0f0c7a4b21&#34;,\n"},
		{"refresh works without scripts", html(t, ProfilePage(testPage(true), testCard())), `<form action="/profile" method="post" `},
		{"the profile has a title", html(t, ProfilePage(testPage(true), testCard())), "<title>Profile · Plusauth Starter</title>"},
		{"the home page has a title", html(t, HomePage(testPage(true), HomeProps{})), "<title>Plusauth Starter</title>"},
		{"the error is the title", html(t, NoticePage(testPage(true), NoticeProps{Title: "Gone"})), "<title>Gone · Plusauth Starter</title>"},
		{"the caller's title wins", html(t, ProfilePage(PageProps{Title: "You"}, testCard())), "<title>You · Plusauth Starter</title>"},
		{"a fragment's error is announced", html(t, Notice(NoticeProps{Fragment: true, ID: "profile"})), `id="profile" role="alert"`},
		{"the session's key is on the login state", html(t, LoginState(LoginStateProps{Key: "k1"})), ` data-session="k1"`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if !strings.Contains(tc.html, tc.want) {
				t.Errorf("%s is missing in\n%s", tc.want, format(tc.html))
			}
		})
	}
}

// Without a URL to ask, a component asks nothing: no htmx in the gallery, or where there is no htmx.
func TestFragmentsAskOnlyWhenTold(t *testing.T) {
	t.Parallel()
	card := testCard()
	card.FragmentURL = ""
	for name, got := range map[string]string{
		"login state":  html(t, LoginState(LoginStateProps{SignedIn: true, Name: "ada"})),
		"profile card": html(t, ProfileCard(card)),
	} {
		if strings.Contains(got, "data-hx") || strings.Contains(got, "data-offline") {
			t.Errorf("%s: %s", name, got)
		}
	}
	for name, got := range map[string]string{
		"login state":  html(t, LoginState(LoginStateProps{Key: `"<&`, FragmentURL: "/s"})),
		"profile card": html(t, ProfileCard(testCard())),
	} {
		if !strings.Contains(got, "data-hx") {
			t.Errorf("%s does not ask: %s", name, got)
		}
	}
	got := html(t, LoginState(LoginStateProps{FragmentURL: "/s?was=k1&page=public"}))
	if want := `data-hx-get="/s?was=k1&amp;page=public"`; !strings.Contains(got, want) {
		t.Errorf("%s is missing in %s", want, got)
	}
}
