package auth

import (
	"net/url"
	"strings"
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
	for _, r := range s {
		// Space and below, DEL and the C1 controls, the backslash, and what is no valid UTF-8.
		if r <= ' ' || r == '\\' || (r >= 0x7f && r <= 0x9f) || r == '�' {
			return false
		}
	}
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || u.Opaque != "" {
		return false
	}
	// A path that only its dots keep apart from "//host" is one clean-up away from leaving.
	return !strings.Contains(u.EscapedPath(), "//") && !strings.Contains(u.Path, "//") && !strings.Contains(u.Path, `\`)
}
