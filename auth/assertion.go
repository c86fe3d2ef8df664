package auth

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// assertionLifetime is how long a client assertion is good for; one is made for every call.
const assertionLifetime = time.Minute

// asserting adds a client assertion (RFC 7523 section 2.2, private_key_jwt in OpenID Connect Core
// section 9) to the forms that are posted to the provider. It works on the way out because x/oauth2
// has no place for one where it renews a token.
type asserting struct {
	base     http.RoundTripper
	signer   jose.Signer
	clientID string
	issuer   string
	now      func() time.Time
}

// signAssertions puts the client's key to use.
func (c *Client) signAssertions() error {
	key := jose.SigningKey{Algorithm: algorithmOf(c.cfg.ClientKey), Key: jose.JSONWebKey{Key: c.cfg.ClientKey, KeyID: c.cfg.ClientKeyID}}
	signer, err := jose.NewSigner(key, (&jose.SignerOptions{}).WithType("JWT"))
	if err != nil {
		return fmt.Errorf("auth: ClientKey: %w", err)
	}
	c.http.Transport = asserting{c.http.Transport, signer, c.cfg.ClientID, c.cfg.Issuer, c.cfg.Now}
	return nil
}

// algorithmOf returns the algorithm that goes with a key, "" when there is none.
func algorithmOf(key crypto.Signer) jose.SignatureAlgorithm {
	switch public := key.Public().(type) {
	case *rsa.PublicKey:
		return jose.RS256
	case ed25519.PublicKey:
		return jose.EdDSA
	case *ecdsa.PublicKey:
		switch public.Curve {
		case elliptic.P256():
			return jose.ES256
		case elliptic.P384():
			return jose.ES384
		case elliptic.P521():
			return jose.ES512
		}
	}
	return ""
}

// RoundTrip adds the assertion to a form.
func (t asserting) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method != http.MethodPost || r.Body == nil {
		return t.base.RoundTrip(r)
	}
	body, err := io.ReadAll(r.Body)
	r.Body.Close()
	if err != nil {
		return nil, err
	}
	assertion, err := t.assertion()
	if err != nil {
		return nil, err
	}
	body = append(body, "&"+url.Values{
		"client_assertion_type": {"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"},
		"client_assertion":      {assertion},
	}.Encode()...)
	r = r.Clone(r.Context()) // a RoundTripper must not change what it is given
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	r.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	return t.base.RoundTrip(r)
}

// assertion names the issuer as its audience: one that names a token endpoint can be made to fit
// another provider's.
func (t asserting) assertion() (string, error) {
	now := t.now()
	claims, err := json.Marshal(map[string]any{
		"iss": t.clientID, "sub": t.clientID, "aud": t.issuer, "jti": random(16),
		"iat": now.Unix(), "exp": now.Add(assertionLifetime).Unix(),
	})
	if err != nil {
		return "", err
	}
	jws, err := t.signer.Sign(claims)
	if err != nil {
		return "", fmt.Errorf("sign the client assertion: %w", err)
	}
	return jws.CompactSerialize()
}
