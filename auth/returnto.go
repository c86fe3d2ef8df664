package auth

import (
	"net/url"
	"strings"
	"unicode/utf8"
)

// maxReturnTo is the maximum length of a return address, because the cookie of the login attempt contains it.
const maxReturnTo = 1024

// SafeReturnTo returns s if it is a path on this site with an optional query and fragment, and otherwise "/". It
// prevents open redirects (RFC 9700 section 4.11). It rejects everything that a browser might read as an address
// elsewhere: browsers treat "\" like "/" and drop tabs and line breaks. Paths of more than 1024 bytes become "/" too.
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
	if strings.ContainsFunc(s, isUnsafeRune) || strings.Contains(s, " ") || !utf8.ValidString(s) {
		return false
	}
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || u.Opaque != "" {
		return false
	}
	// "/.//host" and "/%5chost" become "//host" when something cleans or decodes the path.
	return !strings.Contains(u.Path, "//") && !strings.ContainsFunc(u.Path, isUnsafeRune)
}

// isUnsafeRune reports whether r is a control character (C0, DEL, C1) or a backslash.
func isUnsafeRune(r rune) bool { return r < ' ' || r >= 0x7f && r <= 0x9f || r == '\\' }
