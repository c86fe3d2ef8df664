package auth

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// claims are the members of a token or of userinfo as they were sent: numbers keep their digits.
type claims map[string]json.RawMessage

// tokenClaims are the claims about a token or about the session at the provider. They are taken from the ID token only.
var tokenClaims = map[string]bool{
	"iss": true, "sub": true, "aud": true, "azp": true, "exp": true, "iat": true, "nbf": true, "jti": true,
	"auth_time": true, "acr": true, "amr": true, "nonce": true, "sid": true,
	"at_hash": true, "c_hash": true, "s_hash": true,
}

// hiddenClaims are left out of the user object. They tell the person nothing, and anyone who knows a sid can end the
// session with front-channel logout. The sources of distributed claims (OpenID Connect Core section 5.6.2) are not
// fetched, and they contain access tokens.
var hiddenClaims = []string{"nonce", "at_hash", "c_hash", "s_hash", "sid", "_claim_names", "_claim_sources"}

// userObject merges the claims of the ID token with those of userinfo. Userinfo is newer and overrides the ID token,
// except in tokenClaims.
func userObject(idToken, userinfo claims) claims {
	merged := make(claims, len(idToken)+len(userinfo))
	for name, value := range idToken {
		merged[name] = value
	}
	for name, value := range userinfo {
		if !tokenClaims[name] {
			merged[name] = value
		}
	}
	// email_verified in the ID token refers to the ID token's address, not to userinfo's. Some providers leave out a
	// claim that is false.
	for _, name := range []string{"email", "phone_number"} {
		_, sent := userinfo[name]
		_, verifiedSent := userinfo[name+"_verified"]
		if sent && !verifiedSent && userinfo.text(name) != idToken.text(name) {
			delete(merged, name+"_verified")
		}
	}
	for _, name := range hiddenClaims {
		delete(merged, name)
	}
	return merged
}

// exact returns the value of a string as it was sent. It returns "" if the member is missing or is not a string.
func (c claims) exact(name string) string {
	var s string
	if json.Unmarshal(c[name], &s) != nil {
		return ""
	}
	return s
}

// list returns the strings of a list. It returns nil if the member is missing or is not a list of strings.
func (c claims) list(name string) []string {
	var all []string
	if json.Unmarshal(c[name], &all) != nil {
		return nil
	}
	return all
}

// text returns the value of a string claim without surrounding white space. It returns "" if the claim is missing or is
// not a string.
func (c claims) text(name string) string {
	return strings.TrimSpace(c.exact(name))
}

// isTrue reports whether a claim is true or "true": some providers send booleans as strings.
func (c claims) isTrue(name string) bool {
	v := string(c[name])
	return v == "true" || v == `"true"`
}

// displayName returns the first of several claims that is not empty. username is a claim of PlusAuth; the others are
// from OpenID Connect Core section 5.1.
func (c claims) displayName() string {
	for _, name := range []string{"username", "preferred_username", "name", "nickname", "email", "sub"} {
		if s := c.text(name); s != "" {
			return s
		}
	}
	return ""
}

// unixTime is a NumericDate (RFC 7519 section 2): seconds since 1970, with or without a fraction.
type unixTime struct{ time.Time }

// UnmarshalJSON rejects values that are not numbers, negative times, and times after the year 6325. It leaves t
// unchanged for null.
func (t *unixTime) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		return nil
	}
	f, err := strconv.ParseFloat(string(b), 64)
	if err != nil || math.IsNaN(f) || f < 0 || f > 1<<37 {
		return fmt.Errorf("%.40s is not a time in seconds since 1970", b)
	}
	whole, fraction := math.Modf(f)
	t.Time = time.Unix(int64(whole), int64(fraction*1e9)).UTC()
	return nil
}
