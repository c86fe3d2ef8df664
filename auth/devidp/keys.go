package devidp

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"slices"

	"github.com/go-jose/go-jose/v4"
	"github.com/zitadel/oidc/v3/pkg/op"
)

// signingAlgs are the algorithms to choose from.
var signingAlgs = []string{"RS256", "PS256", "ES256", "EdDSA"}

// signingKey is a key with the one algorithm it is used with.
type signingKey struct {
	id  string
	alg jose.SignatureAlgorithm
	key crypto.Signer
}

type savedKey struct {
	Alg   string `json:"alg"`
	PKCS8 []byte `json:"pkcs8"`
}

func (k signingKey) SignatureAlgorithm() jose.SignatureAlgorithm { return k.alg }
func (k signingKey) Key() any                                    { return k.key }
func (k signingKey) ID() string                                  { return k.id }

// publicKey is a signingKey as the key set shows it.
type publicKey struct{ signingKey }

func (k publicKey) Algorithm() jose.SignatureAlgorithm { return k.alg }
func (k publicKey) Use() string                        { return "sig" }
func (k publicKey) Key() any                           { return k.key.Public() }

func (s *storage) SigningKey(context.Context) (op.SigningKey, error) { return s.p.keys[0], nil }

func (s *storage) SignatureAlgorithms(context.Context) ([]jose.SignatureAlgorithm, error) {
	return []jose.SignatureAlgorithm{s.p.keys[0].alg}, nil
}

// KeySet has the keys of other algorithms too, which were used before: their ID tokens still come back as hints.
func (s *storage) KeySet(context.Context) ([]op.Key, error) {
	var keys []op.Key
	for _, k := range s.p.keys {
		keys = append(keys, publicKey{k})
	}
	return keys, nil
}

func checkKey(alg string, key crypto.Signer) error {
	if !slices.Contains(signingAlgs, alg) {
		return fmt.Errorf("signing algorithm %q: want one of %v", alg, signingAlgs)
	}
	fits := false
	switch k := key.(type) {
	case nil:
		return nil
	case *rsa.PrivateKey:
		fits = alg == "RS256" || alg == "PS256"
	case *ecdsa.PrivateKey:
		fits = alg == "ES256" && k.Curve == elliptic.P256()
	case ed25519.PrivateKey:
		fits = alg == "EdDSA"
	}
	if !fits {
		return fmt.Errorf("a key of type %T cannot sign with %s", key, alg)
	}
	return nil
}

// loadKeys takes the keys from the state, and makes one when there is none for the algorithm. The first one signs.
func (p *Provider) loadKeys() ([]signingKey, error) {
	var keys []signingKey
	if p.cfg.Key != nil {
		keys = append(keys, newSigningKey(p.cfg.SigningAlg, p.cfg.Key))
	}
	err := p.state.update(func(d *savedState) error {
		for _, k := range d.Keys {
			parsed, err := x509.ParsePKCS8PrivateKey(k.PKCS8)
			key, ok := parsed.(crypto.Signer)
			if err != nil || !ok || checkKey(k.Alg, key) != nil {
				return p.state.invalidFile(fmt.Errorf("the %s key cannot be read", k.Alg))
			}
			if k.Alg == p.cfg.SigningAlg && p.cfg.Key == nil {
				keys = slices.Insert(keys, 0, newSigningKey(k.Alg, key))
			} else {
				keys = append(keys, newSigningKey(k.Alg, key))
			}
		}
		if len(keys) > 0 && keys[0].alg == jose.SignatureAlgorithm(p.cfg.SigningAlg) {
			return nil
		}
		key, err := makeKey(p.cfg.SigningAlg)
		if err != nil {
			return err
		}
		der, err := x509.MarshalPKCS8PrivateKey(key)
		if err != nil {
			return err
		}
		d.Keys = append(d.Keys, savedKey{Alg: p.cfg.SigningAlg, PKCS8: der})
		keys = slices.Insert(keys, 0, newSigningKey(p.cfg.SigningAlg, key))
		return nil
	})
	return keys, err
}

func makeKey(alg string) (crypto.Signer, error) {
	switch alg {
	case "ES256":
		return ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case "EdDSA":
		_, key, err := ed25519.GenerateKey(rand.Reader)
		return key, err
	default:
		return rsa.GenerateKey(rand.Reader, 2048)
	}
}

// newSigningKey names the key by its thumbprint (RFC 7638), which stays the same over a restart.
func newSigningKey(alg string, key crypto.Signer) signingKey {
	sum, err := (&jose.JSONWebKey{Key: key.Public()}).Thumbprint(crypto.SHA256)
	if err != nil {
		panic("devidp: thumbprint: " + err.Error()) // of a key that checkKey refuses
	}
	return signingKey{id: base64.RawURLEncoding.EncodeToString(sum), alg: jose.SignatureAlgorithm(alg), key: key}
}
