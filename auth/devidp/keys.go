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

// signingAlgs lists the supported signing algorithms.
var signingAlgs = []string{"RS256", "PS256", "ES256", "EdDSA"}

// signingKey is a private key with its algorithm.
type signingKey struct {
	id  string
	alg jose.SignatureAlgorithm
	key crypto.Signer
}

// savedKey is a signingKey in the file.
type savedKey struct {
	Alg   string `json:"alg"`
	PKCS8 []byte `json:"pkcs8"`
}

func (k signingKey) SignatureAlgorithm() jose.SignatureAlgorithm { return k.alg }
func (k signingKey) Key() any                                    { return k.key }
func (k signingKey) ID() string                                  { return k.id }

// publicKey is the public half of a signingKey.
type publicKey struct{ signingKey }

func (k publicKey) Algorithm() jose.SignatureAlgorithm { return k.alg }
func (k publicKey) Use() string                        { return "sig" }
func (k publicKey) Key() any                           { return k.key.Public() }

// allKeys returns the keys. The first one signs.
func (p *Provider) allKeys() []signingKey {
	p.keysMu.RLock()
	defer p.keysMu.RUnlock()
	return p.keys
}

func (s *storage) SigningKey(context.Context) (op.SigningKey, error) { return s.p.allKeys()[0], nil }

func (s *storage) SignatureAlgorithms(context.Context) ([]jose.SignatureAlgorithm, error) {
	return []jose.SignatureAlgorithm{s.p.allKeys()[0].alg}, nil
}

// KeySet returns all keys. Keys of other algorithms were used earlier, and their ID tokens can still arrive as
// id_token_hint.
func (s *storage) KeySet(context.Context) ([]op.Key, error) {
	var keys []op.Key
	for _, k := range s.p.allKeys() {
		keys = append(keys, publicKey{k})
	}
	return keys, nil
}

// checkKey returns an error if the algorithm is not supported or does not match the key. A nil key matches.
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

// loadKeys returns the keys of the state with the signing key first. If there is no key for the algorithm, it generates
// one and saves it.
func (p *Provider) loadKeys() ([]signingKey, error) {
	var keys []signingKey
	if p.config.Key != nil {
		keys = append(keys, newSigningKey(p.config.SigningAlg, p.config.Key))
	}
	err := p.state.update(func(d *savedState) error {
		for _, k := range d.Keys {
			parsed, err := x509.ParsePKCS8PrivateKey(k.PKCS8)
			key, ok := parsed.(crypto.Signer)
			if err != nil || !ok || checkKey(k.Alg, key) != nil {
				return p.state.invalidFile(fmt.Errorf("the %s key is invalid", k.Alg))
			}
			if k.Alg == p.config.SigningAlg && p.config.Key == nil {
				keys = slices.Insert(keys, 0, newSigningKey(k.Alg, key))
			} else {
				keys = append(keys, newSigningKey(k.Alg, key))
			}
		}
		if len(keys) > 0 && keys[0].alg == jose.SignatureAlgorithm(p.config.SigningAlg) {
			return nil
		}
		key, err := makeKey(p.config.SigningAlg)
		if err != nil {
			return err
		}
		der, err := x509.MarshalPKCS8PrivateKey(key)
		if err != nil {
			return err
		}
		d.Keys = append(d.Keys, savedKey{Alg: p.config.SigningAlg, PKCS8: der})
		keys = slices.Insert(keys, 0, newSigningKey(p.config.SigningAlg, key))
		return nil
	})
	return keys, err
}

// rotateKey generates a key that signs from now on. The others stay, so that ID tokens that they have signed can still
// be verified.
func (p *Provider) rotateKey() error {
	key, err := makeKey(p.config.SigningAlg)
	if err != nil {
		return err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	err = p.state.update(func(d *savedState) error {
		d.Keys = append(d.Keys, savedKey{Alg: p.config.SigningAlg, PKCS8: der})
		return nil
	})
	if err != nil {
		return err
	}
	p.keysMu.Lock()
	defer p.keysMu.Unlock()
	p.keys = slices.Insert(slices.Clone(p.keys), 0, newSigningKey(p.config.SigningAlg, key))
	return nil
}

// makeKey generates a key for the algorithm.
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

// newSigningKey returns the key with its thumbprint as its ID (RFC 7638), which is the same after a restart.
func newSigningKey(alg string, key crypto.Signer) signingKey {
	sum, err := (&jose.JSONWebKey{Key: key.Public()}).Thumbprint(crypto.SHA256)
	if err != nil {
		panic("devidp: thumbprint: " + err.Error()) // impossible for keys that checkKey accepts
	}
	return signingKey{id: base64.RawURLEncoding.EncodeToString(sum), alg: jose.SignatureAlgorithm(alg), key: key}
}
