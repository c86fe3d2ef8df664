package devidp

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"
)

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// The user does not wait for a client that does not answer, but Close does.
func TestSlowClientDelaysCloseOnly(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p, err := New(Config{Issuer: DefaultIssuer, SigningAlg: "EdDSA", Clients: []Client{
			{ID: "slow", RedirectURIs: []string{"http://slow.example/"}, BackChannelLogoutURI: "http://slow.example/"},
			{ID: "quick", RedirectURIs: []string{"http://quick.example/"}, BackChannelLogoutURI: "http://quick.example/"},
		}})
		if err != nil {
			t.Fatal(err)
		}
		release := make(chan struct{})
		p.http.Transport = roundTripper(func(r *http.Request) (*http.Response, error) {
			if r.Host == "slow.example" {
				<-release
			}
			return &http.Response{StatusCode: 200, Body: http.NoBody, Request: r}, nil
		})
		begin := time.Now()
		deliveries := p.notifyClients(endedSessions{
			subject: "dev-ada", sids: []string{"sid"}, clients: []string{"quick", "slow"},
		})
		if took := time.Since(begin); took != deliveryWait {
			t.Errorf("waited %v, want %v", took, deliveryWait)
		}
		if len(deliveries) != 2 || deliveries[0].Outcome != "signed out" || deliveries[1].Outcome != "no answer yet" {
			t.Errorf("got %+v", deliveries)
		}

		closed := false
		go func() {
			p.Close()
			closed = true
		}()
		synctest.Wait()
		if closed {
			t.Error("Close did not wait for the delivery")
		}
		close(release)
		synctest.Wait()
		if !closed {
			t.Error("Close did not return")
		}
	})
}
