package auth

import (
	"net/url"
	"strings"
	"unicode/utf8"
)

// maxReturnTo bounds a return address, which travels in a cookie while a sign-in is under way.
const maxReturnTo = 1024

// SafeReturnTo returns s when it is the address of a page on this site, a path with an optional
// query and fragment, and "/" when it could lead a browser anywhere else (RFC 9700 section 4.11).
// It judges as browsers read, not only as RFC 3986 does: they take "\" for "/" and drop tabs and
// line breaks.
func SafeReturnTo(s string) string {
	if !isLocalPath(s) {
		return "/"
	}
	return s
}

func isLocalPath(s string) bool {
	if len(s) > maxReturnTo || !strings.HasPrefix(s, "/") || strings.HasPrefix(s, "//") {
		return false
	}
	if strings.ContainsFunc(s, isTrap) || strings.Contains(s, " ") || !utf8.ValidString(s) {
		return false
	}
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || u.Opaque != "" {
		return false
	}
	// A path that only its dots, or percent signs, keep apart from "//host" is one clean-up away from leaving.
	return !strings.Contains(u.Path, "//") && !strings.ContainsFunc(u.Path, isTrap)
}

// isTrap reports a control character (C0, DEL, C1) or a backslash.
func isTrap(r rune) bool { return r < ' ' || r >= 0x7f && r <= 0x9f || r == '\\' }
