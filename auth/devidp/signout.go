package devidp

import (
	"crypto/rand"
	"net/http"
	"net/url"
	"slices"
	"time"
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

// frames are the addresses that sign a browser out of the clients of its session by being loaded
// (Front-Channel Logout 1.0 section 3).
func (p *Provider) frames(clients []string, sid, asking string) []string {
	var frames []string
	for _, id := range clients {
		if uri := p.clients[id].FrontChannelLogoutURI; uri != "" && id != asking {
			frames = append(frames, withQuery(uri, url.Values{"iss": {p.cfg.Issuer}, "sid": {sid}}))
		}
	}
	return frames
}
