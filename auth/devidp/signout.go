package devidp

import (
	"crypto/rand"
	"net/http"
	"net/url"
	"slices"
	"time"
)

const signOutLifetime = 10 * time.Minute

// leaving is a sign-out: one that the person is asked about, or one that is done and shown.
type signOutState struct {
	client      string // who asked for it; empty: the person
	redirectURI string // where the browser goes afterwards, state included; empty: nowhere
	sids        []string
	deliveries  []delivery
	frames      []string
}

// leave ends sessions, tells the clients, and sends the browser on. With everywhere it ends all
// sessions of that person.
func (p *Provider) completeSignOut(w http.ResponseWriter, r *http.Request, l signOutState, subject string) {
	s, signedIn := p.currentSession(r)
	everywhere := subject != ""
	ended, err := p.endSessions(func(o session) bool {
		return everywhere && o.Subject == subject || slices.Contains(l.sids, o.SID)
	}, everywhere)
	if err != nil {
		p.showSaveError(w, r, err)
		return
	}
	if signedIn && slices.Contains(ended.sids, s.SID) {
		p.setCookie(w, "", -1)
		l.frames = p.frameURLs(s.Clients, s.SID, l.client)
	}
	l.deliveries = p.notifyClients(ended)
	if l.redirectURI != "" && len(l.frames) == 0 {
		http.Redirect(w, r, l.redirectURI, http.StatusSeeOther)
		return
	}
	http.Redirect(w, r, "/signed-out?"+url.Values{"request": {p.saveSignOut(l)}}.Encode(), http.StatusSeeOther)
}

func (p *Provider) saveSignOut(l signOutState) (id string) {
	id = rand.Text()
	p.state.mu.Lock()
	defer p.state.mu.Unlock()
	now := p.now()
	p.state.signOuts.put(id, l, now, now.Add(signOutLifetime))
	return id
}

func (p *Provider) findSignOut(r *http.Request) (signOutState, bool) {
	p.state.mu.Lock()
	defer p.state.mu.Unlock()
	return p.state.signOuts.get(r.URL.Query().Get("request"), p.now())
}

// GET /signout: asks.
func (p *Provider) signOutPage(w http.ResponseWriter, r *http.Request) {
	s, signedIn := p.currentSession(r)
	l, ok := p.findSignOut(r)
	if !ok || !signedIn {
		http.Redirect(w, r, "/", http.StatusSeeOther)
		return
	}
	user, _ := p.userBySubject(s.Subject)
	p.render(w, r, http.StatusOK, "signout.html", map[string]any{
		"User": user.displayName(), "Client": p.clients[l.client].Name, "Request": r.URL.Query().Get("request"),
	})
}

// POST /signout: here, or with everywhere=1 on all browsers of the person; of the request that was asked
// about, if there is one.
func (p *Provider) signOut(w http.ResponseWriter, r *http.Request) {
	s, signedIn := p.currentSession(r)
	l, _ := p.findSignOut(r)
	if !signedIn {
		p.completeSignOut(w, r, l, "")
		return
	}
	l.sids = []string{s.SID}
	subject := ""
	if r.PostFormValue("everywhere") != "" {
		subject = s.Subject
	}
	p.completeSignOut(w, r, l, subject)
}

// GET /signed-out: the end, with the frames of front-channel logout and what the clients said.
func (p *Provider) signedOutPage(w http.ResponseWriter, r *http.Request) {
	l, _ := p.findSignOut(r)
	client := p.clients[l.client]
	onward, name := l.redirectURI, client.Name
	if onward == "" && l.client != "" {
		onward = client.homeURL()
	}
	allowFrames(w, l.frames)
	p.render(w, r, http.StatusOK, "signedout.html", map[string]any{
		"Deliveries": l.deliveries, "Frames": l.frames, "ReturnURL": onward, "ClientName": name, "Redirect": l.redirectURI != "" && len(l.frames) > 0,
	})
}

// frames are the addresses that sign a browser out of the clients of its session by being loaded
// (Front-Channel Logout 1.0 section 3).
func (p *Provider) frameURLs(clients []string, sid, asking string) []string {
	var frames []string
	for _, id := range clients {
		if uri := p.clients[id].FrontChannelLogoutURI; uri != "" && id != asking {
			frames = append(frames, withQuery(uri, url.Values{"iss": {p.cfg.Issuer}, "sid": {sid}}))
		}
	}
	return frames
}
