package devidp

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/go-jose/go-jose/v4"
)

const (
	deliveryTimeout     = 5 * time.Second // of one attempt
	deliveryRetry       = 250 * time.Millisecond
	deliveryWait        = 2 * time.Second // how long the signed-out page waits for outcomes
	logoutTokenLifetime = 2 * time.Minute // the maximum that Back-Channel Logout 1.0 section 4 recommends
	logoutEvent         = "http://schemas.openid.net/event/backchannel-logout"
)

// delivery is the outcome of a logout token that is sent to a client.
type delivery struct {
	Client  string // the client's name
	Outcome string // for the signed-out page
}

// notifyClients sends logout tokens to every client of the sessions that has a back-channel logout URI. It returns
// after deliveryWait at the latest; tokens that are not delivered by then are sent in the background.
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
		case ended.all: // a token without a sid ends all sessions of the user
			targets = append(targets, target{client, ""})
		default:
			for _, sid := range ended.sids {
				targets = append(targets, target{client, sid})
			}
		}
	}
	type result struct {
		index   int
		outcome string
	}
	results := make(chan result, len(targets))
	deliveries := make([]delivery, len(targets))
	for i, t := range targets {
		deliveries[i] = delivery{t.client.Name, "no answer yet"}
		p.deliveries.Go(func() { results <- result{i, p.deliver(t.client, ended.subject, t.sid)} })
	}
	timeout := time.NewTimer(deliveryWait)
	defer timeout.Stop()
	for range targets {
		select {
		case r := <-results:
			deliveries[r.index].Outcome = r.outcome
		case <-timeout.C:
			return deliveries
		}
	}
	return deliveries
}

// deliver posts a logout token to a client (Back-Channel Logout 1.0 section 2.5) and returns the outcome for the
// signed-out page. If the client cannot be reached or answers with a server error, deliver tries once more.
func (p *Provider) deliver(client Client, subject, sid string) (outcome string) {
	token, err := p.logoutToken(client.ID, subject, sid)
	if err != nil {
		p.config.Logger.Error("logout token not signed", "client", client.ID, "err", err)
		return "failed"
	}
	status, err := p.postLogoutToken(client.BackChannelLogoutURI, token)
	if err != nil || status >= 500 {
		time.Sleep(deliveryRetry)
		status, err = p.postLogoutToken(client.BackChannelLogoutURI, token)
	}
	if err == nil && (status == http.StatusOK || status == http.StatusNoContent) {
		return "signed out"
	}
	p.config.Logger.Warn("logout token not accepted", "client", client.ID, "status", status, "err", err)
	if err != nil {
		return "failed (not reachable)"
	}
	return fmt.Sprintf("failed (status %d)", status)
}

// postLogoutToken posts a logout token and returns the status of the response.
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

// logoutToken returns a signed logout token (Back-Channel Logout 1.0 section 2.4). If sid is empty, the token ends all
// sessions of the user.
func (p *Provider) logoutToken(clientID, subject, sid string) (string, error) {
	now := p.now()
	claims := map[string]any{
		"iss": p.config.Issuer, "sub": subject, "aud": clientID, "jti": rand.Text(),
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
	return p.sign(payload, "logout+jwt")
}

// sign returns a JWT of a type with this payload.
func (p *Provider) sign(payload []byte, typ jose.ContentType) (string, error) {
	key := p.allKeys()[0]
	signer, err := jose.NewSigner(
		jose.SigningKey{Algorithm: key.alg, Key: jose.JSONWebKey{Key: key.key, KeyID: key.id}},
		(&jose.SignerOptions{}).WithType(typ))
	if err != nil {
		return "", err
	}
	jws, err := signer.Sign(payload)
	if err != nil {
		return "", err
	}
	return jws.CompactSerialize()
}
