package auth

import (
	"cmp"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// assertionLifetime is how long a client assertion is valid. Each request has its own.
const assertionLifetime = time.Minute

// newAssertionSigner returns the signer of client assertions (private_key_jwt, OpenID Connect Core section 9 and RFC
// 7523 section 2.2).
func newAssertionSigner(cfg Config) (jose.Signer, error) {
	signer, err := jose.NewSigner(jose.SigningKey{
		Algorithm: algorithmOf(cfg.ClientKey),
		Key:       jose.JSONWebKey{Key: cfg.ClientKey, KeyID: cfg.ClientKeyID},
	}, (&jose.SignerOptions{}).WithType("JWT"))
	if err != nil {
		return nil, fmt.Errorf("auth: ClientKey: %w", err)
	}
	return signer, nil
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

// newAssertion returns a new client assertion. Its audience is the issuer unless the configuration names another one,
// because an assertion for the address of a token endpoint could be passed on to another provider.
func (c *Client) newAssertion(m *metadata) (string, error) {
	now := c.now()
	claims, err := json.Marshal(map[string]any{
		"iss": c.cfg.ClientID, "sub": c.cfg.ClientID, "aud": cmp.Or(c.cfg.ClientAssertionAudience, m.Issuer),
		"jti": randomText(16), "iat": now.Unix(), "exp": now.Add(assertionLifetime).Unix(),
	})
	if err != nil {
		return "", err
	}
	jws, err := c.signer.Sign(claims)
	if err != nil {
		return "", fmt.Errorf("sign the client assertion: %w", err)
	}
	return jws.CompactSerialize()
}
