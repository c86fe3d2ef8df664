package devidp

import (
	"crypto/rand"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

const leavingLifetime = 10 * time.Minute

// leaving is a sign-out: one that the person is asked about, or one that is done and shown.
type leaving struct {
	client   string // who asked for it; empty: the person
	redirect string // where the browser goes afterwards, state included; empty: nowhere
	sids     []string
	told     []delivery
	frames   []string
}

// GET, POST /end_session: a client signs a person out (RP-Initiated Logout 1.0 section 2).
func (p *Provider) endSession(w http.ResponseWriter, r *http.Request) {
	req, err := op.ParseEndSessionRequest(r, p.op.Decoder())
	if err != nil {
		p.refuse(w, r, err)
		return
	}
	hint := p.hint(r, req)
	valid, err := op.ValidateEndSessionRequest(r.Context(), req, p.op)
	if err != nil {
		p.refuse(w, r, err)
		return
	}
	l := leaving{client: valid.ClientID}
	if valid.ClientID != "" && req.PostLogoutRedirectURI != "" {
		l.redirect = req.PostLogoutRedirectURI
		if req.State != "" {
			l.redirect = withQuery(l.redirect, url.Values{"state": {req.State}})
		}
	}
	s, signedIn := p.current(r)
	if signedIn && (hint == nil || hint.Subject != s.Subject) { // anybody could have sent the browser here
		http.Redirect(w, r, "/signout?"+url.Values{"request": {p.keepLeaving(l)}}.Encode(), http.StatusSeeOther)
		return
	}
	// The session that the client means, and that of this browser if it is another one of the same
	// person. The first goes without the cookie, which a POST from another site does not bring.
	if hint != nil && hint.SessionID != "" {
		l.sids = append(l.sids, hint.SessionID)
	}
	if signedIn {
		l.sids = append(l.sids, s.SID)
	}
	p.leave(w, r, l, "")
}

// hint returns the claims of a valid id_token_hint, expired or not. One that is not valid, such as one
// from before the provider's file was removed, is taken for none: the person is asked.
func (p *Provider) hint(r *http.Request, req *oidc.EndSessionRequest) *oidc.IDTokenClaims {
	if req.IdTokenHint == "" {
		return nil
	}
	claims, err := op.VerifyIDTokenHint[*oidc.IDTokenClaims](r.Context(), req.IdTokenHint, p.op.IDTokenHintVerifier(r.Context()))
	if err != nil && !errors.As(err, &op.IDTokenHintExpiredError{}) {
		p.cfg.Logger.InfoContext(r.Context(), "id_token_hint left aside", "err", err)
		req.IdTokenHint = ""
		return nil
	}
	return claims
}

// leave ends sessions, tells the clients, and sends the browser on. With everywhere it ends all
// sessions of that person.
func (p *Provider) leave(w http.ResponseWriter, r *http.Request, l leaving, everywhere string) {
	s, signedIn := p.current(r)
	all := everywhere != ""
	ended, err := p.endSessions(func(o session) bool {
		return all && o.Subject == everywhere || slices.Contains(l.sids, o.SID)
	}, all)
	if err != nil {
		p.broken(w, r, err)
		return
	}
	if signedIn && slices.Contains(ended.sids, s.SID) {
		p.setCookie(w, "", -1)
		l.frames = p.frames(s.Clients, s.SID, l.client)
	}
	l.told = p.notify(ended)
	if l.redirect != "" && len(l.frames) == 0 {
		http.Redirect(w, r, l.redirect, http.StatusSeeOther)
		return
	}
	http.Redirect(w, r, "/signed-out?"+url.Values{"request": {p.keepLeaving(l)}}.Encode(), http.StatusSeeOther)
}

func (p *Provider) keepLeaving(l leaving) (id string) {
	id = rand.Text()
	p.state.mu.Lock()
	defer p.state.mu.Unlock()
	now := p.now()
	p.state.leaving.put(id, l, now, now.Add(leavingLifetime))
	return id
}

func (p *Provider) leavingOf(r *http.Request) (leaving, bool) {
	p.state.mu.Lock()
	defer p.state.mu.Unlock()
	return p.state.leaving.get(r.URL.Query().Get("request"), p.now())
}

// GET /signout: asks.
func (p *Provider) signOutPage(w http.ResponseWriter, r *http.Request) {
	s, signedIn := p.current(r)
	l, asked := p.leavingOf(r)
	if !asked || !signedIn {
		http.Redirect(w, r, "/", http.StatusSeeOther)
		return
	}
	person, _ := p.person(s.Subject)
	p.render(w, r, http.StatusOK, "signout.html", map[string]any{
		"Person": person.called(), "Client": p.clients[l.client].Name, "Request": r.URL.Query().Get("request"),
	})
}

// POST /signout: here, or with everywhere=1 on all browsers of the person; of the request that was asked
// about, if there is one.
func (p *Provider) signOut(w http.ResponseWriter, r *http.Request) {
	s, signedIn := p.current(r)
	l, _ := p.leavingOf(r)
	if !signedIn {
		p.leave(w, r, l, "")
		return
	}
	l.sids = []string{s.SID}
	everywhere := ""
	if r.PostFormValue("everywhere") != "" {
		everywhere = s.Subject
	}
	p.leave(w, r, l, everywhere)
}

// GET /signed-out: the end, with the frames of front-channel logout and what the clients said.
func (p *Provider) signedOutPage(w http.ResponseWriter, r *http.Request) {
	l, _ := p.leavingOf(r)
	client := p.clients[l.client]
	onward, name := l.redirect, client.Name
	if onward == "" && l.client != "" {
		onward = client.home()
	}
	allowFrames(w, l.frames)
	p.render(w, r, http.StatusOK, "signedout.html", map[string]any{
		"Told": l.told, "Frames": l.frames, "Onward": onward, "Client": name, "Follow": l.redirect != "" && len(l.frames) > 0,
	})
}
