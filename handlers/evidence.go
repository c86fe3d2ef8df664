package handlers

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"slices"
	"strings"
	"syscall"

	"github.com/plusauth/plusauth-go-starter/auth"
	"github.com/plusauth/plusauth-go-starter/views"
)

// evidence is what is known about an error: from the error itself, from the request and from the trace. The cookie of a
// failed sign-in takes it to the error page, so it is small and has values only; the sentences are made on that page.
type evidence struct {
	Kind     evidenceKind `json:"k"`
	Name     string       `json:"n,omitempty"` // of the check that failed, or of the problem of a connection
	Code     string       `json:"c,omitempty"` // error code of the provider
	Endpoint string       `json:"e,omitempty"` // that returned the code
	Expected string       `json:"x,omitempty"`
	Got      string       `json:"g,omitempty"`
	Problem  string       `json:"p,omitempty"` // of a misconfiguration
	Fields   []string     `json:"f,omitempty"` // of auth.Config
	Origin   string       `json:"o,omitempty"` // that the browser used, if it is not that of BaseURL
	Clock    string       `json:"t,omitempty"` // the provider's clock, if it differs, for example "5m12s ahead"
}

// evidenceKind chooses the function that explains an error.
type evidenceKind string

const (
	kindCheck         evidenceKind = "check"
	kindToken         evidenceKind = "token" // that cannot be read
	kindProvider      evidenceKind = "provider"
	kindMisconfigured evidenceKind = "misconfigured"
	kindNoCookies     evidenceKind = "no_cookies"
	kindNoAttempt     evidenceKind = "no_attempt"    // the cookie of the sign-in is missing, others are there
	kindSealedAttempt evidenceKind = "other_attempt" // the cookie of the sign-in cannot be opened
	kindNoState       evidenceKind = "no_state"
	kindProviderDown  evidenceKind = "provider_down"
	kindStoreDown     evidenceKind = "store_down"
	kindFormPost      evidenceKind = "form_post"
	kindOtherIssuer   evidenceKind = "other_issuer"
	kindLoop          evidenceKind = "loop"
)

// observe collects the evidence for an error. f is the flow that led to it, or nil.
func (a *app) observe(r *http.Request, err error, f *flow) evidence {
	e := evidence{Origin: a.foreignOrigin(r), Clock: f.clock()}
	if refusal, ok := errors.AsType[*auth.ProviderError](err); ok {
		e.Kind, e.Code, e.Endpoint = kindProvider, refusal.Code, refusal.Endpoint
	}
	if failed, ok := errors.AsType[*auth.CheckError](err); ok {
		e.Kind, e.Name = kindCheck, failed.Check.Name
		if !strings.HasSuffix(e.Name, "sub") { // nobody has signed in, so the page names no person
			e.Expected, e.Got = clipText(failed.Check.Expected, 200), clipText(failed.Check.Got, 200)
		}
	}
	if wrong, ok := errors.AsType[*auth.MisconfiguredError](err); ok {
		e.Kind, e.Fields, e.Problem = kindMisconfigured, wrong.Fields, clipText(wrong.Problem, 400)
		e.Name = connectionProblem(err)
	}
	switch {
	case e.Kind != "":
	case errors.Is(err, auth.ErrUnknownLogin):
		e.Kind = attemptProblem(r, err)
	case errors.Is(err, auth.ErrProviderUnavailable):
		e.Kind, e.Name = kindProviderDown, connectionProblem(err)
	case errors.Is(err, auth.ErrUnavailable):
		e.Kind = kindStoreDown
	case errors.Is(err, auth.ErrBadToken):
		e.Kind = kindToken
	case errors.Is(err, errFormPost):
		e.Kind = kindFormPost
	case errors.Is(err, errOtherIssuer):
		e.Kind = kindOtherIssuer
	case errors.Is(err, errLoop):
		e.Kind = kindLoop
	}
	return e
}

// attemptProblem says why a callback belongs to no sign-in of this browser.
func attemptProblem(r *http.Request, err error) evidenceKind {
	unknown, ok := errors.AsType[*unknownLogin](err)
	state := r.URL.Query().Get("state")
	switch {
	case ok && unknown.noCookies:
		return kindNoCookies
	case ok && unknown.providerCode != "", state == "":
		return kindNoState
	case slices.ContainsFunc(r.Cookies(), func(c *http.Cookie) bool { return strings.HasSuffix(c.Name, "-"+state) }):
		return kindSealedAttempt
	}
	return kindNoAttempt
}

// connectionProblem names what is wrong with the connection to the provider: tls, dns, refused or timeout. It returns
// "" if the provider answered.
func connectionProblem(err error) string {
	_, badCertificate := errors.AsType[*tls.CertificateVerificationError](err)
	_, unknownAuthority := errors.AsType[x509.UnknownAuthorityError](err)
	_, notTLS := errors.AsType[tls.RecordHeaderError](err)
	_, noName := errors.AsType[*net.DNSError](err)
	network, isNetwork := errors.AsType[net.Error](err)
	switch {
	case badCertificate, unknownAuthority, notTLS, errors.Is(err, http.ErrSchemeMismatch):
		return "tls"
	case noName:
		return "dns"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "refused"
	case errors.Is(err, context.DeadlineExceeded), isNetwork && network.Timeout():
		return "timeout"
	}
	return ""
}

// foreignOrigin returns the origin that the browser used if it is not that of BaseURL, and otherwise "". The page shows
// it to the people who run the app only.
func (a *app) foreignOrigin(r *http.Request) string {
	if a.isAtBaseURL(r) {
		return ""
	}
	host, scheme := r.Host, "http"
	if forwarded := firstOf(r.Header.Get("X-Forwarded-Host")); forwarded != "" {
		host = forwarded
	}
	switch forwarded := strings.ToLower(firstOf(r.Header.Get("X-Forwarded-Proto"))); {
	case forwarded == "https", forwarded == "" && (r.TLS != nil || a.base.Scheme == "https"):
		scheme = "https"
	}
	return scheme + "://" + clipText(host, 100)
}

// clock returns how the provider's clock differs from the app's according to the last Date header, or "".
func (f *flow) clock() string {
	if f == nil {
		return ""
	}
	for _, c := range slices.Backward(f.Checks) {
		if c.Name == "clock" && !c.OK {
			return c.Got
		}
	}
	return ""
}

// details returns the evidence as rows of the technical details.
func (e evidence) details() (rows []views.NoticeDetail) {
	for _, row := range []views.NoticeDetail{
		{Name: "Check", Value: e.Name}, {Name: "Expected", Value: e.Expected}, {Name: "Got", Value: e.Got},
	} {
		if row.Value != "" && e.Kind == kindCheck {
			rows = append(rows, row)
		}
	}
	return rows
}
