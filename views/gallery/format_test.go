package gallery

import (
	"bytes"
	"context"
	"regexp"
	"strings"
	"testing"

	"github.com/a-h/templ"
)

// html renders a component.
func html(t *testing.T, c templ.Component) string {
	t.Helper()
	var out bytes.Buffer
	if err := c.Render(context.Background(), &out); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

var (
	htmlText  = regexp.MustCompile(`>([^<>]*[^<>\s][^<>]*)<`)
	htmlWords = regexp.MustCompile(`\s(title|aria-label)="[^"]*"`)
	htmlToken = regexp.MustCompile(`<\w[^>]*>…</\w+>|<[^>]*>|[^<]+`)
	htmlVoid  = regexp.MustCompile(`^<(?:!|meta|link|input|img|br|hr)`)
)

// withoutWords replaces the texts between the tags, and those of attributes that people read, by "…".
func withoutWords(html string) string {
	html = htmlText.ReplaceAllString(html, ">…<")
	return htmlWords.ReplaceAllString(html, ` $1="…"`)
}

// format puts every tag and every text on an indented line, so that a difference is easy to read. An element that
// contains nothing but "…" takes one line. Attributes must not contain ">", which templ escapes.
func format(html string) string {
	var out strings.Builder
	depth := 0
	for _, token := range htmlToken.FindAllString(html, -1) {
		if token = strings.Join(strings.Fields(token), " "); token == "" {
			continue
		}
		closing := strings.HasPrefix(token, "</")
		if closing {
			depth--
		}
		out.WriteString(strings.Repeat("\t", max(depth, 0)) + token + "\n")
		whole := strings.Contains(token, "…</")
		if strings.HasPrefix(token, "<") && !closing && !whole && !htmlVoid.MatchString(token) {
			depth++
		}
	}
	return out.String()
}

func TestFormat(t *testing.T) {
	t.Parallel()
	got := format(withoutWords(`<!doctype html><p title="x">a <b>c</b> </p><pre>x` + "\n" + ` y</pre><br>`))
	want := "<!doctype html>\n<p title=\"…\">\n\t…\n\t<b>…</b>\n</p>\n<pre>…</pre>\n<br>\n"
	if got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
