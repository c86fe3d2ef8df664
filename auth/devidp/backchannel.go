package devidp

import (
	"cmp"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/go-jose/go-jose/v4"
)

const (
	deliveryTimeout     = 5 * time.Second // of one try
	deliveryRetry       = 250 * time.Millisecond
	deliveryWait        = 2 * time.Second // how long a person is kept waiting for the outcome
	logoutTokenLifetime = 2 * time.Minute // Back-Channel Logout 1.0 section 4 asks for no more
	logoutEvent         = "http://schemas.openid.net/event/backchannel-logout"
)

// delivery is what became of a logout token.
type delivery struct {
	Client  string // its name
	Outcome string // for people
	OK      bool
}

// notify sends logout tokens to every client of the sessions that has an address for them, in the
// background, and returns what is known of it after two seconds at most.
func (p *Provider) notifyClients(ended endedSessions) []delivery {
	type target struct {
		client Client
		sid    string
	}
	var targets []target
	for _, id := range ended.clients {
		client, ok := p.clients[id]
		switch {
		case !ok || client.BackChannelLogoutURI == "":
		case ended.all: // no sid: all of them
			targets = append(targets, target{client, ""})
		default:
			for _, sid := range ended.sids {
				targets = append(targets, target{client, sid})
			}
		}
	}
	done := make(chan delivery, len(targets))
	for _, t := range targets {
		p.deliveries.Go(func() { done <- p.deliver(t.client, ended.subject, t.sid) })
	}
	patience := time.NewTimer(deliveryWait)
	defer patience.Stop()
	var deliveries []delivery
	for range targets {
		select {
		case d := <-done:
			deliveries = append(deliveries, d)
		case <-patience.C:
			slices.SortFunc(deliveries, byClient)
			return append(deliveries, delivery{Client: "The others", Outcome: "have not answered yet"})
		}
	}
	slices.SortFunc(deliveries, byClient)
	return deliveries
}

func byClient(a, b delivery) int { return cmp.Compare(a.Client, b.Client) }

// deliver posts one logout token (Back-Channel Logout 1.0 section 2.5), and once more when the client's
// server is at fault or away.
func (p *Provider) deliver(client Client, subject, sid string) delivery {
	d := delivery{Client: client.Name}
	token, err := p.logoutToken(client.ID, subject, sid)
	if err != nil {
		p.cfg.Logger.Error("cannot sign a logout token", "client", client.ID, "err", err)
		d.Outcome = "could not be told"
		return d
	}
	status, err := p.postLogoutToken(client.BackChannelLogoutURI, token)
	if err != nil || status >= 500 {
		time.Sleep(deliveryRetry)
		status, err = p.postLogoutToken(client.BackChannelLogoutURI, token)
	}
	switch {
	case err != nil:
		d.Outcome = "could not be reached"
	case status == http.StatusOK || status == http.StatusNoContent:
		d.Outcome, d.OK = "has signed you out", true
	default:
		d.Outcome = fmt.Sprintf("answered with status %d", status)
	}
	if !d.OK {
		p.cfg.Logger.Warn("logout token not accepted", "client", client.ID, "status", status, "err", err)
	}
	return d
}

func (p *Provider) postLogoutToken(uri, logoutToken string) (status int, err error) {
	form := url.Values{"logout_token": {logoutToken}}
	resp, err := p.http.PostForm(uri, form)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	io.CopyN(io.Discard, resp.Body, maxFormSize)
	return resp.StatusCode, nil
}

// logoutToken makes the token of Back-Channel Logout 1.0 section 2.4. An empty sid means all sessions of
// the person.
func (p *Provider) logoutToken(clientID, subject, sid string) (string, error) {
	key := p.keys[0]
	signer, err := jose.NewSigner(
		jose.SigningKey{Algorithm: key.alg, Key: jose.JSONWebKey{Key: key.key, KeyID: key.id}},
		(&jose.SignerOptions{}).WithType("logout+jwt"))
	if err != nil {
		return "", err
	}
	now := p.now()
	claims := map[string]any{
		"iss": p.cfg.Issuer, "sub": subject, "aud": clientID, "jti": rand.Text(),
		"iat": now.Unix(), "exp": now.Add(logoutTokenLifetime).Unix(),
		"events": map[string]any{logoutEvent: struct{}{}},
	}
	if sid != "" {
		claims["sid"] = sid
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", err
	}
	jws, err := signer.Sign(payload)
	if err != nil {
		return "", err
	}
	return jws.CompactSerialize()
}
