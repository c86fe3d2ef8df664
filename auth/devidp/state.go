package devidp

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"maps"
	"strings"
	"sync"
	"time"
)

// saved is what outlives the process, when there is a file for it. Of what a cookie or a token carries it has the hash.
type saved struct {
	Version  int                    `json:"version"`
	Keys     []savedKey             `json:"keys"`
	Seal     []byte                 `json:"seal"` // encrypts access tokens
	People   []registered           `json:"people"`
	Sessions map[string]session     `json:"sessions"` // by sid
	Grants   map[string]grant       `json:"grants"`   // by id
	Access   map[string]accessToken `json:"access"`   // by the hash of the token's id
}

type savedKey struct {
	Alg   string `json:"alg"`
	PKCS8 []byte `json:"pkcs8"`
}

// session is a person signed in at the provider in one browser.
type session struct {
	SID      string    `json:"sid"`
	Secret   string    `json:"secret"` // hash of the cookie's half
	Subject  string    `json:"sub"`
	AuthTime time.Time `json:"auth_time"`
	Expires  time.Time `json:"expires"`
	Clients  []string  `json:"clients"` // who got an ID token with this sid
}

// grant is what a person gave a client in one sign-in. What came of it goes with it.
type grant struct {
	Client   string    `json:"client"`
	Subject  string    `json:"sub"`
	SID      string    `json:"sid"`
	Scopes   []string  `json:"scopes"`
	AuthTime time.Time `json:"auth_time"`
	Refresh  string    `json:"refresh,omitempty"` // hash of the refresh token that is good now; empty: the session's end ends the grant
	Expires  time.Time `json:"expires"`
}

// accessToken is good as long as its grant is there.
type accessToken struct {
	Grant   string    `json:"grant"`
	Scopes  []string  `json:"scopes"`
	Expires time.Time `json:"expires"`
}

const (
	sweepEvery = time.Minute
	sealSize   = 32 // bytes: AES-256
)

// state is all that changes, under one lock: that of the file, and what is too short-lived for it.
type state struct {
	now func() time.Time

	mu    sync.Mutex
	saved saved
	file  *file // nil: memory only
	swept time.Time

	requests lapsing[*authRequest] // sign-ins under way, by id
	pushed   lapsing[pushed]       // by request_uri
	codes    lapsing[*code]        // by hash
	leaving  lapsing[leaving]      // sign-outs that are asked about, or shown, by id
}

// openState reads the file, or begins afresh.
func openState(path string, now func() time.Time) (*state, error) {
	s := &state{now: now, saved: saved{
		Version:  fileVersion,
		Seal:     make([]byte, sealSize),
		Sessions: map[string]session{}, Grants: map[string]grant{}, Access: map[string]accessToken{},
	}}
	rand.Read(s.saved.Seal)
	if path == "" {
		return s, nil
	}
	f, err := openFile(path)
	if err != nil {
		return nil, err
	}
	if err := f.read(&s.saved); err != nil {
		f.close()
		return nil, err
	}
	s.file = f
	return s, nil
}

func (s *state) close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.file == nil {
		return nil
	}
	err := s.file.close()
	s.file = nil
	return err
}

// broken is the error for a file whose contents make no sense.
func (s *state) broken(cause error) error { return s.file.broken(cause) }

// read lends what is saved to f, which keeps nothing of it.
func (s *state) read(f func(*saved)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f(&s.saved)
}

// change lets f change what is saved, and writes the file. When f returns an error it has changed
// nothing. When the file cannot be written the change stays in memory, and the next one brings it along.
func (s *state) change(f func(*saved) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := f(&s.saved); err != nil {
		return err
	}
	if now := s.now(); now.Sub(s.swept) > sweepEvery {
		s.saved.sweep(now)
		s.swept = now
	}
	if s.file == nil {
		return nil
	}
	return s.file.write(&s.saved)
}

// sweep forgets what is over.
func (d *saved) sweep(now time.Time) {
	maps.DeleteFunc(d.Sessions, func(_ string, s session) bool { return !now.Before(s.Expires) })
	maps.DeleteFunc(d.Grants, func(_ string, g grant) bool { return !now.Before(g.Expires) })
	maps.DeleteFunc(d.Access, func(_ string, a accessToken) bool { return !now.Before(a.Expires) || !d.hasGrant(a.Grant) })
}

func (d *saved) hasGrant(id string) bool { _, ok := d.Grants[id]; return ok }

// A ticket is an id and a secret in one string: what a cookie or a refresh token carries. The id finds
// the record, the record has the hash of the secret.

func newTicket(id string) (ticket, secretHash string) {
	secret := rand.Text()
	return id + "." + secret, hash(secret)
}

func splitTicket(ticket string) (id, secret string) {
	id, secret, _ = strings.Cut(ticket, ".")
	return id, secret
}

func hash(s string) string {
	sum := sha256.Sum256([]byte(s))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// hashIs reports whether h is the hash of the secret. Absence is no match.
func hashIs(h, secret string) bool {
	return h != "" && secret != "" && subtle.ConstantTimeCompare([]byte(h), []byte(hash(secret))) == 1
}
