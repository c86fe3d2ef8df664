package gallery

import (
	"bytes"
	"context"
	"regexp"
	"strings"
	"testing"

	"github.com/a-h/templ"
)

// html renders a component, with children if there are any.
func html(t *testing.T, c templ.Component, children ...templ.Component) string {
	t.Helper()
	ctx := context.Background()
	if len(children) > 0 {
		ctx = templ.WithChildren(ctx, templ.Join(children...))
	}
	var out bytes.Buffer
	if err := c.Render(ctx, &out); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

var (
	htmlToken = regexp.MustCompile(`(?s)<pre.*?</pre>|<[^>]*>|[^<]+`)
	htmlVoid  = regexp.MustCompile(`^<(?:!|meta|link|input|img|br|hr)`)
)

// format puts every tag and every text on its own indented line, so that a person can read a difference. It trusts
// that attributes have no ">", which templ escapes.
func format(src string) string {
	var out strings.Builder
	depth := 0
	for _, token := range htmlToken.FindAllString(src, -1) {
		if token = strings.TrimSpace(token); token == "" {
			continue
		}
		closing := strings.HasPrefix(token, "</")
		if closing {
			depth--
		}
		out.WriteString(strings.Repeat("\t", max(depth, 0)) + token + "\n")
		if strings.HasPrefix(token, "<") && !strings.HasPrefix(token, "<pre") && !closing && !htmlVoid.MatchString(token) {
			depth++
		}
	}
	return out.String()
}

func TestFormat(t *testing.T) {
	t.Parallel()
	got := format("<!doctype html><p>a <b>c</b></p><pre>x\n <i>y</i></pre><br>")
	want := "<!doctype html>\n<p>\n\ta\n\t<b>\n\t\tc\n\t</b>\n</p>\n<pre>x\n <i>y</i></pre>\n<br>\n"
	if got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
