package assets

import (
	"crypto/sha512"
	"encoding/base64"
	"regexp"
	"strings"
	"testing"
)

const (
	htmxVersion = "4.0.1"
	htmxSHA384  = "sha384-Qp9rdC8H7EqOoX+nR0P3RPG2Noji+qdwJlGpfzwQJsfOpp3sGwIdSP9xO3+UlEhn"
)

func readFile(t *testing.T, name string) string {
	t.Helper()
	b, err := files.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestHtmxIsTheUnchangedRelease(t *testing.T) {
	t.Parallel()
	src := readFile(t, "js/htmx.min.js")
	sum := sha512.Sum384([]byte(src))
	if got := "sha384-" + base64.StdEncoding.EncodeToString(sum[:]); got != htmxSHA384 {
		t.Errorf("SHA-384 %s, want %s", got, htmxSHA384)
	}
	if !strings.Contains(src, `this.version="`+htmxVersion+`"`) {
		t.Errorf("htmx.min.js is not version %s", htmxVersion)
	}
}

// forbidden matches code that the Content-Security-Policy refuses or that turns text into code or markup.
var forbidden = regexp.MustCompile(`\b(eval|Function|innerHTML|outerHTML|insertAdjacentHTML)\b|` +
	`\b(document\.write|execCommand)\b|javascript:|\.style\b|set(Timeout|Interval)\(["']|https?://`)

func TestSessionScriptUsesNoForbiddenCode(t *testing.T) {
	t.Parallel()
	for _, code := range []string{
		`eval("1")`, "new Function()", "x.innerHTML = y", "document.write(x)", `setTimeout("x")`, "a.style.color",
	} {
		if !forbidden.MatchString(code) {
			t.Errorf("the expression does not match %q", code)
		}
	}
	if found := forbidden.FindAllString(readFile(t, "js/session.js"), -1); found != nil {
		t.Errorf("session.js contains %q", found)
	}
}
