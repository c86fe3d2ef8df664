package auth

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-jose/go-jose/v4"
)

// idToken is a verified ID token (OpenID Connect Core section 2).
type idToken struct {
	raw       string
	claims    claims
	Subject   string
	AZP       string
	Expiry    unixTime
	IssuedAt  unixTime
	NotBefore unixTime
	AuthTime  unixTime
	Nonce     string
	SID       string    // Front-Channel Logout 1.0 section 3
	Events    *struct{} // not nil in a security event token, such as a logout token
}

// parseClaims sets the fields from the claims with exactly these names. encoding/json alone would take "SUB" and even
// "ſub" for sub and use the last of several, and some providers let people choose the names of claims.
func (t *idToken) parseClaims() error {
	for name, field := range map[string]any{
		"sub": &t.Subject, "azp": &t.AZP, "exp": &t.Expiry, "iat": &t.IssuedAt, "nbf": &t.NotBefore,
		"auth_time": &t.AuthTime, "nonce": &t.Nonce, "sid": &t.SID, "events": &t.Events,
	} {
		if value, ok := t.claims[name]; ok {
			if err := json.Unmarshal(value, field); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
		}
	}
	return t.claims.checkNames("iss", "aud", "at_hash") // go-oidc reads these with encoding/json
}

// checkNames returns an error if the name of a claim differs from one of these names only in case.
func (c claims) checkNames(exact ...string) error {
	for name := range c {
		for _, e := range exact {
			if name != e && strings.EqualFold(name, e) {
				return fmt.Errorf("%q could be mistaken for %s", clip(name, 40), e)
			}
		}
	}
	return nil
}

// expectation is what an ID token must match in addition to the configuration of the client.
type expectation struct {
	accessToken string        // for at_hash
	nonce       string        // of the login attempt; not used if renews is set
	maxAge      time.Duration // maximum time since the person signed in at the provider; 0 means any
	renews      *record       // the session whose tokens are refreshed; nil at a sign-in
}

// verifyIDToken checks all that OpenID Connect Core section 3.1.3.7 requires. go-oidc checks the issuer and the
// audience. The other claims are checked here, because go-oidc does not check them or allows no clock skew.
func (c *Client) verifyIDToken(ctx context.Context, raw string, want expectation) (*idToken, error) {
	if raw == "" {
		return nil, misconfiguredToken("the token response has no id_token; the provider, or this client at the provider, "+
			"does not use OpenID Connect", "Issuer", "Scopes")
	}
	verified, err := c.verify(ctx, raw)
	if err != nil {
		return nil, fmt.Errorf("id token: %w", err)
	}
	t := &idToken{raw: raw}
	err = verified.Claims(&t.claims)
	if err == nil {
		err = t.parseClaims()
	}
	if err != nil {
		return nil, badToken("id token: %v", clipError(err))
	}
	v := &tokenCheck{
		idToken: t, audience: verified.Audience, expectation: want,
		clientID: c.cfg.ClientID, now: c.now(), skew: c.cfg.ClockSkew,
	}
	// at_hash is optional in the code flow (section 3.1.3.6). Without an access token there is nothing to compare.
	v.hashed = verified.AccessTokenHash != "" && want.accessToken != ""
	v.hashOK = v.hashed && verified.VerifyAccessToken(want.accessToken) == nil
	return t, v.run(traceOf(ctx))
}

// verify checks the signature, the issuer and the audience of a JWT from the provider. The claims do not contain the
// sources of distributed claims.
func (c *Client) verify(ctx context.Context, raw string) (*oidc.IDToken, error) {
	m, payload, err := c.verifySignature(ctx, raw)
	if err != nil {
		return nil, err
	}
	// go-oidc resolves distributed claims and fails if a source is missing.
	raw, payload = withoutDistributedClaims(raw, payload)
	t, err := c.newVerifier(m, raw, payload).Verify(ctx, raw)
	if err != nil {
		return nil, c.explainClaims(ctx, m, payload, err)
	}
	if hooks := traceOf(ctx); hooks.listens() {
		hooks.check(Check{Step: "token", Name: "iss", Expected: m.Issuer, Got: clip(t.Issuer, 200), OK: true})
		hooks.check(c.audienceCheck(t.Audience, true))
	}
	return t, nil
}

// audienceCheck returns the check that the client is an audience of a token.
func (c *Client) audienceCheck(audience []string, ok bool) Check {
	return Check{
		Step: "token", Name: "aud", Expected: c.cfg.ClientID, Got: orNothing(clip(strings.Join(audience, ", "), 200)), OK: ok,
	}
}

// explainClaims returns the error for claims that go-oidc has rejected.
func (c *Client) explainClaims(ctx context.Context, m *metadata, payload []byte, err error) error {
	var all claims
	if json.Unmarshal(payload, &all) != nil {
		return badToken("%v", clipError(err))
	}
	if iss := all.exact("iss"); iss != "" && iss != m.Issuer {
		traceOf(ctx).check(Check{Step: "token", Name: "iss", Expected: m.Issuer, Got: clip(iss, 200)})
		return misconfiguredToken(fmt.Sprintf("the issuer %q of the token did not match the issuer %q of the discovery "+
			"document", clip(iss, 200), m.Issuer), "Issuer")
	}
	if isNumber(all["sub"]) {
		return misconfiguredToken("the sub of the token is a number, and OpenID Connect requires a string")
	}
	audience := all.list("aud")
	if one := all.exact("aud"); one != "" {
		audience = []string{one}
	}
	if !slices.Contains(audience, c.cfg.ClientID) {
		failed := &CheckError{Where: "token", Check: c.audienceCheck(audience, false)}
		traceOf(ctx).check(failed.Check)
		return failed
	}
	return badToken("%v", clipError(err))
}

// isNumber reports whether a JSON value is a number.
func isNumber(raw json.RawMessage) bool {
	var n json.Number
	return len(raw) > 0 && raw[0] != '"' && string(raw) != "null" && json.Unmarshal(raw, &n) == nil
}

// withoutDistributedClaims returns a verified JWT and its payload without the members of OpenID Connect Core section
// 5.6.2. The signature is no longer that of the payload if there were any.
func withoutDistributedClaims(raw string, payload []byte) (string, []byte) {
	parts := strings.Split(raw, ".")
	var all claims
	if len(parts) != 3 || json.Unmarshal(payload, &all) != nil {
		return raw, payload
	}
	before := len(all)
	maps.DeleteFunc(all, func(name string, _ json.RawMessage) bool { // encoding/json ignores the case of names
		return strings.EqualFold(name, "_claim_names") || strings.EqualFold(name, "_claim_sources")
	})
	if len(all) == before {
		return raw, payload
	}
	shorter, err := json.Marshal(all)
	if err != nil {
		return raw, payload
	}
	return parts[0] + "." + base64.RawURLEncoding.EncodeToString(shorter) + "." + parts[2], shorter
}

// verifySignature checks the signature of a JWT and returns the payload. go-oidc does not fetch the keys itself,
// because it turns errors into text: an invalid token could not be told from keys that could not be fetched.
func (c *Client) verifySignature(ctx context.Context, raw string) (m *metadata, payload []byte, err error) {
	if m, err = c.metadata(ctx); err != nil {
		return nil, nil, err
	}
	start := c.now()
	jws, err := parseJWT(raw, m.SigningAlg)
	if err == nil {
		payload, err = c.keys.verify(ctx, jws)
	}
	if t := traceOf(ctx); t.listens() {
		c.traceSignature(t, m, raw, jws, start, err)
	}
	return m, payload, err
}

// newVerifier returns the go-oidc verifier that checks the claims of a JWT whose signature has been verified. It does
// not check the times, because it allows no clock skew.
func (c *Client) newVerifier(m *metadata, raw string, payload []byte) *oidc.IDTokenVerifier {
	return oidc.NewVerifier(m.Issuer, verifiedJWT{raw, payload}, &oidc.Config{
		ClientID:             c.cfg.ClientID,
		SupportedSigningAlgs: []string{m.SigningAlg},
		SkipExpiryCheck:      true,
	})
}

// verifiedJWT is the oidc.KeySet for one JWT whose signature has been verified.
type verifiedJWT struct {
	raw     string
	payload []byte
}

// VerifySignature returns the payload of the verified JWT, and rejects every other one.
func (v verifiedJWT) VerifySignature(_ context.Context, raw string) ([]byte, error) {
	if raw != v.raw {
		return nil, errors.New("not the verified JWT")
	}
	return v.payload, nil
}

// parseStoredIDToken parses an ID token that was verified before it was stored in the session.
func parseStoredIDToken(raw string) (*idToken, error) {
	t := &idToken{raw: raw}
	jws, err := jose.ParseSignedCompact(raw, signatureAlgorithms())
	if err == nil {
		err = json.Unmarshal(jws.UnsafePayloadWithoutVerification(), &t.claims)
	}
	if err == nil {
		err = t.parseClaims()
	}
	if err != nil {
		return nil, badToken("stored id token: %v", clipError(err))
	}
	return t, nil
}

// signatureAlgorithms returns SigningAlgs in go-jose's type.
func signatureAlgorithms() []jose.SignatureAlgorithm {
	algs := make([]jose.SignatureAlgorithm, len(SigningAlgs))
	for i, a := range SigningAlgs {
		algs[i] = jose.SignatureAlgorithm(a)
	}
	return algs
}
