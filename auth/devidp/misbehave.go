package devidp

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/zitadel/oidc/v3/pkg/oidc"
)

// fault is something that goes wrong on request.
type fault string

// The faults. The first group waits for the next sign-in and happens once. The second happens at once.
const (
	faultNonce    fault = "nonce"
	faultAudience fault = "audience"
	faultExpired  fault = "expired"
	faultClock    fault = "clock"
	faultRefused  fault = "refused"
	faultSlow     fault = "slow"
	faultFailing  fault = "failing"
	faultEcho     fault = "echo"

	faultKey     fault = "key"
	faultRevoked fault = "revoked"
	faultLogout  fault = "logout"
	faultEmail   fault = "email"
)

// faultSwitch is a switch of the panel.
type faultSwitch struct {
	Fault fault
	Label string
	Now   bool // it acts at once
}

var faultSwitches = []faultSwitch{
	{faultNonce, "Wrong nonce", false},
	{faultAudience, "Wrong audience", false},
	{faultExpired, "Expired ID token", false},
	{faultClock, "Clock 10 minutes fast", false},
	{faultRefused, "Refuse the sign-in", false},
	{faultSlow, "Slow token endpoint", false},
	{faultFailing, "Failing token endpoint", false},
	{faultEcho, "Send the request back in an error", false},
	{faultKey, "Rotate the signing key", true},
	{faultRevoked, "Revoke all tokens", true},
	{faultLogout, "Send back-channel logout", true},
	{faultEmail, "Change this person’s email", true},
}

// faults are the faults that wait for the next sign-in, and the emails that were changed.
type faults struct {
	mu     sync.Mutex
	armed  fault             // empty if none waits
	emails map[string]string // by subject
}

// arm makes a fault wait for the next sign-in, in place of any other. An empty one waits for nothing.
func (f *faults) arm(what fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.armed = what
}

// take reports whether one of the faults waits, and uses it up.
func (f *faults) take(which ...fault) bool { return f.taken(which...) != "" }

// taken returns the fault that waits if it is one of these, and uses it up.
func (f *faults) taken(which ...fault) fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, one := range which {
		if f.armed == one {
			f.armed = ""
			return one
		}
	}
	return ""
}

// changed returns the user with the email that was changed.
func (f *faults) changed(u User) User {
	f.mu.Lock()
	defer f.mu.Unlock()
	if email, ok := f.emails[u.Subject]; ok {
		u.Email, u.EmailVerified = email, true
	}
	return u
}

// panel returns the data of the panel on a page, or nil if Misbehave is not set.
func (p *Provider) panel(a *authRequest) map[string]any {
	if !p.config.Misbehave {
		return nil
	}
	p.faults.mu.Lock()
	defer p.faults.mu.Unlock()
	armed := ""
	for _, s := range faultSwitches {
		if s.Fault == p.faults.armed {
			armed = s.Label
		}
	}
	return map[string]any{"Query": requestQuery(a), "Switches": faultSwitches, "Armed": armed}
}

// POST /misbehave arms a fault for the next sign-in, disarms it (fault=), or lets it happen now.
func (p *Provider) misbehave(w http.ResponseWriter, r *http.Request, a *authRequest) {
	s, signedIn := p.currentSession(r)
	var err error
	switch what := fault(r.PostForm.Get("fault")); what {
	case faultKey:
		err = p.rotateKey()
	case faultRevoked:
		err = p.state.update(func(d *savedState) error {
			clear(d.Grants)
			return nil
		})
	case faultLogout:
		if signedIn {
			p.notifyClients(endedSessions{subject: s.Subject, sids: []string{s.SID}, clients: s.Clients})
		}
	case faultEmail:
		if signedIn {
			p.changeEmail(s.Subject)
		}
	case "", faultNonce, faultAudience, faultExpired, faultClock, faultRefused, faultSlow, faultFailing, faultEcho:
		p.faults.arm(what)
	default:
		p.showError(w, r, http.StatusBadRequest, "Unknown switch", "This provider has no such switch.")
		return
	}
	if err != nil {
		p.showSaveError(w, r, err)
		return
	}
	to := "/"
	if a.id != "" {
		to = pageURL("/signin", a)
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
}

// changeEmail gives a user of the configuration another address. It is forgotten when the provider stops.
func (p *Provider) changeEmail(subject string) {
	p.faults.mu.Lock()
	defer p.faults.mu.Unlock()
	if p.faults.emails == nil {
		p.faults.emails = map[string]string{}
	}
	name := strings.TrimPrefix(subject, "dev-")
	p.faults.emails[subject] = fmt.Sprintf("%s.%d@changed.example", name, p.now().Unix()%10000)
}

// slowness is how long the slow token endpoint waits: longer than any client does.
const slowness = 2 * time.Minute

// tokenFault lets the token endpoint fail if a switch asked for it, and reports whether it has answered.
func (p *Provider) tokenFault(w http.ResponseWriter, r *http.Request) bool {
	switch p.faults.taken(faultSlow, faultFailing, faultEcho) {
	case faultSlow:
		io.Copy(io.Discard, r.Body) // only then the server notices that the client has gone
		timer := time.NewTimer(slowness)
		defer timer.Stop()
		select {
		case <-r.Context().Done():
		case <-timer.C:
		}
		w.WriteHeader(http.StatusGatewayTimeout)
	case faultFailing:
		http.Error(w, "failed, because a switch of this provider asked for it", http.StatusInternalServerError)
	case faultEcho:
		if err := parseBody(r); err != nil {
			p.tokenError(w, r, err)
			return true
		}
		description := "you sent " + r.PostForm.Encode() + " with " + r.Header.Get("Authorization")
		writeJSON(w, http.StatusBadRequest, map[string]string{"error": "invalid_request", "error_description": description})
	default:
		return false
	}
	return true
}

// spoilIDToken changes the ID token of a response if a switch asked for it.
func (p *Provider) spoilIDToken(resp *oidc.AccessTokenResponse) error {
	changes := map[string]any{}
	now := p.now()
	switch p.faults.taken(faultNonce, faultAudience, faultExpired, faultClock) {
	case faultNonce:
		changes["nonce"] = "a-nonce-of-another-sign-in"
	case faultAudience:
		changes["aud"], changes["azp"] = "another-client", "another-client"
	case faultExpired:
		changes["exp"] = now.Add(-10 * time.Minute).Unix()
	case faultClock:
		changes["iat"], changes["auth_time"] = now.Add(10*time.Minute).Unix(), now.Add(10*time.Minute).Unix()
	default:
		return nil
	}
	parts := strings.Split(resp.IDToken, ".")
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return err
	}
	claims := map[string]any{}
	if err := json.Unmarshal(payload, &claims); err != nil {
		return err
	}
	maps.Copy(claims, changes)
	if payload, err = json.Marshal(claims); err != nil {
		return err
	}
	resp.IDToken, err = p.sign(payload, "JWT")
	return err
}
