package redis

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/plusauth/plusauth-go-starter/auth"
	"github.com/plusauth/plusauth-go-starter/auth/storetest"
	"github.com/plusauth/plusauth-go-starter/internal/dbtest"
)

func TestTLS(t *testing.T) {
	t.Parallel()
	cert, certFile, keyFile := writeCertificate(t)
	cfg, err := parse(dbtest.NewRedisTLS(t, certFile, keyFile).URL)
	if err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()

	t.Run("a trusted certificate is accepted", func(t *testing.T) {
		trusting := cfg
		trusting.roots = x509.NewCertPool()
		trusting.roots.AppendCertsFromPEM(cert)
		s := openConfig(t, trusting, 30*time.Second)
		e := auth.Entry{Data: []byte("data"), Created: time.Now(), Expiry: time.Now().Add(time.Hour)}
		if err := s.Create(ctx, "key", e); err != nil {
			t.Fatal(err)
		}
		if got, ok, err := s.Find(ctx, "key"); string(got.Data) != "data" || !ok || err != nil {
			t.Errorf("Find: got %q, found %v, error %v", got.Data, ok, err)
		}
	})
	t.Run("an unknown certificate is rejected", func(t *testing.T) {
		strict := cfg
		strict.roots = x509.NewCertPool()
		err := openConfig(t, strict, 30*time.Second).Ping(ctx)
		if unknown := new(x509.UnknownAuthorityError); !errors.As(err, unknown) {
			t.Errorf("got error %v, want an unknown authority", err)
		}
	})
	t.Run("a server without TLS is rejected", func(t *testing.T) {
		url := "rediss" + strings.TrimPrefix(dbtest.Redis(t).URL, "redis")
		if err := openURL(t, url, callTimeout).Ping(ctx); err == nil {
			t.Error("rediss:// connected to a server without TLS")
		}
	})
}

// TestTLSHandshakeTimesOut connects to a server that accepts connections and sends nothing.
func TestTLSHandshakeTimesOut(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	storetest.CheckUnavailable(t, openURL(t, "rediss://"+l.Addr().String(), callTimeout))
}

// writeCertificate writes a self-signed certificate for localhost, and its key, to files.
func writeCertificate(t *testing.T) (cert []byte, certFile, keyFile string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{"localhost"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	certFile, keyFile = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	cert = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	keyPEM := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER})
	if err := errors.Join(os.WriteFile(certFile, cert, 0o600), os.WriteFile(keyFile, keyPEM, 0o600)); err != nil {
		t.Fatal(err)
	}
	return cert, certFile, keyFile
}
