package views

import (
	"strings"
	"testing"
)

// TestFixedWords checks the words that all starters of this family share, because tutorials and end-to-end tests look
// for them. Other tests use IDs, roles and classes, so that a change of wording or brand breaks this file alone.
func TestFixedWords(t *testing.T) {
	t.Parallel()
	noEmail := testCard()
	noEmail.Email = ""
	for name, tc := range map[string]struct {
		html       string
		want, lack []string
	}{
		"home, signed out": {
			html: html(t, HomePage(testPage(false), HomeProps{})),
			want: []string{"Plusauth Starter", "<title>Plusauth Starter</title>", "Hello, world!", "Login", "Login/Register »"},
			lack: []string{"Logout", "Logged in as:", "View Profile »"},
		},
		"home, signed in": {
			html: html(t, HomePage(testPage(true), testHome())),
			want: []string{"Plusauth Starter", "Logged in as: ada", "Logout", "View Profile »"},
			lack: []string{"Login/Register »", "Hello, world!"},
		},
		"profile": {
			html: html(t, ProfilePage(testPage(true), testHead(), testCard(), testTabs())),
			want: []string{"Plusauth Starter", "Welcome ada@example.com!", "User object:", "Logged in as: ada", "Logout"},
		},
		"profile without an email address": {
			html: html(t, ProfilePage(testPage(true), AccountHeadProps{Name: "Ada Lovelace"}, noEmail, testTabs())),
			want: []string{"Welcome Ada Lovelace!", "User object:"},
		},
		"logout": {
			html: html(t, LogoutPage(testPage(true))),
			want: []string{"Plusauth Starter", "Logout"},
		},
		"sessions": {
			html: html(t, SessionsPage(testPage(true), testHead(), testSessions(), testTabs())),
			want: []string{
				"Firefox on Linux", "this browser", "Safari on iOS", "23 Nov 2026, 12:00 UTC", "Sign out everywhere else",
				`aria-label="End session of Safari on iOS, signed in 23 Nov 12:00"`, "Sign out everywhere",
				"Manage your account at example.plusauth.com", "Welcome ada@example.com!",
			},
		},
		"notice": {
			html: html(t, NoticePage(testPage(false), NoticeProps{Title: "Gone"}, nil)),
			want: []string{"<title>Gone · Plusauth Starter</title>", "Login"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := text(tc.html)
			for _, want := range tc.want {
				if !strings.Contains(got, want) && !strings.Contains(tc.html, want) {
					t.Errorf("%q is missing in %q", want, got)
				}
			}
			for _, lack := range tc.lack {
				if strings.Contains(got, lack) {
					t.Errorf("%q should not be in %q", lack, got)
				}
			}
		})
	}
}
