package views

import (
	"regexp"
	"strings"
	"testing"
)

func TestMarkup(t *testing.T) {
	t.Parallel()
	notice := NoticeProps{
		Title: "Gone", Message: "It left.", Action: "Again", ActionURL: "/login", Status: 410, RequestID: "r7",
		Details: []NoticeDetail{{"Code", "access_denied"}},
	}
	fragment := notice
	fragment.Fragment, fragment.ID = true, "profile"
	home, homeIn := html(t, HomePage(testPage(false), testHome())), html(t, HomePage(testPage(true), testHome()))
	long := testPage(true)
	long.Session.Name = "maria.de.los-angeles"
	homeLong := html(t, HomePage(long, testHome()))
	down := html(t, HomePage(testPage(false), HomeProps{Notice: "Reload."}))
	profile := html(t, ProfilePage(testPage(true), testHead(), testCard(), testTabs()))
	logout := html(t, LogoutPage(testPage(true)))
	otherTitle := html(t, ProfilePage(PageProps{Title: "You"}, testHead(), testCard(), testTabs()))
	page, part := html(t, NoticePage(testPage(false), notice, nil)), html(t, Notice(fragment))

	for name, tc := range map[string]struct {
		html string
		want []string
	}{
		"a page loads htmx before its own script": {home, []string{
			`<script src="/assets/htmx-4.js" defer></script><script src="/assets/app-2.js" defer></script>`,
		}},
		"a page links its stylesheet and icon": {home, []string{
			`<link rel="stylesheet" href="/assets/app-1.css">`,
			`<link rel="icon" href="/assets/favicon-3.svg">`,
		}},
		"the caller's title replaces the page's own": {otherTitle, []string{"<title>You · " + site + "</title>"}},
		"the login state follows the session": {homeIn, []string{
			`id="session" data-session="k1" data-hx-get="/fragments/session?was=k1&amp;page=public"`,
			` data-hx-trigger="session:check from:document" data-hx-swap="outerHTML"`,
		}},
		"home has a heading and a link to sign in": {home, []string{
			`<h1 class="page-display">`, `<a class="btn btn-primary btn-lg" href="/login">`,
		}},
		"home names the provider's host": {homeIn, []string{" 127.0.0.1:9998 "}},
		"home offers the people of the development provider": {home, []string{
			`href="/login?login_hint=ada"`, "<bdi>Ada</bdi>",
		}},
		"home shows the variables and the URIs to register": {home, []string{
			`<code>AUTH_URL</code><span class="badge text-bg-success">set</span>`, ">http://localhost:3000/login/callback</code>",
		}},
		"home shows how a sign-in works": {home, []string{`<figure class="flow-picture" id="flow">`, ">state + nonce + PKCE<"}},
		"home, signed in, links to the profile": {homeIn, []string{
			`<a class="nav-link" href="/profile">`, `<a class="btn btn-primary btn-lg" href="/profile">`,
		}},
		"home, signed in, shows the session's times": {homeIn, []string{
			"until Tuesday, 24 November, 12:00 UTC", "for 1 hour without use",
		}},
		"home breaks a long name after a separator":  {homeLong, []string{"<bdi>maria.<wbr>de.<wbr>los-<wbr>angeles</bdi>"}},
		"home, signed in, posts the logout":          {homeIn, []string{`<form action="/logout" method="post">`}},
		"a notice on home is an alert":               {down, []string{`<div class="alert alert-warning">Reload.</div>`}},
		"the profile has a heading":                  {profile, []string{`<h1>Welcome <bdi>ada@<wbr>example.<wbr>com</bdi>!</h1>`}},
		"the profile shows indented JSON":            {profile, []string{"{\n  &#34;sub&#34;: &#34;1&#34;,\n"}},
		"the profile shows a verified email address": {profile, []string{`<span class="badge text-bg-success">`}},
		"the profile is refreshed in place, or without scripts by a form": {profile, []string{
			`<form action="/profile" method="post" data-hx-post="/fragments/profile" data-hx-target="#profile"`,
			`data-hx-swap="outerMorph"`, `data-hx-sync="this:drop"`, `role="status" data-offline hidden`,
		}},
		"the logout page names the person, posts and leads back": {logout, []string{
			`<form action="/logout" method="post"><button class="btn btn-primary btn-lg" type="submit">`,
			`<a class="btn btn-outline-secondary btn-lg" href="/">`, " as ada.",
		}},
		"an error page says what happened": {page, []string{
			"<h1>Gone</h1>", "It left.", `<a class="btn btn-primary" href="/login">Again</a>`, ">410<",
			`<code id="notice-request">r7</code>`, "<dt>Code</dt><dd><bdi>access_denied</bdi></dd>",
		}},
		"an error in a fragment is announced": {part, []string{`id="profile" role="alert"`, "<h2>Gone</h2>"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, want := range tc.want {
				if !strings.Contains(tc.html, want) {
					t.Errorf("%s is missing in\n%s", want, tc.html)
				}
			}
		})
	}
}

// TestMarkupLeftOut checks that an empty prop leaves its part out.
func TestMarkupLeftOut(t *testing.T) {
	t.Parallel()
	noFragment := testCard()
	noFragment.FragmentURL = ""
	unverified := testCard()
	unverified.EmailVerified = false
	otherProvider := testHome()
	otherProvider.People = nil
	noHtmx := testPage(false)
	noHtmx.Htmx = ""
	for name, tc := range map[string]struct{ html, lack string }{
		"htmx":                                    {html(t, HomePage(noHtmx, testHome())), "/assets/htmx"},
		"the fragment of the login state":         {html(t, LoginState(LoginStateProps{SignedIn: true, Key: "k"})), "data-hx"},
		"the fragment of the profile":             {html(t, ProfileCard(noFragment)), "data-hx"},
		"the offline line without a fragment":     {html(t, ProfileCard(noFragment)), "data-offline"},
		"the verification":                        {html(t, ProfileCard(unverified)), "text-bg-success"},
		"the development provider, if signed in":  {html(t, HomePage(testPage(true), testHome())), "persona-picker"},
		"the development provider, if not in use": {html(t, HomePage(testPage(false), otherProvider)), "persona-picker"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if strings.Contains(tc.html, tc.lack) {
				t.Errorf("%s should not be in\n%s", tc.lack, tc.html)
			}
		})
	}
	for name, page := range testPages() {
		if found := regexp.MustCompile(`(?:src|href|action|id)=""`).FindString(html(t, page)); found != "" {
			t.Errorf("%s has an empty attribute %s", name, found)
		}
	}
}

// TestHomeProvider checks that the page names the provider's host wherever it mentions the provider.
func TestHomeProvider(t *testing.T) {
	t.Parallel()
	for issuer, want := range map[string]string{
		"https://tenant.plusauth.com":  "tenant.plusauth.com",
		"https://tenant.plusauth.com/": "tenant.plusauth.com",
		"http://localhost:9998/a/b":    "localhost:9998",
		"not a URL":                    "not a URL",
		"":                             "",
	} {
		if got := homeHost(HomeProps{Issuer: issuer}); got != want {
			t.Errorf("%q: got the host %q, want %q", issuer, got, want)
		}
	}
	got := html(t, HomePage(testPage(true), testHome()))
	if host := "127.0.0.1:9998"; !strings.Contains(got, host) || strings.Contains(got, "//"+host) ||
		strings.Contains(got, host+"/") {
		t.Errorf("want the host without scheme and path in\n%s", got)
	}
}
