package views

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestProfileCardInitials(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"Ada Lovelace":          "AL",
		"ada":                   "A",
		"Ada King of Lovelace":  "AL",
		"ada@example.com":       "A",
		"(ada) lovelace":        "L",
		"ليلى بنت":              "ل",
		"山田 太郎":                 "山",
		"Ада Лавлейс":           "АЛ",
		"ßeta":                  "ß",
		"42":                    "4",
		"🦊":                     "🦊",
		"":                      "U",
		" ":                     "U",
		"\xff":                  "\uFFFD",
		strings.Repeat("a ", 9): "AA",
	} {
		if got := profileCardInitials(ProfileCardProps{Name: name}); got != want {
			t.Errorf("%q: got %q, want %q", name, got, want)
		}
	}
}

// What is shown is the JSON that was sent, and still JSON of the same meaning.
func TestProfileCardObjectIsWhatWasSent(t *testing.T) {
	t.Parallel()
	for claims, want := range map[string]string{
		`{"a":"\u003cb\u003e \u0026"}`: "{\n  \"a\": \"<b> &\"\n}",
		`{"a":"\\u003c"}`:              "{\n  \"a\": \"\\\\u003c\"\n}",
		`{"a":"\\\u003c"}`:             "{\n  \"a\": \"\\\\<\"\n}",
		`no json`:                      "no json",
	} {
		got := profileCardObject(ProfileCardProps{Claims: []byte(claims)})
		if got != want {
			t.Errorf("%s: got %s, want %s", claims, got, want)
		}
		var before, after any
		if json.Unmarshal([]byte(claims), &before) == nil && (json.Unmarshal([]byte(got), &after) != nil || !reflect.DeepEqual(before, after)) {
			t.Errorf("%s became %s", claims, got)
		}
	}
}

func TestProfileCardHueIsStable(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for c := 'a'; c <= 'z'; c++ {
		p := ProfileCardProps{Subject: string(c)}
		hue := profileCardHue(p)
		if again := profileCardHue(p); again != hue {
			t.Errorf("%q has two colours, %s and %s", c, hue, again)
		}
		seen[hue] = true
	}
	if len(seen) < 6 {
		t.Errorf("26 people have %d colours", len(seen))
	}
}

func TestProfileCardAgo(t *testing.T) {
	t.Parallel()
	for age, want := range map[time.Duration]string{
		-time.Second:               "",
		0:                          "just now",
		59 * time.Second:           "just now",
		time.Minute:                "1 minute ago",
		119 * time.Minute:          "1 hour ago",
		47 * time.Hour:             "1 day ago",
		29 * 24 * time.Hour:        "29 days ago",
		31 * 24 * time.Hour:        "1 month ago",
		2 * 365 * 24 * time.Hour:   "2 years ago",
		290 * 365 * 24 * time.Hour: "290 years ago",
	} {
		if got := profileCardAgo(ProfileCardProps{Now: noon}, noon.Add(-age)); got != want {
			t.Errorf("%v: got %q, want %q", age, got, want)
		}
	}
	if got := profileCardAgo(ProfileCardProps{}, noon); got != "" {
		t.Errorf("without a now: got %q", got)
	}
}

func TestProfileCardClaims(t *testing.T) {
	t.Parallel()
	p := ProfileCardProps{Now: noon, Claims: []byte(`{
		"zeta": {"a": 1, "b": [true]}, "alpha": 12345678901234567890, "sub": "s", "aud": ["a", "b"], "exp": 1795446000.5,
		"updated_at": "2026-11-22T12:00:00.000Z", "created_at": 1e300, "locale": "tr", "email_verified": false, "address": {"formatted": "1 St\nX"},
		"nickname": "", "gender": null, "phone_number_verified": "true"}`)}
	want := []profileCardClaim{
		{label: "Email verified", text: "no"}, {label: "Phone verified", text: "true"}, {label: "Address", text: "1 St\nX"},
		{label: "Language", text: "tr"}, {label: "Created", text: "1e300"}, {label: "Changed", text: "1 day ago", time: noon.AddDate(0, 0, -1)},
	}
	known, more := profileCardClaims(p)
	compareClaims(t, "known", known, want)
	compareClaims(t, "more", more, []profileCardClaim{
		{label: "Subject", text: "s"}, {label: "Audience", text: "a, b"}, {label: "ID token valid until", time: time.Unix(1795446000, 0).UTC()},
		{label: "alpha", text: "12345678901234567890"}, {label: "zeta", text: `{"a":1,"b":[true]}`},
	})
	p.Email = "ada@example.com" // the head of the card says it
	known, _ = profileCardClaims(p)
	compareClaims(t, "known, with an email", known, want[1:])
}

func compareClaims(t *testing.T, name string, got, want []profileCardClaim) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s: got %v, want %v", name, got, want)
		return
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("%s: got %v, want %v", name, got[i], want[i])
		}
	}
}

func TestProfileCardObject(t *testing.T) {
	t.Parallel()
	for claims, want := range map[string]string{
		`{"b":1,"a":"<"}`: "{\n  \"b\": 1,\n  \"a\": \"<\"\n}",
		`not JSON`:        "not JSON",
		``:                "",
	} {
		if got := profileCardObject(ProfileCardProps{Claims: json.RawMessage(claims)}); got != want {
			t.Errorf("%s: got %q, want %q", claims, got, want)
		}
	}
}
