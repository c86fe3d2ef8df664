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
type saved struct {
	Version  int                    `json:"version"`
	Keys     []savedKey             `json:"keys"`
	Seal     []byte                 `json:"seal"` // encrypts access tokens
	People   []registered           `json:"people"`
	Sessions map[string]session     `json:"sessions"` // by sid
	Grants   map[string]grant       `json:"grants"`   // by id
	Access   map[string]accessToken `json:"access"`   // by the hash of the token's id
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
	codes    lapsing[code]         // by hash
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
