package auth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-jose/go-jose/v4"
)

// idToken is a verified ID token (OpenID Connect Core section 2).
type idToken struct {
	raw       string
	Subject   string
	AZP       string
	Expiry    unixTime
	IssuedAt  unixTime
	NotBefore unixTime
	AuthTime  unixTime
	Nonce     string
	SID       string // Front-Channel Logout 1.0 section 3
	Events    *struct{}
	claims    claims
}

// read fills the fields from the claims of exactly these names. Left to itself, encoding/json takes "SUB" and even
// "ſub" for sub, and of several the last one counts; a provider may let people choose names of claims.
func (t *idToken) read() error {
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
	// These are read by go-oidc, in that way.
	for name := range t.claims {
		for _, exact := range []string{"iss", "aud", "at_hash"} {
			if name != exact && strings.EqualFold(name, exact) {
				return fmt.Errorf("%q can be taken for %s", name, exact)
			}
		}
	}
	return nil
}

// expectation is what an ID token must fit besides the client's configuration.
type expectation struct {
	accessToken string        // for at_hash
	nonce       string        // must be the token's; checked when the token comes from a sign-in
	maxAge      time.Duration // longest time since the person signed in at the provider; 0 means any
	renews      *record       // the session whose tokens are refreshed; nil: a sign-in
}

// verifyIDToken checks everything that OpenID Connect Core section 3.1.3.7 asks for, in the order cheap to dear
// within a token whose signature holds. go-oidc checks the algorithm, the signature, the issuer and the audience; the rest is
// here, since go-oidc leaves it out or (for exp) knows no leeway.
func (c *Client) verifyIDToken(ctx context.Context, raw string, want expectation) (*idToken, error) {
	if raw == "" {
		return nil, badToken("id token: missing")
	}
	verified, err := c.verify(ctx, raw)
	if err != nil {
		return nil, fmt.Errorf("id token: %w", err)
	}
	t := &idToken{raw: raw}
	err = verified.Claims(&t.claims)
	if err == nil {
		err = t.read()
	}
	if err != nil {
		return nil, badToken("id token: %v", clipError(err))
	}
	if err := c.checkClaims(t, verified.Audience); err != nil {
		return nil, err
	}
	// at_hash is optional in the code flow (section 3.1.3.6), but when it is there it must fit.
	if verified.AccessTokenHash != "" {
		if err := verified.VerifyAccessToken(want.accessToken); err != nil {
			return nil, badToken("id token: at_hash: %v", err)
		}
	}
	if want.renews != nil {
		return t, checkRenewal(t, want.renews)
	}
	return t, c.checkSignIn(t, want)
}

// checkClaims checks what holds for every ID token.
func (c *Client) checkClaims(t *idToken, audience []string) error {
	now, skew := c.now(), c.cfg.ClockSkew
	switch {
	case t.Subject == "" || len(t.Subject) > 255:
		return badToken("id token: sub is missing or longer than 255 bytes")
	case t.Events != nil:
		return badToken("id token: it is a security event, not an ID token")
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
		return badToken("id token: auth_time is in the future, %v; check the clocks", t.AuthTime)
	}
	return nil
}

// checkSignIn checks what ties an ID token to the authorization request.
func (c *Client) checkSignIn(t *idToken, want expectation) error {
	if t.Nonce == "" || !equal(t.Nonce, want.nonce) {
		return badToken("id token: nonce is missing or not ours")
	}
	if want.maxAge > 0 { // section 3.1.2.1: with max_age, auth_time must be there
		if t.AuthTime.IsZero() {
			return badToken("id token: max_age was asked for and auth_time is missing")
		}
		if c.now().Sub(t.AuthTime.Time) > want.maxAge+c.cfg.ClockSkew {
			return badToken("id token: the person signed in at the provider at %v, longer ago than max_age %v", t.AuthTime, want.maxAge)
		}
	}
	return nil
}

// checkRenewal checks what OpenID Connect Core section 12.2 asks of the ID token in a refresh
// response, against what the sign-in brought; the issuer and the audience are the client's already.
// One thing it lets pass: a later auth_time. Keycloak moves it when the person proves again who they are, for another
// application, and what is remembered stays that of the sign-in.
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

func badToken(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrBadToken, fmt.Sprintf(format, args...))
}

// verify checks the signature, the issuer and the audience of a JWT that the provider has issued for this client.
func (c *Client) verify(ctx context.Context, raw string) (*oidc.IDToken, error) {
	verifier, err := c.verifySignature(ctx, raw)
	if err != nil {
		return nil, err
	}
	t, err := verifier.Verify(ctx, raw)
	if err != nil {
		return nil, badToken("%v", clipError(err))
	}
	return t, nil
}

// verifySignature checks the signature of a JWT and returns the go-oidc verifier that checks the claims of this JWT.
// go-oidc does not ask for the keys itself, because it turns errors into text: the caller could not tell a bad token
// from keys that could not be fetched. It does not check the times either, because it allows no clock skew.
func (c *Client) verifySignature(ctx context.Context, raw string) (*oidc.IDTokenVerifier, error) {
	payload, err := c.keys.verify(ctx, raw)
	if err != nil {
		return nil, err
	}
	return oidc.NewVerifier(c.cfg.Issuer, verifiedToken{raw, payload}, &oidc.Config{
		ClientID:             c.cfg.ClientID,
		SupportedSigningAlgs: []string{c.cfg.SigningAlg},
		SkipExpiryCheck:      true,
	}), nil
}

// verifiedToken is the oidc.KeySet for one JWT whose signature has been verified. It rejects every other JWT.
type verifiedToken struct {
	raw     string
	payload []byte
}

func (t verifiedToken) VerifySignature(_ context.Context, raw string) ([]byte, error) {
	if raw != t.raw {
		return nil, errors.New("another token")
	}
	return t.payload, nil
}

// peekClaims reads a token that was verified when it was kept.
func peekClaims(raw string) (*idToken, error) {
	t := &idToken{raw: raw}
	jws, err := jose.ParseSignedCompact(raw, signatureAlgorithms())
	if err == nil {
		err = json.Unmarshal(jws.UnsafePayloadWithoutVerification(), &t.claims)
	}
	if err == nil {
		err = t.read()
	}
	if err != nil {
		return nil, badToken("kept id token: %v", clipError(err))
	}
	return t, nil
}

func signatureAlgorithms() []jose.SignatureAlgorithm {
	algs := make([]jose.SignatureAlgorithm, len(SigningAlgs))
	for i, a := range SigningAlgs {
		algs[i] = jose.SignatureAlgorithm(a)
	}
	return algs
}
