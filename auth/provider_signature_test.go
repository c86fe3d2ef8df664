package auth_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"fmt"
	"math/big"
	"strings"
)

// signature signs without go-jose, so that a test can combine any key with any algorithm. If key is a []byte, the
// signature is an HMAC with SHA-256. If key is nil, the signature is empty.
func signature(key any, alg string, input []byte) []byte {
	var sum []byte
	hash := crypto.SHA256
	switch {
	case strings.HasSuffix(alg, "384"):
		s := sha512.Sum384(input)
		sum, hash = s[:], crypto.SHA384
	case strings.HasSuffix(alg, "512"):
		s := sha512.Sum512(input)
		sum, hash = s[:], crypto.SHA512
	default:
		s := sha256.Sum256(input)
		sum = s[:]
	}
	var sig []byte
	var err error
	switch key := key.(type) {
	case nil:
	case []byte:
		mac := hmac.New(sha256.New, key)
		mac.Write(input)
		sig = mac.Sum(nil)
	case *rsa.PrivateKey:
		if strings.HasPrefix(alg, "PS") {
			sig, err = rsa.SignPSS(rand.Reader, key, hash, sum, &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash})
		} else {
			sig, err = rsa.SignPKCS1v15(nil, key, hash, sum)
		}
	case *ecdsa.PrivateKey:
		var r, s *big.Int
		if r, s, err = ecdsa.Sign(rand.Reader, key, sum); err == nil {
			size := (key.Params().BitSize + 7) / 8
			sig = append(r.FillBytes(make([]byte, size)), s.FillBytes(make([]byte, size))...)
		}
	case ed25519.PrivateKey:
		sig = ed25519.Sign(key, input)
	default:
		err = fmt.Errorf("cannot sign with a %T", key)
	}
	if err != nil {
		panic(err)
	}
	return sig
}

func randomText() string {
	b := make([]byte, 16)
	rand.Read(b)
	return base64.RawURLEncoding.EncodeToString(b)
}
