package auth

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// claims are the members of a token or of userinfo, each as it was sent: numbers keep their digits.
type claims map[string]json.RawMessage

// ofToken are the claims that speak of a token or of the session at the provider, not of the
// person. Userinfo has no say in them.
var ofToken = map[string]bool{
	"iss": true, "sub": true, "aud": true, "azp": true, "exp": true, "iat": true, "nbf": true, "jti": true,
	"auth_time": true, "acr": true, "amr": true, "nonce": true, "at_hash": true, "c_hash": true, "s_hash": true, "sid": true,
}

// hidden are claims that tell a person nothing, or that somebody else could use: whoever knows a
// sid can end that session through front-channel logout.
var hidden = []string{"nonce", "at_hash", "c_hash", "s_hash", "sid"}

// userObject merges the claims of the ID token with those of userinfo, which are fresher where both
// speak of the person.
func userObject(idToken, userinfo claims) claims {
	merged := make(claims, len(idToken)+len(userinfo))
	for name, value := range idToken {
		merged[name] = value
	}
	for name, value := range userinfo {
		if !ofToken[name] {
			merged[name] = value
		}
	}
	// What the ID token calls verified is its own address. Some providers leave out what is false.
	for _, name := range []string{"email", "phone_number"} {
		_, newer := userinfo[name]
		_, judged := userinfo[name+"_verified"]
		if newer && !judged && userinfo.text(name) != idToken.text(name) {
			delete(merged, name+"_verified")
		}
	}
	for _, name := range hidden {
		delete(merged, name)
	}
	return merged
}

// text returns a claim that is a string, trimmed; "" when it is missing or something else.
func (c claims) text(name string) string {
	var s string
	if json.Unmarshal(c[name], &s) != nil {
		return ""
	}
	return strings.TrimSpace(s)
}

// truth returns a claim that is true, or "true": some providers send their booleans as strings.
func (c claims) truth(name string) bool {
	v := string(c[name])
	return v == "true" || v == `"true"`
}

// displayName is the first of these that is there. PlusAuth sends username, which is no standard
// claim; the others are of OpenID Connect Core section 5.1.
func (c claims) displayName() string {
	for _, name := range []string{"username", "preferred_username", "name", "nickname", "email", "sub"} {
		if s := c.text(name); s != "" {
			return s
		}
	}
	return ""
}

// unixTime reads a NumericDate (RFC 7519 section 2): seconds, with or without a fraction.
type unixTime struct{ time.Time }

// UnmarshalJSON refuses what is no number, or no moment that a calendar knows.
func (t *unixTime) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		return nil
	}
	f, err := strconv.ParseFloat(string(b), 64)
	if err != nil || math.IsNaN(f) || f < 0 || f > 1<<37 {
		return fmt.Errorf("%.40s is no time in seconds since 1970", b)
	}
	whole, fraction := math.Modf(f)
	t.Time = time.Unix(int64(whole), int64(fraction*1e9)).UTC()
	return nil
}
