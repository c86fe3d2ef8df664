package auth

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
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
	if err := c.checkClaims(t, verified.Audience); err != nil {
		return nil, err
	}
	// at_hash is optional in the code flow (section 3.1.3.6). Without an access token there is nothing to compare.
	if verified.AccessTokenHash != "" && want.accessToken != "" {
		if err := verified.VerifyAccessToken(want.accessToken); err != nil {
			return nil, badToken("id token: at_hash: %v", err)
		}
	}
	if want.renews != nil {
		return t, checkRenewal(t, want.renews)
	}
	return t, c.checkSignIn(t, want)
}

// checkClaims checks the rules that apply to every ID token.
func (c *Client) checkClaims(t *idToken, audience []string) error {
	now, skew := c.now(), c.cfg.ClockSkew
	switch {
	case t.Subject == "" || len(t.Subject) > 255:
		return badToken("id token: sub is missing or longer than 255 bytes")
	case t.Events != nil:
		return badToken("id token: it is a security event token")
	case len(audience) > 1 && t.AZP == "":
		return badToken("id token: several audiences and no azp")
	case t.AZP != "" && t.AZP != c.cfg.ClientID:
		return badToken("id token: azp is another client, %q", clip(t.AZP, 100))
	case t.Expiry.IsZero():
		return badToken("id token: exp is missing")
	case now.Add(-skew).After(t.Expiry.Time):
		return badToken("id token: expired at %v", t.Expiry)
	case t.IssuedAt.IsZero():
		return badToken("id token: iat is missing")
	case t.IssuedAt.After(now.Add(skew)):
		return badToken("id token: issued in the future, at %v; check the clocks", t.IssuedAt)
	case t.NotBefore.After(now.Add(skew)):
		return badToken("id token: not valid before %v", t.NotBefore)
	case t.AuthTime.After(now.Add(skew)):
		return badToken("id token: auth_time is in the future, at %v; check the clocks", t.AuthTime)
	}
	return nil
}

// checkSignIn checks that an ID token belongs to the authorization request.
func (c *Client) checkSignIn(t *idToken, want expectation) error {
	if t.Nonce == "" || !equal(t.Nonce, want.nonce) {
		return badToken("id token: nonce is missing or not the one that was sent")
	}
	if want.maxAge > 0 { // section 3.1.2.1 requires auth_time in response to max_age
		if t.AuthTime.IsZero() {
			return badToken("id token: max_age was requested and auth_time is missing")
		}
		if c.now().Sub(t.AuthTime.Time) > want.maxAge+c.cfg.ClockSkew {
			return badToken("id token: auth_time is %v, longer ago than max_age %v", t.AuthTime, want.maxAge)
		}
	}
	return nil
}

// checkRenewal checks what OpenID Connect Core section 12.2 requires of an ID token in a refresh response, except
// issuer and audience. It accepts a later auth_time: Keycloak changes it when the person signs in again for another
// application. The session keeps the auth_time of its own sign-in.
func checkRenewal(t *idToken, of *record) error {
	switch {
	case t.Subject != of.subject:
		return badToken("renewed id token: sub is another person")
	case t.Nonce != "" && !equal(t.Nonce, of.nonce):
		return badToken("renewed id token: nonce is not the one of the sign-in")
	case !t.AuthTime.IsZero() && t.AuthTime.UnixMicro() < of.authTime.UnixMicro():
		return badToken("renewed id token: auth_time is before the one of the sign-in")
	case t.SID != "" && of.sid != "" && t.SID != of.sid:
		return badToken("renewed id token: sid is another session")
	}
	return nil
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
		return nil, explainClaims(m, payload, err)
	}
	return t, nil
}

// explainClaims returns the error for claims that go-oidc has rejected.
func explainClaims(m *metadata, payload []byte, err error) error {
	var all claims
	if json.Unmarshal(payload, &all) != nil {
		return badToken("%v", clipError(err))
	}
	if iss := all.exact("iss"); iss != "" && iss != m.Issuer {
		return misconfiguredToken(fmt.Sprintf("the issuer %q of the token did not match the issuer %q of the discovery "+
			"document", clip(iss, 200), m.Issuer), "Issuer")
	}
	if isNumber(all["sub"]) {
		return misconfiguredToken("the sub of the token is a number, and OpenID Connect requires a string")
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
	shorter, err := json.Marshal(all)
	if len(all) == before || err != nil {
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
	payload, err = c.keys.verify(ctx, raw, m.SigningAlg)
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
