// Package scsstore keeps values of an application's own, such as a cart or a message for the next page, in the store
// in which package auth keeps its sessions. It gives the store to a second session manager of
// [github.com/alexedwards/scs/v2], which has a cookie of its own:
//
//	values := scs.New()
//	values.Store = scsstore.New(sessions) // the auth.Store
//	values.Cookie.Name = "values"         // not "session", which is the sign-in's
//	handler := values.LoadAndSave(client.Load(mux))
//
// The values are apart from the sign-in because scs writes the whole session at the end of a request. If two requests
// change it at once, the last one wins. A message that is lost that way is a nuisance; a rotated refresh token that is
// lost signs the person out.
//
// The values do not end with the sign-in. Call Destroy when a person signs out, and RenewToken when a person signs in.
// The values are not encrypted.
package scsstore

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"time"

	"github.com/plusauth/plusauth-go-starter/auth"
)

const (
	callTimeout = 5 * time.Second // for a call without a context

	// markTime is how long a destroyed session is remembered. It is longer than any request.
	markTime = time.Hour
)

// Store is an scs.Store and an scs.CtxStore that keeps its sessions in an [auth.Store]. [New] makes one.
//
// Unlike most stores of scs, it does not restore a session that was destroyed when a request that is still running
// commits it: that commit is dropped without an error. It stores a hash of the token only.
type Store struct{ store auth.Store }

// New returns a Store that keeps its sessions in s. Their keys differ from those of the sign-ins.
func New(s auth.Store) *Store { return &Store{s} }

// key returns the key of the session with this token.
func key(token string) string {
	sum := sha256.Sum256([]byte(token))
	return "scs:" + base64.RawURLEncoding.EncodeToString(sum[:])
}

// FindCtx implements scs.CtxStore.
func (s *Store) FindCtx(ctx context.Context, token string) ([]byte, bool, error) {
	e, ok, err := s.store.Find(ctx, key(token))
	return e.Data, ok, err
}

// CommitCtx implements scs.CtxStore. A mark in the store remembers that the session was created once. If the session no
// longer exists then, it was destroyed or has expired, and nothing is written.
func (s *Store) CommitCtx(ctx context.Context, token string, b []byte, expiry time.Time) error {
	k := key(token)
	found, err := s.store.Update(ctx, k, b)
	if err != nil {
		return err
	}
	if found {
		return s.store.Touch(ctx, k, expiry)
	}
	existed, err := s.mark(ctx, k, expiry)
	if err != nil || existed {
		return err
	}
	return s.store.Create(ctx, k, auth.Entry{Data: b, Created: time.Now(), Expiry: expiry})
}

// created is the value of a mark.
var created = []byte("created")

// mark remembers that a session was created. It reports whether the mark existed.
func (s *Store) mark(ctx context.Context, key string, until time.Time) (existed bool, err error) {
	_, existed, err = s.store.LoadOrStore(ctx, key, created, until)
	return existed, err
}

// DeleteCtx implements scs.CtxStore. It renews the mark, because a session with an idle timeout may be used longer than
// its first mark lasts.
func (s *Store) DeleteCtx(ctx context.Context, token string) error {
	k := key(token)
	if err := s.store.CompareAndDelete(ctx, k, created); err != nil {
		return err
	}
	if _, err := s.mark(ctx, k, time.Now().Add(markTime)); err != nil {
		return err
	}
	return s.store.Delete(ctx, k)
}

// scs calls the methods above. Those below complete scs.Store.

// Find implements scs.Store.
func (s *Store) Find(token string) ([]byte, bool, error) {
	ctx, cancel := context.WithTimeout(context.Background(), callTimeout)
	defer cancel()
	return s.FindCtx(ctx, token)
}

// Commit implements scs.Store.
func (s *Store) Commit(token string, b []byte, expiry time.Time) error {
	ctx, cancel := context.WithTimeout(context.Background(), callTimeout)
	defer cancel()
	return s.CommitCtx(ctx, token, b, expiry)
}

// Delete implements scs.Store.
func (s *Store) Delete(token string) error {
	ctx, cancel := context.WithTimeout(context.Background(), callTimeout)
	defer cancel()
	return s.DeleteCtx(ctx, token)
}
