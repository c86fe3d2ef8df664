package devidp

import (
	"crypto/rand"
	"maps"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// saved is what outlives the process, when there is a file for it. Of what a cookie or a token carries it has the hash.
type savedState struct {
	Version  int                    `json:"version"`
	Keys     []savedKey             `json:"keys"`
	Seal     []byte                 `json:"seal"` // encrypts access tokens
	Users    []registeredUser       `json:"people"`
	Sessions map[string]session     `json:"sessions"` // by sid
	Grants   map[string]grant       `json:"grants"`   // by id
	Access   map[string]accessToken `json:"access"`   // by the hash of the token's id
}

const (
	sweepInterval = time.Minute
	sealSize      = 32 // bytes: AES-256
)

// state is all that changes, under one lock: that of the file, and what is too short-lived for it.
type state struct {
	now func() time.Time

	mu        sync.Mutex
	saved     savedState
	file      *file // nil: memory only
	lastSweep time.Time

	requests expiringMap[*authRequest] // sign-ins under way, by id
	pushed   expiringMap[pushed]       // by request_uri
	codes    expiringMap[code]         // by hash
	signOuts expiringMap[signOutState] // sign-outs that are asked about, or shown, by id
}

// openState reads the file, or begins afresh.
func openState(path string, now func() time.Time) (*state, error) {
	s := &state{now: now, saved: savedState{
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
	s.file = &file{path}
	if err := s.file.read(&s.saved); err != nil {
		return nil, err
	}
	return s, nil
}

// broken is the error for a file whose contents make no sense.
func (s *state) invalidFile(cause error) error { return s.file.invalid(cause) }

// read lends what is saved to f, which keeps nothing of it.
func (s *state) view(f func(*savedState)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f(&s.saved)
}

// change lets f change what is saved, and writes the file. When f returns an error it has changed
// nothing. When the file cannot be written the change stays in memory, and the next one brings it along.
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
	if s.file == nil {
		return nil
	}
	return s.file.write(&s.saved)
}

// sweep forgets what is over.
func (d *savedState) sweep(now time.Time) {
	maps.DeleteFunc(d.Sessions, func(_ string, s session) bool { return !now.Before(s.Expires) })
	maps.DeleteFunc(d.Grants, func(_ string, g grant) bool { return !now.Before(g.Expires) })
	maps.DeleteFunc(d.Access, func(_ string, a accessToken) bool { return !now.Before(a.Expires) || !d.hasGrant(a.Grant) })
}

func (d *savedState) hasGrant(id string) bool { _, ok := d.Grants[id]; return ok }
