package views

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"github.com/a-h/templ"
)

var hostile = map[string]string{
	"script":         `<script>alert(1)</script>`,
	"attribute":      `" onmouseover="alert(1)" x="`,
	"single quotes":  `' onfocus='alert(1)`,
	"closing tags":   `</pre></section></main></html>`,
	"javascript URL": `javascript:alert(1)`,
	"data URL":       `data:text/html,<script>alert(1)</script>`,
	"comment":        `<!--`,
	"entities":       `&lt;script&gt;&#x3c;script>`,
	"null":           "a\x00b",
	"not UTF-8":      "\xff\xfe<b>",
	"overridden":     "\u202egnol yrev\u202c",
	"emoji":          "👩‍👩‍👧‍👦🏳️‍🌈",
	"spaces":         " \t\n ",
	"empty":          "",
	"100 kB":         strings.Repeat("x", 100_000),
}

func TestHostileTextStaysText(t *testing.T) {
	t.Parallel()
	for name, text := range hostile {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for page, got := range hostilePages(t, text) {
				harmless(t, page, got)
			}
		})
	}
}

// hostilePages are pages with the same text wherever one can come from outside.
func hostilePages(t *testing.T, text string) map[string]string {
	claims, _ := json.Marshal(map[string]any{
		"name": text, "picture": text, "website": text, "updated_at": text, "address": map[string]any{"formatted": text},
		text: text, "list": []string{text, text}, "deep": map[string]any{text: []any{text}},
	})
	card := ProfileCardProps{Name: text, Email: text, Subject: text, Claims: claims, Problem: text, RefreshURL: "/profile", FragmentURL: "/f", Updated: noon}
	raw := card
	raw.Claims = []byte(text)
	p := testPage(true)
	p.Session.Name, p.Session.Key, p.Title, p.Description = text, text, text, text
	notice := NoticeProps{Title: text, Message: text, Action: "Go", ActionURL: text, RequestID: text, Details: []NoticeDetail{{text, text}}}
	return map[string]string{
		"home":                 html(t, HomePage(p, HomeProps{Notice: text, Issuer: text, Client: text})),
		"profile":              html(t, ProfilePage(p, card)),
		"profile without JSON": html(t, ProfilePage(p, raw)),
		"error":                html(t, NoticePage(p, notice)),
	}
}

var (
	htmlTags     = regexp.MustCompile(`<!?/?([a-z0-9-]*)((?:\s+[a-z-]+(?:="[^"<>]*")?)*)\s*/?>`)
	htmlAttr     = regexp.MustCompile(`([a-z-]+)(?:="([^"]*)")?`)
	knownTags    = regexp.MustCompile(`^(html|head|meta|title|link|script|body|a|header|nav|div|span|ul|li|bdi|form|button|main|section|h[123]|p|dl|dt|dd|details|summary|pre|time|small|svg|path|footer|code|strong|doctype)$`)
	allowedAttrs = regexp.MustCompile(`^(html|class|lang|charset|name|content|rel|type|href|src|defer|id|tabindex|action|method|title|hidden|role|dir|datetime|aria-[a-z]+|data-(session|offline|copy|hx-[a-z]+)|viewBox|width|height|fill|stroke|d|headingoffset|inert)$`)
)

// harmless fails on a tag or an attribute that no template of ours writes, and on an address with a scheme.
func harmless(t *testing.T, page, got string) {
	t.Helper()
	scripts := strings.Count(got, "<script")
	if scripts != 2 || !strings.Contains(got, `<script src="/assets/htmx-5.js" defer></script><script src="/assets/app-2.js" defer></script>`) {
		t.Errorf("%s has %d scripts", page, scripts)
	}
	rest := htmlTags.ReplaceAllStringFunc(strings.ReplaceAll(got, `viewBox="0 0 16 16"`, ""), func(tag string) string {
		m := htmlTags.FindStringSubmatch(tag)
		if !knownTags.MatchString(m[1]) {
			t.Errorf("%s has a tag %.80s", page, tag)
		}
		for _, attr := range htmlAttr.FindAllStringSubmatch(m[2], -1) {
			if !allowedAttrs.MatchString(attr[1]) {
				t.Errorf("%s has an attribute %.80s in %.80s", page, attr[0], tag)
			}
			if (attr[1] == "href" || attr[1] == "src" || attr[1] == "action") && strings.Contains(attr[2], ":") && !strings.HasPrefix(attr[2], "about:invalid#") {
				t.Errorf("%s leads to %.80s", page, attr[2])
			}
		}
		return ""
	})
	if strings.ContainsAny(strings.Replace(rest, "<!doctype html>", "", 1), "<>") {
		i := strings.IndexAny(rest, "<>")
		t.Errorf("%s has markup that no tag accounts for: %.80q", page, rest[max(0, i-20):])
	}
}

// Only the JSON is as long as what the provider sent.
func TestLongTextIsShortened(t *testing.T) {
	t.Parallel()
	long := hostile["100 kB"]
	if got := len(html(t, LoginState(LoginStateProps{SignedIn: true, Name: long}))); got > 2_000 {
		t.Errorf("the login state has %d bytes", got)
	}
	claims, _ := json.Marshal(map[string]any{"name": long, long: 1, "list": strings.Split(long, "")})
	card := ProfileCardProps{Name: long, Email: long, Claims: claims}
	if got := len(html(t, ProfileCard(card))) - len(templ.EscapeString(profileCardObject(card))); got > 5_000 {
		t.Errorf("the card has %d bytes beside the JSON", got)
	}
	welcome := html(t, ProfilePage(PageProps{}, card))
	if i := strings.Index(welcome, "<section"); i > 2_000 {
		t.Errorf("the profile page has %d bytes before the card", i)
	}
}
