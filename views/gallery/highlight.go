package gallery

import (
	"context"
	"io"
	"regexp"
	"strings"

	"github.com/a-h/templ"
)

// tokens finds comments, strings and keywords in Go, templ and CSS. A real lexer for all three would be a dependency as
// large as the app; a token that is missed only lacks its colour.
var tokens = regexp.MustCompile(`(?P<comment>(?:^|[\t ])//[^\n]*|/\*(?s:.*?)\*/)` +
	"|(?P<string>\"(?:\\\\.|[^\"\\\\\\n])*\"|`[^`]*`)" +
	`|(?P<keyword>\b(?:package|import|type|struct|func|templ|return|if|else|for|range|switch|case|default|var|const)\b` +
	`|@[A-Za-z][\w.-]*|--[\w-]+)`)

// code is a source with its tokens in spans.
func code(source string) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		_, err := io.WriteString(w, highlight(source))
		return err
	})
}

// highlight returns a source as HTML.
func highlight(source string) string {
	source = strings.TrimSpace(source)
	var b strings.Builder
	at := 0
	for _, m := range tokens.FindAllStringSubmatchIndex(source, -1) {
		class := "gallery-keyword"
		switch {
		case m[2] >= 0:
			class = "gallery-comment"
		case m[4] >= 0:
			class = "gallery-string"
		}
		b.WriteString(templ.EscapeString(source[at:m[0]]))
		b.WriteString(`<span class="` + class + `">` + templ.EscapeString(source[m[0]:m[1]]) + `</span>`)
		at = m[1]
	}
	b.WriteString(templ.EscapeString(source[at:]))
	return b.String()
}
