package auth_test

import (
	"crypto"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"maps"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"github.com/plusauth/plusauth-go-starter/auth"
)

// forge makes the provider send the ID token that create returns. key is the key of the provider.
func forge(create func(key crypto.Signer, claims, header map[string]any) string) func(*provider) {
	return func(p *provider) {
		p.Sign = func(claims, header map[string]any) string { return create(p.Key().key, claims, header) }
	}
}

// withHeader changes the header of the ID token, which is signed with the provider's key.
func withHeader(change map[string]any) func(*provider) {
	return forge(func(key crypto.Signer, claims, header map[string]any) string {
		maps.Copy(header, change)
		return signJWT(key, claims, header)
	})
}

// hmacWith signs the ID token with HMAC and the public key, in one of its forms, as the secret (RFC 8725 section 2.1).
func hmacWith(form func(public *rsa.PublicKey) []byte) func(*provider) {
	return forge(func(key crypto.Signer, claims, header map[string]any) string {
		return signJWT(form(key.Public().(*rsa.PublicKey)), claims, withMember(header, "alg", "HS256"))
	})
}

func TestInvalidSignatureIsRejected(t *testing.T) {
	t.Parallel()
	cases := map[string]refusal{}
	add := func(name string, override func(*provider)) {
		cases[name] = refusal{override: override, want: auth.ErrBadToken, withoutUserinfo: true}
	}

	for _, alg := range []string{"none", "None", "NONE", ""} {
		add("alg "+alg+" without a signature", forge(func(_ crypto.Signer, claims, header map[string]any) string {
			return signJWT(nil, claims, withMember(header, "alg", alg))
		}))
		add("alg "+alg+" with a signature", withHeader(map[string]any{"alg": alg}))
	}
	add("HMAC with the public key as PEM", hmacWith(func(k *rsa.PublicKey) []byte {
		return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: pkix(k)})
	}))
	add("HMAC with the public key as PKCS 1 PEM", hmacWith(func(k *rsa.PublicKey) []byte {
		return pem.EncodeToMemory(&pem.Block{Type: "RSA PUBLIC KEY", Bytes: x509.MarshalPKCS1PublicKey(k)})
	}))
	add("HMAC with the public key as DER", hmacWith(pkix))
	add("HMAC with the public key as JWK", hmacWith(func(k *rsa.PublicKey) []byte {
		b, _ := json.Marshal(jose.JSONWebKey{Key: k})
		return b
	}))
	add("HMAC with the modulus", hmacWith(func(k *rsa.PublicKey) []byte { return k.N.Bytes() }))
	add("HMAC with the client secret", func(p *provider) {
		secret := []byte(p.ClientSecret)
		p.Sign = func(claims, header map[string]any) string {
			return signJWT(secret, claims, withMember(header, "alg", "HS256"))
		}
	})
	add("HMAC with an empty key", hmacWith(func(*rsa.PublicKey) []byte { return []byte{} }))

	for _, alg := range []string{"RS384", "RS512", "PS256"} { // possible with this key, but not configured
		add("alg "+alg, withHeader(map[string]any{"alg": alg}))
	}
	add("header RS256, signature PS256", forge(func(key crypto.Signer, claims, header map[string]any) string {
		h, _ := json.Marshal(header)
		c, _ := json.Marshal(claims)
		return signRaw(key, "PS256", h, c)
	}))
	add("another key with the same key ID", forge(func(_ crypto.Signer, claims, header map[string]any) string {
		return signJWT(rsaKeys[1](), claims, header)
	}))
	add("another key without a key ID", forge(func(_ crypto.Signer, claims, header map[string]any) string {
		return signJWT(rsaKeys[1](), claims, withMember(header, "kid", nil))
	}))
	add("another key in the header", forge(func(_ crypto.Signer, claims, header map[string]any) string {
		jwk := publicJWK(&signingKey{"key-1", rsaKeys[1]()}, "RS256")
		return signJWT(rsaKeys[1](), claims, withMember(withMember(header, "jwk", jwk), "kid", nil))
	}))
	add("key set URL in the header", withHeader(map[string]any{"kid": "elsewhere", "jku": "https://evil.example/jwks"}))
	add("unknown key ID", withHeader(map[string]any{"kid": "key-unknown"}))
	add("unknown critical header", withHeader(map[string]any{"crit": []string{"x"}, "x": 1}))
	add("unencoded payload", withHeader(map[string]any{"crit": []string{"b64"}, "b64": false}))

	rewrite := func(change func(parts []string)) func(*provider) {
		return forge(func(key crypto.Signer, claims, header map[string]any) string {
			parts := strings.Split(signJWT(key, claims, header), ".")
			change(parts)
			return strings.Join(parts, ".")
		})
	}
	add("signature missing", rewrite(func(p []string) { p[2] = "" }))
	add("signature truncated", rewrite(func(p []string) { p[2] = p[2][:len(p[2])-4] }))
	add("signature of zeros", rewrite(func(p []string) { p[2] = strings.Repeat("A", len(p[2])) }))
	add("payload changed after signing", rewrite(func(p []string) {
		b, _ := base64.RawURLEncoding.DecodeString(p[1])
		p[1] = base64.RawURLEncoding.EncodeToString([]byte(strings.Replace(string(b), "alice-0001", "admin-0001", 1)))
	}))
	add("two parts", rewrite(func(p []string) { p[2] = p[2] + "\x00"; p[1] = "" }))
	add("five parts", rewrite(func(p []string) { p[2] += ".AAAA.AAAA" }))
	add("padded base64", rewrite(func(p []string) { p[1] += "==" }))
	add("JWS in JSON serialization", forge(func(key crypto.Signer, claims, header map[string]any) string {
		p := strings.Split(signJWT(key, claims, header), ".")
		b, _ := json.Marshal(map[string]string{"protected": p[0], "payload": p[1], "signature": p[2]})
		return string(b)
	}))
	add("JWS in general JSON serialization", forge(func(key crypto.Signer, claims, header map[string]any) string {
		p := strings.Split(signJWT(key, claims, header), ".")
		signatures := []map[string]string{{"protected": p[0], "signature": p[2]}}
		b, _ := json.Marshal(map[string]any{"payload": p[1], "signatures": signatures})
		return string(b)
	}))
	add("encrypted", forge(func(_ crypto.Signer, claims, _ map[string]any) string {
		e, err := jose.NewEncrypter(jose.A128GCM, jose.Recipient{Algorithm: jose.DIRECT, Key: make([]byte, 16)}, nil)
		if err != nil {
			panic(err)
		}
		b, _ := json.Marshal(claims)
		jwe, _ := e.Encrypt(b)
		s, _ := jwe.CompactSerialize()
		return s
	}))
	for name, token := range map[string]string{
		"one word": "garbage", "empty": "", "two dots": "..", "zero bytes": "\x00.\x00.\x00", "not base64": "%.%.%",
	} {
		add("not a JWT: "+name, forge(func(crypto.Signer, map[string]any, map[string]any) string { return token }))
	}
	for _, payload := range []string{"null", "[]", `"text"`, "7", "{", "", `{"iss":1}`, `{}{}`} {
		add("payload "+payload, forge(func(key crypto.Signer, _, header map[string]any) string {
			h, _ := json.Marshal(header)
			return signRaw(key, "RS256", h, []byte(payload))
		}))
	}
	testRefusals(t, cases)
}

func pkix(k *rsa.PublicKey) []byte {
	der, err := x509.MarshalPKIXPublicKey(k)
	if err != nil {
		panic(err)
	}
	return der
}
