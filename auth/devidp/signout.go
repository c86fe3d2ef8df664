package devidp

import (
	"crypto/rand"
	"net/http"
	"net/url"
	"slices"
	"time"
)

// signOutLifetime is how long the pages of a sign-out can be opened.
const signOutLifetime = 10 * time.Minute

// signOutState is a sign-out that the user must confirm, or that is complete and is shown.
type signOutState struct {
	client      string   // ID of the client that requested it; empty if the user did
	redirectURI string   // post-logout redirect URI with the state; may be empty
	sids        []string // sessions to end
	deliveries  []delivery
	frames      []string // front-channel logout URLs
}

// completeSignOut ends the sessions, notifies the clients and redirects the browser. If subject is not empty, it ends
// all sessions of that user.
func (p *Provider) completeSignOut(w http.ResponseWriter, r *http.Request, out signOutState, subject string) {
	s, signedIn := p.currentSession(r)
	everywhere := subject != ""
	ended, err := p.endSessions(func(o session) bool {
		return everywhere && o.Subject == subject || slices.Contains(out.sids, o.SID)
	}, everywhere)
	if err != nil {
		p.showSaveError(w, r, err)
		return
	}
	if signedIn && slices.Contains(ended.sids, s.SID) {
		p.setCookie(w, "", -1)
		out.frames = p.frameURLs(s.Clients, s.SID, out.client)
	}
	out.deliveries = p.notifyClients(ended)
	if out.redirectURI != "" && len(out.frames) == 0 {
		http.Redirect(w, r, out.redirectURI, http.StatusSeeOther)
		return
	}
	http.Redirect(w, r, signOutURL("/signed-out", p.saveSignOut(out)), http.StatusSeeOther)
}

func signOutURL(path, id string) string { return path + "?" + url.Values{"request": {id}}.Encode() }

func (p *Provider) saveSignOut(out signOutState) (id string) {
	id = rand.Text()
	p.state.mu.Lock()
	defer p.state.mu.Unlock()
	now := p.now()
	p.state.signOuts.put(id, out, now, now.Add(signOutLifetime))
	return id
}

func (p *Provider) findSignOut(r *http.Request) (signOutState, bool) {
	p.state.mu.Lock()
	defer p.state.mu.Unlock()
	return p.state.signOuts.get(r.URL.Query().Get("request"), p.now())
}

// GET /signout asks the user to confirm a sign-out.
func (p *Provider) signOutPage(w http.ResponseWriter, r *http.Request) {
	s, signedIn := p.currentSession(r)
	out, ok := p.findSignOut(r)
	if !ok || !signedIn {
		http.Redirect(w, r, "/", http.StatusSeeOther)
		return
	}
	user, _ := p.userBySubject(s.Subject)
	p.render(w, r, http.StatusOK, "signout.html", map[string]any{
		"User": user.displayName(), "Client": p.clients[out.client].Name, "Request": r.URL.Query().Get("request"),
	})
}

// POST /signout signs the user out in this browser or, with everywhere=1, in all browsers. If the user confirms the
// sign-out of a client, the browser then returns to that client.
func (p *Provider) signOut(w http.ResponseWriter, r *http.Request) {
	s, signedIn := p.currentSession(r)
	out, _ := p.findSignOut(r)
	if !signedIn {
		p.completeSignOut(w, r, out, "")
		return
	}
	out.sids = []string{s.SID}
	subject := ""
	if r.PostFormValue("everywhere") != "" {
		subject = s.Subject
	}
	p.completeSignOut(w, r, out, subject)
}

// GET /signed-out shows the outcome of a sign-out and loads the front-channel logout frames.
func (p *Provider) signedOutPage(w http.ResponseWriter, r *http.Request) {
	out, _ := p.findSignOut(r)
	client, ok := p.clients[out.client]
	returnURL := out.redirectURI
	if returnURL == "" && ok {
		returnURL = client.homeURL()
	}
	allowFrames(w, out.frames)
	p.render(w, r, http.StatusOK, "signedout.html", map[string]any{
		"Deliveries": out.deliveries, "Frames": out.frames, "ReturnURL": returnURL, "ClientName": client.Name,
		"Redirect": out.redirectURI != "" && len(out.frames) > 0,
	})
}

// frameURLs returns the front-channel logout URLs of the clients of a session (Front-Channel Logout 1.0 section 3). The
// client that requested the sign-out is left out.
func (p *Provider) frameURLs(clients []string, sid, requestedBy string) []string {
	var frames []string
	for _, id := range clients {
		if uri := p.clients[id].FrontChannelLogoutURI; uri != "" && id != requestedBy {
			frames = append(frames, withQuery(uri, url.Values{"iss": {p.config.Issuer}, "sid": {sid}}))
		}
	}
	return frames
}
