package views

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"
)

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
		"name": "Ada Lovelace", "given_name": "Ada", "family_name": "Lovelace", "username": "ada", "nickname": "ada",
		"updated_at": "2026-11-22T12:00:00.000Z", "created_at": 1e300, "locale": "en-GB", "email_verified": false,
		"zoneinfo": "Asia/Tokyo", "amr": ["pwd", "x"], "phone_number": "+44 1", "phone_number_verified": false,
		"address": {"formatted": "1 St\nX"}, "preferred_username": "", "gender": null}`)}
	groups := []profileCardGroup{
		{"About", []profileCardClaim{
			{label: "Name", text: "Ada Lovelace"}, {label: "Username", text: "ada"},
			{label: "Language", text: "English (GB)"}, {label: "Time zone", text: "Tokyo, now 21:00"},
			{label: "Created", text: "1e300"},
			{label: "Profile changed", text: "1 day ago", time: noon.AddDate(0, 0, -1)},
		}},
		{"Contact", []profileCardClaim{
			{label: "Phone", text: "+44 1", badge: "not verified"}, {label: "Address", text: "1 St\nX"},
		}},
		{"Sign-in", []profileCardClaim{{label: "With", text: "a password, x"}, {label: "Subject", text: "s"}}},
	}
	more := []profileCardClaim{
		{label: "Audience", text: "a, b"},
		{label: "ID token valid until", time: time.Unix(1795446000, 0).UTC()},
		{label: "alpha", text: "12345678901234567890"}, {label: "email_verified", text: "no"},
		{label: "zeta", text: `{"a":1,"b":[true]}`},
	}
	gotGroups, gotMore := profileCardClaims(p, profileCardDecoded(p))
	if !reflect.DeepEqual(gotGroups, groups) {
		t.Errorf("groups: got %v, want %v", gotGroups, groups)
	}
	if !reflect.DeepEqual(gotMore, more) {
		t.Errorf("others: got %v, want %v", gotMore, more)
	}
	p.Email, p.EmailVerified = "ada@example.com", true
	want := profileCardClaim{label: "Email", text: "ada@example.com", badge: "verified"}
	if gotGroups, _ = profileCardClaims(p, profileCardDecoded(p)); gotGroups[1].claims[0] != want {
		t.Errorf("the first contact is %v, want %v", gotGroups[1].claims[0], want)
	}
}

func TestProfileCardWords(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"ada@lovelace":                       "ada@<wbr>lovelace",
		"ada@example":                        "ada@example",
		"ada.lovelace@analytical.example.co": "ada.<wbr>lovelace@<wbr>analytical.<wbr>example.<wbr>co",
		"a long text with-spaces and a dot.": "a long text with-spaces and a dot.",
		"x_y-<b>" + strings.Repeat("z", 20):  "x_<wbr>y-<wbr>&lt;b&gt;" + strings.Repeat("z", 20),
	} {
		if got := html(t, profileCardWords(text)); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

func TestProfileCardLanguageAndZone(t *testing.T) {
	t.Parallel()
	for tag, want := range map[string]string{
		"tr": "Turkish", "pt_BR": "Portuguese (BR)", "zh-Hant-TW": "Chinese (Hant-TW)", "xx": "xx", "": "",
	} {
		if got := profileCardLanguage(tag); got != want {
			t.Errorf("%q: got %q, want %q", tag, got, want)
		}
	}
	for zone, want := range map[string]string{
		"America/New_York": "New York", "UTC": "UTC", "../etc/passwd": "../etc/passwd", "": "",
	} {
		if got := profileCardZone(ProfileCardProps{}, zone); got != want {
			t.Errorf("%q: got %q, want %q", zone, got, want)
		}
	}
}
