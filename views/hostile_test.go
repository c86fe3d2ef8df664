package views

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"github.com/a-h/templ"
)

var hostileTexts = map[string]string{
	"script":               `<script>alert(1)</script>`,
	"attribute":            `" onmouseover="alert(1)" x="`,
	"single quotes":        `' onfocus='alert(1)`,
	"closing tags":         `</pre></section></main></html>`,
	"javascript URL":       `javascript:alert(1)`,
	"data URL":             `data:text/html,<script>alert(1)</script>`,
	"comment":              `<!--`,
	"entities":             `&lt;script&gt;&#x3c;script>`,
	"null byte":            "a\x00b",
	"invalid UTF-8":        "\xff\xfe<b>",
	"direction override":   "\u202egnol yrev\u202c",
	"emoji":                "👩‍👩‍👧‍👦🏳️‍🌈",
	"white space":          " \t\n ",
	"empty":                "",
	"100 kB without break": strings.Repeat("x", 100_000),
}

func TestHostileTextStaysText(t *testing.T) {
	t.Parallel()
	for name, text := range hostileTexts {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for page, got := range hostilePages(t, text) {
				checkHarmless(t, page, got)
			}
		})
	}
}

// hostilePages returns pages with the text in every prop that can come from outside.
func hostilePages(t *testing.T, text string) map[string]string {
	claims, _ := json.Marshal(map[string]any{
		"name": text, "picture": text, "website": text, "updated_at": text, "address": map[string]any{"formatted": text},
		text: text, "list": []string{text, text}, "deep": map[string]any{text: []any{text}},
	})
	card := ProfileCardProps{
		Name: text, Email: text, Claims: claims, Problem: text,
		RefreshURL: "/profile", FragmentURL: "/f", AccountURL: text, Updated: noon,
	}
	notJSON := card
	notJSON.Claims = []byte(text)
	p := testPage(true)
	p.Session.Name, p.Session.Key, p.Session.FragmentURL, p.Title, p.Description = text, text, text, text, text
	picture := FlowPictureProps{
		Title: text, Subtitle: text, Provider: text, Text: text, Wide: true, Timed: true, Steps: []FlowStep{{
			From: FlowYou, To: FlowApp, Label: text, Detail: text,
			Checks: []FlowCheck{{Name: text, Expected: text, Got: text}},
		}},
	}
	p.Flash.Text, p.Flash.Kind = text, text
	head := AccountHeadProps{Name: text, Email: text, EmailVerified: true, Subject: text}
	sessions := SessionsProps{ProviderHost: text, AccountURL: text, List: SessionListProps{Title: text, Items: []SessionItem{
		{Ref: text, Device: text, SignedIn: noon, LastUsed: noon}, {Current: true, Device: text},
	}}}
	prompt := SignInPromptProps{Title: text, Reason: text, Action: text, URL: text, Other: text, OtherURL: text}
	home := HomeProps{
		Notice: text, Issuer: text, People: []Persona{{Name: text, URL: text}},
		Settings: []HomeSetting{{Name: text, State: text}}, RedirectURI: text, Flow: &picture,
	}
	signedOut := p
	signedOut.Session.SignedIn = false
	notice := NoticeProps{
		Title: text, Message: text, Action: "Go", ActionURL: text, RequestID: text, Details: []NoticeDetail{{text, text}},
	}
	return map[string]string{
		"home, signed out":     html(t, HomePage(signedOut, home)),
		"home, signed in":      html(t, HomePage(p, home)),
		"sessions":             html(t, SessionsPage(p, head, sessions, testTabs())),
		"signed out":           html(t, SignedOutPage(signedOut, prompt)),
		"profile":              html(t, ProfilePage(p, head, card, testTabs())),
		"profile without JSON": html(t, ProfilePage(p, head, notJSON, testTabs())),
		"logout":               html(t, LogoutPage(p)),
		"notice":               html(t, NoticePage(p, notice, &picture)),
	}
}

var (
	htmlTag  = regexp.MustCompile(`<!?/?([a-z0-9-]*)((?:\s+[a-z-]+(?:="[^"<>]*")?)*)\s*/?>`)
	htmlAttr = regexp.MustCompile(`([a-z-]+)(?:="([^"]*)")?`)

	allowedTags = regexp.MustCompile(`^(html|head|meta|title|link|script|body|a|header|nav|div|span|ul|li|bdi|form|` +
		`button|main|section|h[123]|p|dl|dt|dd|details|summary|pre|time|small|svg|path|footer|code|strong|doctype|` +
		`figure|figcaption|ol|b|input|wbr)$`)
	allowedAttrs = regexp.MustCompile(`^(html|class|lang|charset|name|content|rel|type|href|src|defer|id|tabindex|` +
		`action|method|title|hidden|role|dir|datetime|aria-[a-z]+|data-(session|offline|copy|initials|hx-[a-z]+)|` +
		`width|height|fill|stroke|d|value)$`)
)

// checkHarmless fails the test if the page has a tag or an attribute that no template writes, or a URL with a scheme.
func checkHarmless(t *testing.T, page, got string) {
	t.Helper()
	const scripts = `<script src="/assets/htmx-4.js" defer></script><script src="/assets/app-2.js" defer></script>`
	if strings.Count(got, "<script") != 2 || !strings.Contains(got, scripts) {
		t.Errorf("%s has other scripts than %s", page, scripts)
	}
	rest := htmlTag.ReplaceAllStringFunc(strings.NewReplacer(`viewBox="0 0 16 16"`, "", `viewBox="0 0 24 24"`, "").Replace(got), func(tag string) string {
		m := htmlTag.FindStringSubmatch(tag)
		if !allowedTags.MatchString(m[1]) {
			t.Errorf("%s has the tag %.80s", page, tag)
		}
		for _, attr := range htmlAttr.FindAllStringSubmatch(m[2], -1) {
			if !allowedAttrs.MatchString(attr[1]) {
				t.Errorf("%s has the attribute %.80s in %.80s", page, attr[0], tag)
			}
			isURL := attr[1] == "href" || attr[1] == "src" || attr[1] == "action"
			if isURL && strings.Contains(attr[2], ":") && !strings.HasPrefix(attr[2], "about:invalid#") {
				t.Errorf("%s has the URL %.80s", page, attr[2])
			}
		}
		return ""
	})
	if i := strings.IndexAny(rest, "<>"); i >= 0 {
		t.Errorf("%s has markup outside of its tags: %.80q", page, rest[max(0, i-20):])
	}
}

// TestLongTextIsShortened checks that only the JSON is as long as the provider's response.
func TestLongTextIsShortened(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 100_000)
	if got := len(html(t, LoginState(LoginStateProps{SignedIn: true, Name: long}))); got > 2_000 {
		t.Errorf("the login state has %d bytes", got)
	}
	claims, _ := json.Marshal(map[string]any{"name": long, long: 1, "list": strings.Split(long, "")})
	card := ProfileCardProps{Name: long, Email: long, Claims: claims}
	if got := len(html(t, ProfileCard(card))) - len(templ.EscapeString(profileCardObject(card))); got > 5_000 {
		t.Errorf("the card has %d bytes beside the JSON", got)
	}
	if i := strings.Index(html(t, ProfilePage(PageProps{}, testHead(), card, testTabs())), "<section"); i > 2_000 {
		t.Errorf("the profile page has %d bytes before the card", i)
	}
	logout := LogoutPage(PageProps{Session: LoginStateProps{SignedIn: true, Name: long}})
	if got := len(html(t, logout)); got > 4_000 {
		t.Errorf("the logout page has %d bytes", got)
	}
}
