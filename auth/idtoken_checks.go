package auth

import (
	"cmp"
	"strconv"
	"time"
)

// tokenCheck is an ID token with everything that its claims are compared with.
type tokenCheck struct {
	*idToken
	expectation

	audience []string
	clientID string
	now      time.Time
	skew     time.Duration
	hashed   bool // there is an at_hash and an access token
	hashOK   bool // they match
}

// claimCheck is one rule for the claims of an ID token.
type claimCheck struct {
	name     string
	applies  func(*tokenCheck) bool // nil means always
	ok       func(*tokenCheck) bool
	expected func(*tokenCheck) string
	got      func(*tokenCheck) string
}

// claimChecks are the rules that apply to every ID token (OpenID Connect Core section 3.1.3.7), those that connect it
// with the authorization request, and those for an ID token in a refresh response (section 12.2). They stand in the
// order in which they are checked. go-oidc has checked issuer and audience before.
var claimChecks = []claimCheck{
	{
		name:     "sub",
		ok:       func(v *tokenCheck) bool { return v.Subject != "" && len(v.Subject) <= 255 },
		expected: text("1 to 255 bytes"),
		got:      func(v *tokenCheck) string { return strconv.Itoa(len(v.Subject)) + " bytes" },
	},
	{
		name:     "events",
		applies:  func(v *tokenCheck) bool { return v.Events != nil },
		ok:       func(*tokenCheck) bool { return false },
		expected: text("an ID token"),
		got:      text("a security event token"),
	},
	{
		name:     "azp",
		applies:  func(v *tokenCheck) bool { return v.AZP != "" || len(v.audience) > 1 },
		ok:       func(v *tokenCheck) bool { return v.AZP == v.clientID },
		expected: func(v *tokenCheck) string { return v.clientID },
		got:      func(v *tokenCheck) string { return orNothing(clip(v.AZP, 100)) },
	},
	{
		name:     "exp",
		ok:       func(v *tokenCheck) bool { return !v.Expiry.IsZero() && !v.now.Add(-v.skew).After(v.Expiry.Time) },
		expected: func(v *tokenCheck) string { return "after " + v.clock(v.now.Add(-v.skew)) },
		got:      func(v *tokenCheck) string { return v.clock(v.Expiry.Time) + ago(v.Expiry.Time, v.now) },
	},
	{
		name:     "iat",
		ok:       func(v *tokenCheck) bool { return !v.IssuedAt.IsZero() && !v.IssuedAt.After(v.now.Add(v.skew)) },
		expected: func(v *tokenCheck) string { return "not after " + v.clock(v.now.Add(v.skew)) },
		got:      func(v *tokenCheck) string { return v.clock(v.IssuedAt.Time) + offset(v.IssuedAt.Time, v.now) },
	},
	{
		name:     "nbf",
		applies:  func(v *tokenCheck) bool { return !v.NotBefore.IsZero() },
		ok:       func(v *tokenCheck) bool { return !v.NotBefore.After(v.now.Add(v.skew)) },
		expected: func(v *tokenCheck) string { return "not after " + v.clock(v.now.Add(v.skew)) },
		got:      func(v *tokenCheck) string { return v.clock(v.NotBefore.Time) + offset(v.NotBefore.Time, v.now) },
	},
	{
		name:     "auth_time",
		applies:  func(v *tokenCheck) bool { return !v.AuthTime.IsZero() },
		ok:       func(v *tokenCheck) bool { return !v.AuthTime.After(v.now.Add(v.skew)) },
		expected: func(v *tokenCheck) string { return "not after " + v.clock(v.now.Add(v.skew)) },
		got:      func(v *tokenCheck) string { return v.clock(v.AuthTime.Time) + offset(v.AuthTime.Time, v.now) },
	},
	{
		name:     "at_hash",
		applies:  func(v *tokenCheck) bool { return v.hashed },
		ok:       func(v *tokenCheck) bool { return v.hashOK },
		expected: text("the hash of the access token"),
		got: func(v *tokenCheck) string {
			if v.hashOK {
				return "the same"
			}
			return "another hash"
		},
	},

	// Of a sign-in.
	{
		name:     "nonce",
		applies:  (*tokenCheck).signsIn,
		ok:       func(v *tokenCheck) bool { return v.Nonce != "" && equal(v.Nonce, v.nonce) },
		expected: func(v *tokenCheck) string { return shortened(v.nonce) },
		got:      func(v *tokenCheck) string { return shortened(v.Nonce) },
	},
	{
		name:    "max_age",
		applies: func(v *tokenCheck) bool { return v.signsIn() && v.maxAge > 0 },
		ok: func(v *tokenCheck) bool { // section 3.1.2.1 requires auth_time in response to max_age
			return !v.AuthTime.IsZero() && v.now.Sub(v.AuthTime.Time) <= v.maxAge+v.skew
		},
		expected: func(v *tokenCheck) string { return "auth_time after " + v.clock(v.now.Add(-v.maxAge-v.skew)) },
		got:      func(v *tokenCheck) string { return v.clock(v.AuthTime.Time) },
	},

	// Of a refresh. A later auth_time is accepted: Keycloak changes it when the person signs in again for another
	// application. The session keeps the auth_time of its own sign-in.
	{
		name:     "same sub",
		applies:  (*tokenCheck).refreshes,
		ok:       func(v *tokenCheck) bool { return v.Subject == v.renews.subject },
		expected: text("that of the sign-in"),
		got: func(v *tokenCheck) string {
			if v.Subject == v.renews.subject {
				return "the same"
			}
			return "another"
		},
	},
	{
		name:     "same nonce",
		applies:  func(v *tokenCheck) bool { return v.refreshes() && v.Nonce != "" },
		ok:       func(v *tokenCheck) bool { return equal(v.Nonce, v.renews.nonce) },
		expected: func(v *tokenCheck) string { return shortened(v.renews.nonce) },
		got:      func(v *tokenCheck) string { return shortened(v.Nonce) },
	},
	{
		name:     "same auth_time",
		applies:  func(v *tokenCheck) bool { return v.refreshes() && !v.AuthTime.IsZero() },
		ok:       func(v *tokenCheck) bool { return v.AuthTime.UnixMicro() >= v.renews.authTime.UnixMicro() },
		expected: func(v *tokenCheck) string { return "not before " + v.clock(v.renews.authTime) },
		got:      func(v *tokenCheck) string { return v.clock(v.AuthTime.Time) },
	},
	{
		name:     "same sid",
		applies:  func(v *tokenCheck) bool { return v.refreshes() && v.SID != "" && v.renews.sid != "" },
		ok:       func(v *tokenCheck) bool { return v.SID == v.renews.sid },
		expected: func(v *tokenCheck) string { return shortened(v.renews.sid) },
		got:      func(v *tokenCheck) string { return shortened(v.SID) },
	},
}

func (v *tokenCheck) signsIn() bool   { return v.renews == nil }
func (v *tokenCheck) refreshes() bool { return v.renews != nil }

// run checks all rules that apply and reports each to t. The error is the [*CheckError] of the first that fails.
func (v *tokenCheck) run(t *Trace) error {
	for i := range claimChecks {
		rule := &claimChecks[i]
		if rule.applies != nil && !rule.applies(v) {
			continue
		}
		ok := rule.ok(v)
		if ok && !t.listens() {
			continue
		}
		check := Check{Step: "token", Name: rule.name, Expected: rule.expected(v), Got: rule.got(v), OK: ok}
		t.check(check)
		if !ok {
			return &CheckError{Check: check, Where: "id token"}
		}
	}
	return nil
}

func text(s string) func(*tokenCheck) string { return func(*tokenCheck) string { return s } }

func orNothing(s string) string { return cmp.Or(s, "nothing") }

// clock returns a time for people, in UTC. It leaves out the date if it is less than a day away.
func (v *tokenCheck) clock(t time.Time) string {
	switch {
	case t.IsZero():
		return "nothing"
	case t.Sub(v.now).Abs() < 24*time.Hour:
		return t.UTC().Format("15:04:05 UTC")
	}
	return t.UTC().Format("2006-01-02 15:04:05 UTC")
}

// offset says how far a time is ahead of now: ", 4m47s ahead". It returns "" if it is not.
func offset(t, now time.Time) string {
	ahead := t.Sub(now).Round(time.Second)
	if t.IsZero() || ahead <= 0 {
		return ""
	}
	return ", " + ahead.String() + " ahead"
}

// ago says how long ago a time was: ", 5m12s ago". It returns "" if it was not before now.
func ago(t, now time.Time) string {
	since := now.Sub(t).Round(time.Second)
	if t.IsZero() || since <= 0 {
		return ""
	}
	return ", " + since.String() + " ago"
}
