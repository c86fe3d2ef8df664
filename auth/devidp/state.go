package devidp

import (
	"crypto/rand"
	"maps"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// savedState is the state that is kept in the file. It contains hashes of secrets, not the secrets.
type savedState struct {
	Version  int                    `json:"version"`
	Keys     []savedKey             `json:"keys"`
	Seal     []byte                 `json:"seal"` // key that encrypts access tokens
	Users    []registeredUser       `json:"people"`
	Sessions map[string]session     `json:"sessions"` // by sid
	Grants   map[string]grant       `json:"grants"`   // by ID
	Access   map[string]accessToken `json:"access"`   // by the hash of the token's ID
}

const (
	sweepInterval = time.Minute
	sealSize      = 32 // bytes: AES-256
)

// state is the mutable state of a provider. mu guards all fields below it.
type state struct {
	now func() time.Time

	mu        sync.Mutex
	saved     savedState
	path      string // of the file; empty if the state is kept in memory only
	lastSweep time.Time

	requests expiringMap[*authRequest] // sign-ins in progress, by ID
	pushed   expiringMap[pushed]       // pushed authorization requests, by request_uri
	codes    expiringMap[code]         // by the hash of the code
	signOuts expiringMap[signOutState] // by ID
}

// openState reads the state from the file. If the path is empty or the file does not exist, it returns a new state.
func openState(path string, now func() time.Time) (*state, error) {
	s := &state{now: now, path: path, saved: savedState{
		Version:  fileVersion,
		Seal:     make([]byte, sealSize),
		Sessions: map[string]session{}, Grants: map[string]grant{}, Access: map[string]accessToken{},
	}}
	rand.Read(s.saved.Seal)
	if path == "" {
		return s, nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	return s, s.read()
}

// view calls f with the saved state, of which f must keep no reference.
func (s *state) view(f func(*savedState)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f(&s.saved)
}

// update calls f, which changes the saved state, and writes the file. If f returns an error, it must not have changed
// anything. If the file cannot be written, update returns an error but keeps the change in memory.
func (s *state) update(f func(*savedState) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := f(&s.saved); err != nil {
		return err
	}
	if now := s.now(); now.Sub(s.lastSweep) > sweepInterval {
		s.saved.sweep(now)
		s.lastSweep = now
	}
	if s.path == "" {
		return nil
	}
	return s.write()
}

// sweep deletes everything that has expired.
func (d *savedState) sweep(now time.Time) {
	maps.DeleteFunc(d.Sessions, func(_ string, s session) bool { return !now.Before(s.Expires) })
	maps.DeleteFunc(d.Grants, func(_ string, g grant) bool { return !now.Before(g.Expires) })
	maps.DeleteFunc(d.Access, func(_ string, a accessToken) bool { return !now.Before(a.Expires) || !d.hasGrant(a.Grant) })
}

func (d *savedState) hasGrant(id string) bool { _, ok := d.Grants[id]; return ok }
