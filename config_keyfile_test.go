package main

import (
	"crypto/ecdh"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// writePEM writes a PEM file and returns its name.
func writePEM(t *testing.T, kind string, content []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "key.pem")
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: content}), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestKeyFileMustHoldPKCS8(t *testing.T) {
	t.Parallel()
	vars := maps.Clone(withProvider)
	vars["CLIENT_AUTH_METHOD"] = "private_key_jwt"
	vars["CLIENT_KEY_FILE"] = writePEM(t, "RSA PRIVATE KEY", []byte("xyzzy"))
	got := configMistakes(t, vars)
	if len(got) != 1 || !strings.HasPrefix(got[0], "CLIENT_KEY_FILE must contain a key in PKCS #8") {
		t.Errorf("got %q", got)
	}
}

func TestKeyFileNeedsAuthURL(t *testing.T) {
	t.Parallel()
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	got := configMistakes(t, map[string]string{
		"CLIENT_AUTH_METHOD": "private_key_jwt",
		"CLIENT_KEY_FILE":    writePEM(t, "PRIVATE KEY", der),
	})
	if len(got) != 1 || !strings.HasPrefix(got[0], "AUTH_URL is missing, but") {
		t.Errorf("got %q, want one mistake about AUTH_URL", got)
	}
}

// TestKeyFileMustHoldASigningKey checks that a key that cannot sign is reported, and not ignored.
func TestKeyFileMustHoldASigningKey(t *testing.T) {
	t.Parallel()
	key, err := ecdh.X25519().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	vars := maps.Clone(withProvider)
	vars["CLIENT_KEY_FILE"] = writePEM(t, "PRIVATE KEY", der)
	if got := configMistakes(t, vars); len(got) != 1 || !strings.HasPrefix(got[0], "CLIENT_KEY_FILE ") {
		t.Errorf("got %q, want one mistake about CLIENT_KEY_FILE", got)
	}
}
