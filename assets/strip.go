package assets

import "strings"

// stripJS leaves out indentation, empty lines and lines that are only a // comment. It knows no more of the language,
// so our scripts have no block comment and no template literal; a test watches that.
func stripJS(src string) string {
	var out strings.Builder
	for line := range strings.Lines(src) {
		line = strings.TrimSpace(line)
		if line != "" && !strings.HasPrefix(line, "//") {
			out.WriteString(line + "\n")
		}
	}
	return out.String()
}

// stripCSS leaves out comments, indentation and empty lines. Strings stay as they are.
func stripCSS(src string) string {
	var code strings.Builder
	var quote byte // the quotation mark that ends the string we are in, or 0
	for i := 0; i < len(src); i++ {
		c := src[i]
		switch {
		case quote != 0 && c == '\\' && i+1 < len(src):
			code.WriteByte(c)
			i++
			c = src[i]
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case strings.HasPrefix(src[i:], "/*"):
			length := strings.Index(src[i+2:], "*/")
			if length < 0 {
				length = len(src) // an open comment reaches to the end (CSS Syntax section 4.3.2)
			}
			i += 2 + length + 1
			continue
		}
		code.WriteByte(c)
	}
	var out strings.Builder
	for line := range strings.Lines(code.String()) {
		if line = strings.TrimSpace(line); line != "" {
			out.WriteString(line + "\n")
		}
	}
	return out.String()
}
