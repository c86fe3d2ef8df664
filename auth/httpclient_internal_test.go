package auth

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// lossy is a server behind a proxy that can lose its connections, as a firewall does that has forgotten them.
type lossy struct {
	get  func() (proto string, err error) // by the client of requests to the provider
	lose func()                           // drops the data of all connections that exist, without closing them
}

// newLossy starts a server. Its handler answers when hold is closed.
func newLossy(t *testing.T, http2 bool, hold <-chan struct{}) lossy {
	t.Helper()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		<-hold
		io.WriteString(w, r.Proto)
	}))
	server.EnableHTTP2 = http2
	server.StartTLS()
	t.Cleanup(server.Close)
	address, lose := startLossyProxy(t, server.Listener.Addr().String())
	client := newHTTPClient(Config{ProviderTimeout: time.Second})
	transport := client.Transport.(boundedTransport).base.(*http.Transport)
	t.Cleanup(transport.CloseIdleConnections)
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	transport.TLSClientConfig = &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
	return lossy{lose: lose, get: func() (string, error) {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://"+address, nil)
		if err != nil {
			return "", err
		}
		resp, err := client.Do(req)
		if err != nil {
			return "", err
		}
		defer resp.Body.Close()
		b, err := io.ReadAll(resp.Body)
		return string(b), err
	}}
}

// TestDeadHTTP2Connection loses the one connection that all requests share. Requests must succeed again on a new one.
func TestDeadHTTP2Connection(t *testing.T) {
	t.Parallel()
	open := make(chan struct{})
	close(open)
	l := newLossy(t, true, open)
	if proto, err := l.get(); err != nil || proto != "HTTP/2.0" {
		t.Fatalf("got %q and %v, want HTTP/2.0", proto, err)
	}
	l.lose()
	if _, err := l.get(); err == nil {
		t.Fatal("the connection is not lost")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	for ctx.Err() == nil {
		if _, err := l.get(); err == nil {
			return
		}
	}
	t.Error("no request has succeeded since the connection died")
}

// TestDeadHTTP1Connections loses several idle connections. One request finds out; the next one must not.
func TestDeadHTTP1Connections(t *testing.T) {
	t.Parallel()
	hold := make(chan struct{})
	l := newLossy(t, false, hold)
	var first sync.WaitGroup
	for range 4 {
		first.Go(func() {
			if proto, err := l.get(); err != nil || proto != "HTTP/1.1" {
				t.Errorf("got %q and %v, want HTTP/1.1", proto, err)
			}
		})
	}
	close(hold)
	first.Wait()
	l.lose()
	if _, err := l.get(); err == nil {
		t.Fatal("the connections are not lost")
	}
	if _, err := l.get(); err != nil {
		t.Errorf("the second request: %v", err)
	}
}

// startLossyProxy starts a proxy for an address. lose makes it drop the data of all connections that exist, without
// closing them.
func startLossyProxy(t *testing.T, server string) (address string, lose func()) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	var generation atomic.Int64
	forward := func(to, from net.Conn, of int64) {
		defer to.Close()
		defer io.Copy(io.Discard, from)
		for b := make([]byte, 4096); ; {
			n, err := from.Read(b)
			if err != nil || generation.Load() != of {
				return
			}
			if _, err := to.Write(b[:n]); err != nil {
				return
			}
		}
	}
	go func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			out, err := net.Dial("tcp", server)
			if err != nil {
				in.Close()
				continue
			}
			of := generation.Load()
			go forward(out, in, of)
			go forward(in, out, of)
		}
	}()
	return l.Addr().String(), func() { generation.Add(1) }
}
