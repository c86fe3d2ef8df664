package auth_test

import (
	"crypto"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/plusauth/plusauth-go-starter/auth"
)

// tracer records what the requests of a browser report.
type tracer struct {
	steps  []auth.Step
	checks []auth.Check
}

// traced returns a browser whose requests report to the tracer.
func traced(b *browser) (*browser, *tracer) {
	tr := &tracer{}
	other := *b
	other.trace = &auth.Trace{
		Step:  func(s auth.Step) { tr.steps = append(tr.steps, s) },
		Check: func(c auth.Check) { tr.checks = append(tr.checks, c) },
	}
	return &other, tr
}

func (tr *tracer) names() (names []string) {
	for _, s := range tr.steps {
		names = append(names, s.Name)
	}
	return names
}

// failed returns the step and the name of the failed checks.
func (tr *tracer) failed() (names []string) {
	for _, c := range tr.checks {
		if !c.OK {
			names = append(names, c.Step+" "+c.Name)
		}
	}
	return names
}

func (tr *tracer) step(t *testing.T, name string) auth.Step {
	t.Helper()
	i := slices.IndexFunc(tr.steps, func(s auth.Step) bool { return s.Name == name })
	if i < 0 {
		t.Fatalf("no step %s in %v", name, tr.names())
	}
	return tr.steps[i]
}

func TestTraceOfSignIn(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	b, tr := traced(newApp(t, p, nil).browser())
	authURL, err := b.BeginLogin(auth.LoginOptions{ReturnTo: "/orders"})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := tr.names(), []string{"discovery", "login", "authorize"}; !slices.Equal(got, want) {
		t.Errorf("BeginLogin reports %v, want %v", got, want)
	}
	if s := tr.step(t, "discovery"); s.Cached || s.Endpoint != p.Issuer+"/.well-known/openid-configuration" {
		t.Errorf("got the first discovery %+v", s)
	}
	tr.steps, tr.checks = nil, nil
	p.Clock.Advance(3 * time.Second)
	if _, err := b.FinishLogin(b.Authorize(authURL)); err != nil {
		t.Fatal(err)
	}
	want := []string{"login", "authorize", "callback", "token", "keys", "userinfo", "session"}
	if got := tr.names(); !slices.Equal(got, want) {
		t.Errorf("FinishLogin reports %v, want %v", got, want)
	}
	var checks []string
	for _, c := range tr.checks {
		checks = append(checks, c.Name)
		if !c.OK || c.Expected == "" || c.Got == "" {
			t.Errorf("got the check %+v", c)
		}
	}
	all := "return_to PKCE state iss code clock alg signature iss aud sub exp iat auth_time at_hash nonce sub session"
	got := slices.DeleteFunc(slices.Clone(checks), func(name string) bool { return name == "clock" || name == "azp" })
	if wantChecks := strings.Fields(strings.Replace(all, "clock ", "", 1)); !slices.Equal(got, wantChecks) {
		t.Errorf("got the checks %v, want %v", got, wantChecks)
	}
	if s := tr.step(t, "token"); s.Status != 200 || s.Endpoint != p.Issuer+"/token" || s.Err != "" {
		t.Errorf("got the token step %+v", s)
	}
	if s := tr.step(t, "keys"); s.Cached {
		t.Errorf("got the keys step %+v, want a fetch", s)
	}
	away := tr.step(t, "callback").Start.Sub(tr.step(t, "authorize").Start)
	if away != 3*time.Second {
		t.Errorf("the browser was away for %v, want 3s", away)
	}
	user, err := b.User()
	if err != nil || tr.step(t, "session").Session != user.SessionRef {
		t.Errorf("the session step has the reference %q, want %q (%v)", tr.step(t, "session").Session, user.SessionRef, err)
	}

	tr.steps, tr.checks = nil, nil
	if err := second(b); err != nil {
		t.Fatal(err)
	}
	if s := tr.step(t, "keys"); !s.Cached {
		t.Errorf("got the second keys step %+v, want the copy", s)
	}
	if last := tr.checks[len(tr.checks)-1]; last.Name != "session" || last.Got != "new, the old one deleted" {
		t.Errorf("got the last check %+v", last)
	}
}

// second signs in again.
func second(b *browser) error {
	b.app.provider.Clock.Advance(time.Second)
	_, err := b.signInWith(auth.LoginOptions{})
	return err
}

// TestTraceOfFailedSignIns checks that the check that fails is reported, and is the error of FinishLogin.
func TestTraceOfFailedSignIns(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		override func(*provider)
		want     string
	}{
		"nonce":   {claim("nonce", "another-nonce-of-another-attempt"), "token nonce"},
		"aud":     {claim("aud", "another-client"), "token aud"},
		"iss":     {claim("iss", "https://evil.example"), "token iss"},
		"azp":     {claim("azp", "another-client"), "token azp"},
		"exp":     {claimAt("exp", -31*time.Second), "token exp"},
		"iat":     {claimAt("iat", 312*time.Second), "token iat"},
		"at_hash": {claim("at_hash", strings.Repeat("a", 22)), "token at_hash"},
		"signature": {forge(func(_ crypto.Signer, claims, header map[string]any) string {
			return signJWT(rsaKeys[1](), claims, header)
		}), "token signature"},
		"userinfo": {func(p *provider) {
			p.Userinfo = func(claims map[string]any) { claims["sub"] = "bob-0002" }
		}, "userinfo sub"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newProvider(t)
			b, tr := traced(newApp(t, p, nil).browser())
			c.override(p)
			_, err := b.signInWith(auth.LoginOptions{})
			if !errors.Is(err, auth.ErrBadToken) {
				t.Fatalf("got %v, want %v", err, auth.ErrBadToken)
			}
			if got := tr.failed(); !slices.Equal(got, []string{c.want}) {
				t.Errorf("got the failed checks %q, want %q", got, c.want)
			}
			if failed, ok := errors.AsType[*auth.CheckError](err); ok && failed.Check.Step+" "+failed.Check.Name != c.want {
				t.Errorf("the error is %v, want one about %s", err, c.want)
			} else if !ok && name != "iss" { // ErrMisconfigured names the variable
				t.Errorf("the error %v is not a CheckError", err)
			}
			if slices.Contains(tr.names(), "session") {
				t.Errorf("got the steps %v, want no session", tr.names())
			}
		})
	}
}

func TestTraceOfRefresh(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	b, tr := traced(newApp(t, p, withOfflineAccess).browser())
	b.MustSignIn()
	p.Clock.Advance(2 * time.Hour) // the access token has expired
	tr.steps, tr.checks = nil, nil
	if _, err := b.Refresh(); err != nil {
		t.Fatal(err)
	}
	names := slices.Compact(slices.DeleteFunc(tr.names(), func(name string) bool { return name == "keys" }))
	if want := []string{"discovery", "token", "session", "userinfo", "session"}; !slices.Equal(names, want) {
		t.Errorf("got the steps %v, want %v", names, want)
	}
	failed := slices.DeleteFunc(tr.failed(), func(name string) bool { return name == "token clock" }) // the clocks are apart
	if len(failed) > 0 {
		t.Errorf("got the failed checks %v", failed)
	}
}

func TestTraceOfSignOut(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	b, tr := traced(newApp(t, p, nil).browser())
	b.MustSignIn()
	tr.steps, tr.checks = nil, nil
	endURL, err := b.BeginLogout()
	if err != nil {
		t.Fatal(err)
	}
	if got, want := tr.names(), []string{"logout", "end_session"}; !slices.Equal(got, want) {
		t.Errorf("BeginLogout reports %v, want %v", got, want)
	}
	if s := tr.step(t, "end_session"); strings.Contains(s.Endpoint, "?") || !strings.HasPrefix(endURL, s.Endpoint+"?") {
		t.Errorf("got the end_session step %+v for %s", s, endURL)
	}
	if state := mustParseURL(t, endURL).Query().Get("state"); !b.FinishLogout("/logout?state=" + state) {
		t.Fatal("the sign-out is not finished")
	}
	if got, want := tr.names(), []string{"logout", "end_session", "logged_out"}; !slices.Equal(got, want) {
		t.Errorf("got the steps %v, want %v", got, want)
	}
}
