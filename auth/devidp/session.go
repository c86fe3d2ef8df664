package devidp

import (
	"crypto/rand"
	"net/http"
	"slices"
	"strings"
	"time"
)

// sessionLifetime is how long single sign-on lasts.
const sessionLifetime = 12 * time.Hour

// session is a person signed in at the provider in one browser.
type session struct {
	SID        string    `json:"sid"`
	SecretHash string    `json:"secret"` // hash of the cookie's half
	Subject    string    `json:"sub"`
	AuthTime   time.Time `json:"auth_time"`
	Expires    time.Time `json:"expires"`
	Clients    []string  `json:"clients"` // who got an ID token with this sid
}

// current is the session of the browser that asks.
func (p *Provider) currentSession(r *http.Request) (session, bool) {
	cookie, err := r.Cookie(p.cookieName)
	if err != nil {
		return session{}, false
	}
	var s session
	var ok bool
	sid, secret := parseSplitToken(cookie.Value)
	p.state.view(func(d *savedState) {
		s, ok = d.Sessions[sid]
		s.Clients = slices.Clone(s.Clients)
	})
	if !ok || !hashMatches(s.SecretHash, secret) || !p.now().Before(s.Expires) {
		return session{}, false
	}
	if _, ok := p.userBySubject(s.Subject); !ok { // the configuration changed
		return session{}, false
	}
	return s, true
}

// begin signs a person in, in this browser. Somebody who proves again who they are stays in their
// session, with a new cookie; the session of somebody else ends, and the applications hear of it.
func (p *Provider) startSession(w http.ResponseWriter, r *http.Request, subject string) (session, error) {
	old, hadSession := p.currentSession(r)
	now := p.now()
	s := session{SID: rand.Text(), Subject: subject, AuthTime: now, Expires: now.Add(sessionLifetime)}
	if hadSession && old.Subject != subject {
		ended, err := p.endSessions(func(o session) bool { return o.SID == old.SID }, false)
		if err != nil {
			return session{}, err
		}
		p.notifyClients(ended)
	}
	var ticket string
	err := p.state.update(func(d *savedState) error {
		if current, ok := d.Sessions[old.SID]; ok && old.Subject == subject { // it may have been ended meanwhile
			s.SID, s.Clients = current.SID, current.Clients
		}
		ticket, s.SecretHash = newSplitToken(s.SID)
		d.Sessions[s.SID] = s
		return nil
	})
	if err != nil {
		return session{}, err
	}
	p.setCookie(w, ticket, int(sessionLifetime/time.Second))
	return s, nil
}

func (p *Provider) setCookie(w http.ResponseWriter, value string, maxAge int) {
	http.SetCookie(w, &http.Cookie{
		Name: p.cookieName, Value: value, MaxAge: maxAge, Path: "/",
		HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: strings.HasPrefix(p.cfg.Issuer, "https:"),
	})
}

// endedSessions are sessions of one person that are over, for those who want to hear of it.
type endedSessions struct {
	subject string
	sids    []string
	clients []string // of any of them
	all     bool     // every session of the person
}

// endSessions ends the sessions of one person that match, and what the clients got in them. A refresh
// token was given for when the person is away: it outlives them (Back-Channel Logout 1.0 section 2.7),
// unless the person signs out everywhere.
func (p *Provider) endSessions(match func(session) bool, all bool) (endedSessions, error) {
	ended := endedSessions{all: all}
	err := p.state.update(func(d *savedState) error {
		for sid, s := range d.Sessions {
			if match(s) {
				delete(d.Sessions, sid)
				ended.subject = s.Subject
				ended.sids = append(ended.sids, sid)
				ended.clients = append(ended.clients, s.Clients...)
			}
		}
		for id, g := range d.Grants {
			switch {
			case all && g.Subject == ended.subject:
				ended.clients = append(ended.clients, g.Client)
				delete(d.Grants, id)
			case g.RefreshHash == "" && slices.Contains(ended.sids, g.SID):
				delete(d.Grants, id)
			}
		}
		return nil
	})
	slices.Sort(ended.clients)
	ended.clients = slices.Compact(ended.clients)
	return ended, err
}
