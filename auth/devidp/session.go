package devidp

import (
	"crypto/rand"
	"net/http"
	"slices"
	"strings"
	"time"
)

// sessionLifetime is the lifetime of a session, during which apps sign the user in without a password.
const sessionLifetime = 12 * time.Hour

// session is the session of a user at the provider, in one browser.
type session struct {
	SID        string    `json:"sid"`
	SecretHash string    `json:"secret"` // hash of the secret in the cookie
	Subject    string    `json:"sub"`
	AuthTime   time.Time `json:"auth_time"`
	Expires    time.Time `json:"expires"`
	Clients    []string  `json:"clients"` // IDs of the clients that have an ID token with this sid
}

// currentSession returns the session of the browser that sent the request.
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
	if _, ok := p.userBySubject(s.Subject); !ok { // the user was removed from the configuration
		return session{}, false
	}
	return s, true
}

// startSession signs a user in. If the browser has a session of the same user, that session continues with a new
// cookie. A session of another user ends, and its clients are notified.
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
	var cookie string
	err := p.state.update(func(d *savedState) error {
		if current, ok := d.Sessions[old.SID]; ok && old.Subject == subject { // it may have ended since
			s.SID, s.Clients = current.SID, current.Clients
		}
		cookie, s.SecretHash = newSplitToken(s.SID)
		d.Sessions[s.SID] = s
		return nil
	})
	if err != nil {
		return session{}, err
	}
	p.setCookie(w, cookie, int(sessionLifetime/time.Second))
	return s, nil
}

// setCookie sets the session cookie. A negative maxAge deletes it.
func (p *Provider) setCookie(w http.ResponseWriter, value string, maxAge int) {
	http.SetCookie(w, &http.Cookie{
		Name: p.cookieName, Value: value, MaxAge: maxAge, Path: "/",
		HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: strings.HasPrefix(p.config.Issuer, "https:"),
	})
}

// endedSessions describes sessions of one user that have ended, so that the clients can be notified.
type endedSessions struct {
	subject string
	sids    []string
	clients []string // IDs of the clients of these sessions
	all     bool     // whether all sessions of the user have ended
}

// endSessions ends the sessions that match, which must belong to one user, and revokes their access tokens. Grants with
// a refresh token for offline access stay valid (Back-Channel Logout 1.0 section 2.7). If all is set, the grants of the
// user are revoked too.
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
