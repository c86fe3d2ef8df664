package auth_test

import (
	"strings"
	"testing"
	"time"
)

// A certificate that Go cannot read does not matter, because n and e describe the key.
func TestKeyWithAnUnusableCertificate(t *testing.T) {
	t.Parallel()
	for name, members := range map[string]map[string]any{
		"not base64":             {"x5c": []string{"!"}},
		"not a certificate":      {"x5c": []string{"AAAA"}},
		"not a list":             {"x5c": "AAAA"},
		"not strings":            {"x5c": []int{7}},
		"wrong thumbprint":       {"x5t": "AAAA"},
		"wrong SHA-256":          {"x5t#S256": "AAAA"},
		"address of a wrong URL": {"x5u": "::"},
		"all of them":            {"x5c": []string{"AAAA"}, "x5t": "AA", "x5t#S256": "AA", "x5u": "::"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newProvider(t)
			p.JWKS = editKey(func(k map[string]any) {
				for member, value := range members {
					k[member] = value
				}
			})
			app := newApp(t, p, nil)
			app.browser().MustSignIn()
			if log := app.logText(); strings.Contains(log, "left out") {
				t.Errorf("got the log %s, want no key left out", log)
			}
		})
	}
}

// Each key that cannot be used is logged once with its reason, however often the keys are fetched.
func TestUnusableKeysAreLoggedOnce(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	unusable := []map[string]any{
		{"kty": "EC", "crv": "secp256k1", "kid": "curve", "x": "AAAA", "y": "AAAA"},
		{"kty": "oct", "kid": "symmetric", "k": "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0"},
		{"kty": "RSA", "kid": "malformed", "n": "", "e": "", "x5c": []string{"AAAA"}},
	}
	encryption := publicJWK(newKey("RS256", "encryption", 1), "RSA-OAEP")
	encryption["use"] = "enc"
	unusable = append(unusable, encryption)
	p.JWKS = func(keys []map[string]any) []map[string]any { return append(unusable, keys...) }
	app := newApp(t, p, nil)
	for range 3 {
		app.browser().MustSignIn()
		p.Clock.Advance(2 * time.Hour)
	}
	if n := p.RequestCount("/jwks"); n != 3 {
		t.Errorf("got %d key requests, want 3", n)
	}
	log := app.logText()
	for kid, level := range map[string]string{
		"curve": "WARN", "symmetric": "WARN", "malformed": "WARN", "encryption": "INFO",
	} {
		line := "level=" + level + ` msg="key of the provider left out" kid=` + kid + " reason="
		if strings.Count(log, line) != 1 || strings.Count(log, "kid="+kid+" reason=") != 1 {
			t.Errorf("key %s: want one line with %s:\n%s", kid, line, log)
		}
	}
	if strings.Contains(log, "c2VjcmV0") {
		t.Errorf("the log contains the symmetric key: %s", log)
	}
}
