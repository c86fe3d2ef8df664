package views

import (
	"encoding/json"
	"reflect"
	"slices"
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
		"":                      "?",
		" ":                     "?",
		"\xff":                  "\uFFFD",
		strings.Repeat("a ", 9): "AA",
	} {
		if got := profileCardInitials(ProfileCardProps{Name: name}); got != want {
			t.Errorf("%q: got %q, want %q", name, got, want)
		}
	}
}

// TestProfileCardObject checks that the user object is readable and that valid JSON keeps its meaning.
func TestProfileCardObject(t *testing.T) {
	t.Parallel()
	for claims, want := range map[string]string{
		`{"b":1,"a":"<"}`:              "{\n  \"b\": 1,\n  \"a\": \"<\"\n}",
		`{"a":"\u003cb\u003e \u0026"}`: "{\n  \"a\": \"<b> &\"\n}",
		`{"a":"\\u003c"}`:              "{\n  \"a\": \"\\\\u003c\"\n}",
		`{"a":"\\\u003c"}`:             "{\n  \"a\": \"\\\\<\"\n}",
		`not JSON`:                     "not JSON",
		``:                             "",
	} {
		got := profileCardObject(ProfileCardProps{Claims: []byte(claims)})
		if got != want {
			t.Errorf("%s: got %s, want %s", claims, got, want)
		}
		var before, after any
		if json.Unmarshal([]byte(claims), &before) != nil {
			continue
		}
		if err := json.Unmarshal([]byte(got), &after); err != nil || !reflect.DeepEqual(before, after) {
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
		t.Errorf("without Now: got %q", got)
	}
}

func TestProfileCardUpdated(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		now         time.Time
		want, clock string
	}{
		{noon.Add(time.Second), "just now,", "12:00:00 UTC"},
		{noon.Add(3 * time.Hour), "3 hours ago,", "12:00:00 UTC"},
		{noon.Add(24 * time.Hour), "1 day ago,", "23 Nov 2026, 12:00:00 UTC"},
		{time.Time{}, "", "23 Nov 2026, 12:00:00 UTC"},
	} {
		p := ProfileCardProps{Updated: noon, Now: tc.now}
		if got, clock := profileCardUpdated(p), profileCardClock(p); got != tc.want || clock != tc.clock {
			t.Errorf("at %v: got %q and %q, want %q and %q", tc.now, got, clock, tc.want, tc.clock)
		}
	}
}

func TestProfileCardClaims(t *testing.T) {
	t.Parallel()
	p := ProfileCardProps{Now: noon, Claims: []byte(`{
		"zeta": {"a": 1, "b": [true]}, "alpha": 12345678901234567890, "sub": "s", "aud": ["a", "b"], "exp": 1795446000.5,
		"updated_at": "2026-11-22T12:00:00.000Z", "created_at": 1e300, "locale": "tr", "email_verified": false,
		"address": {"formatted": "1 St\nX"}, "nickname": "", "gender": null, "phone_number_verified": "true"}`)}
	person := []profileCardClaim{
		{label: labelOf("email_verified"), text: "no"}, {label: labelOf("phone_number_verified"), text: "true"},
		{label: labelOf("address"), text: "1 St\nX"}, {label: labelOf("locale"), text: "tr"},
		{label: labelOf("created_at"), text: "1e300"},
		{label: labelOf("updated_at"), text: "1 day ago", time: noon.AddDate(0, 0, -1)},
	}
	token := []profileCardClaim{
		{label: labelOf("sub"), text: "s"}, {label: labelOf("aud"), text: "a, b"},
		{label: labelOf("exp"), time: time.Unix(1795446000, 0).UTC()},
		{label: "alpha", text: "12345678901234567890"}, {label: "zeta", text: `{"a":1,"b":[true]}`},
	}
	known, more := profileCardClaims(p)
	if !slices.Equal(known, person) {
		t.Errorf("about the person: got %v, want %v", known, person)
	}
	if !slices.Equal(more, token) {
		t.Errorf("others: got %v, want %v", more, token)
	}
	p.Email = "ada@example.com" // the head of the card then shows the address and its verification
	if known, _ = profileCardClaims(p); !slices.Equal(known, person[1:]) {
		t.Errorf("about the person, with an email address: got %v, want %v", known, person[1:])
	}
}

// labelOf returns the label of a known claim, or "" for any other.
func labelOf(claim string) string {
	for _, l := range slices.Concat(profileCardLabels, profileCardTokenLabels) {
		if l[0] == claim {
			return l[1]
		}
	}
	return ""
}
