package auth

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// A provider may repeat a request in its response: the code, the verifier, the client's credentials, a token. The
// functions in this file take these secrets out of everything that is kept, shown or logged.

const (
	// redactedPart is the number of consecutive bytes of a secret that are taken out even if the rest is missing,
	// because a text may have been cut.
	redactedPart = 8

	// maxRedacted is the number of bytes of a text that are searched. The rest is cut off.
	maxRedacted = 4 << 10
)

// redact replaces the secrets in a text, in all the encodings in which a server is likely to repeat them.
func redact(text string, secrets ...string) string {
	text = clip(text, maxRedacted)
	lower := lowerASCII(text)
	parts := make(map[string][]int) // the positions of each part of the text
	for i := 0; i+redactedPart <= len(lower); i++ {
		part := lower[i : i+redactedPart]
		parts[part] = append(parts[part], i)
	}
	secret := make([]bool, len(text))
	mark := func(from, to int) {
		for i := from; i < to; i++ {
			secret[i] = true
		}
	}
	for _, s := range encodings(secrets) {
		if len(s) < redactedPart {
			for i := 0; i+len(s) <= len(lower); i++ {
				if lower[i:i+len(s)] == s {
					mark(i, i+len(s))
				}
			}
			continue
		}
		for i := 0; i+redactedPart <= len(s); i++ {
			part := s[i : i+redactedPart]
			for _, at := range parts[part] {
				mark(at, at+redactedPart)
			}
			delete(parts, part) // a second search would mark the same bytes
		}
	}
	if !slices.Contains(secret, true) {
		return text
	}
	var b strings.Builder
	for i := range len(text) {
		switch {
		case !secret[i]:
			b.WriteByte(text[i])
		case i == 0 || !secret[i-1]:
			b.WriteString(redacted)
		}
	}
	return b.String()
}

// withoutRepeated removes the claims that contain a whole secret. It keeps sub, which identifies the person, and
// ignores secrets that are too short to be one.
func (c claims) withoutRepeated(secrets []string) {
	texts, longest := make(map[string]string, len(c)), 0
	for name, value := range c {
		var decoded any
		if name != "sub" && json.Unmarshal(value, &decoded) == nil {
			texts[name] = lowerASCII(fmt.Sprint(name, decoded))
			longest = max(longest, len(texts[name]))
		}
	}
	// No encoding is shorter than its secret, so most tokens are too long to be repeated.
	secrets = slices.DeleteFunc(secrets, func(s string) bool { return len(s) < redactedPart || len(s) > longest })
	repeated := encodings(secrets)
	for name, text := range texts {
		if slices.ContainsFunc(repeated, func(s string) bool { return strings.Contains(text, s) }) {
			delete(c, name)
		}
	}
}

// encodings returns the secrets, in lower case, as they are and as they stand in a URL, in HTML, in JSON, in quotes, in
// base64 and in hexadecimal digits.
func encodings(secrets []string) []string {
	var all []string
	for _, s := range secrets {
		if s == "" {
			continue
		}
		inJSON, _ := json.Marshal(s)
		query := url.QueryEscape(s)
		for _, e := range []string{
			s, query, url.PathEscape(s), url.QueryEscape(query), html.EscapeString(s),
			strings.Trim(string(inJSON), `"`), strings.Trim(strconv.Quote(s), `"`),
			base64.RawStdEncoding.EncodeToString([]byte(s)), base64.RawURLEncoding.EncodeToString([]byte(s)),
			hex.EncodeToString([]byte(s)),
		} {
			if e = lowerASCII(e); !slices.Contains(all, e) {
				all = append(all, e)
			}
		}
	}
	return all
}

// lowerASCII is [strings.ToLower] for ASCII letters. The length stays the same.
func lowerASCII(s string) string {
	b := []byte(s)
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}

// redactError returns err if its text contains none of the secrets. Otherwise it returns an error with the same
// meaning and without the secrets. Nothing that err wraps can be reached through that error, except the kinds of error
// that a caller tests for.
func redactError(err error, secrets ...string) error {
	if err == nil {
		return nil
	}
	text := err.Error()
	clean := redact(text, secrets...)
	if clean == text {
		return err
	}
	r := &redactedError{text: clean}
	for _, kind := range []error{ErrSignedOut, ErrUnknownLogin, ErrBadToken, ErrNeedsSignIn, ErrUnavailable,
		ErrProviderUnavailable, errAccessDenied, context.Canceled, context.DeadlineExceeded} {
		if errors.Is(err, kind) {
			r.kinds = append(r.kinds, kind)
		}
	}
	if refused, ok := errors.AsType[*ProviderError](err); ok {
		clean := *refused
		clean.Code, clean.Description = redact(clean.Code, secrets...), redact(clean.Description, secrets...)
		if errorCodes[refused.Code] {
			clean.Code = refused.Code
		}
		r.kinds = append(r.kinds, &clean)
	}
	if failed, ok := errors.AsType[*CheckError](err); ok {
		clean := *failed
		clean.Check.Expected, clean.Check.Got = redact(clean.Check.Expected, secrets...), redact(clean.Check.Got, secrets...)
		r.kinds = append(r.kinds, &clean)
	}
	if wrong, ok := errors.AsType[*MisconfiguredError](err); ok {
		r.kinds = append(r.kinds, misconfigured(redact(wrong.Problem, secrets...), wrong.Fields...))
	}
	return r
}

// redactedError is an error whose text repeated a secret.
type redactedError struct {
	text  string
	kinds []error
}

// Error returns the text without the secrets.
func (e *redactedError) Error() string { return e.text }

// Unwrap returns the kinds of the error.
func (e *redactedError) Unwrap() []error { return e.kinds }
