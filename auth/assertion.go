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

// assertionLifetime is how long a client assertion is valid. Each request has its own.
const assertionLifetime = time.Minute

// assertionTransport adds a client assertion (private_key_jwt, OpenID Connect Core section 9 and RFC 7523 section 2.2)
// to every form that is posted to the provider. It is a transport because x/oauth2 cannot add parameters to a refresh
// request.
type assertionTransport struct {
	base     http.RoundTripper
	signer   jose.Signer
	clientID string
	issuer   string
	now      func() time.Time
}

func newAssertionTransport(base http.RoundTripper, cfg Config) (*assertionTransport, error) {
	signer, err := jose.NewSigner(jose.SigningKey{
		Algorithm: algorithmOf(cfg.ClientKey),
		Key:       jose.JSONWebKey{Key: cfg.ClientKey, KeyID: cfg.ClientKeyID},
	}, (&jose.SignerOptions{}).WithType("JWT"))
	if err != nil {
		return nil, fmt.Errorf("auth: ClientKey: %w", err)
	}
	return &assertionTransport{base, signer, cfg.ClientID, cfg.Issuer, cfg.Now}, nil
}

// algorithmOf returns the signing algorithm for a key, or "" if the key is of an unsupported type.
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

// RoundTrip adds the assertion to the body of a POST request.
func (t *assertionTransport) RoundTrip(r *http.Request) (*http.Response, error) {
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
	r = r.Clone(r.Context()) // a RoundTripper must not change its request
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	r.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	return t.base.RoundTrip(r)
}

// assertion returns a new client assertion. Its audience is the issuer, because an assertion for the address of a token
// endpoint could be passed on to another provider.
func (t *assertionTransport) assertion() (string, error) {
	now := t.now()
	claims, err := json.Marshal(map[string]any{
		"iss": t.clientID, "sub": t.clientID, "aud": t.issuer, "jti": randomText(16),
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
