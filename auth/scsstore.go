package auth

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/alexedwards/scs/v2"
)

// newManager returns the settings of scs; the Store is set by [Client.manager]. IdleTimeout stays zero, because with
// it scs writes on every request, and a request that is still running restores a session that was deleted meanwhile.
// LoadAndSave is not used, because it commits after the handler: if the store failed then, the error and the private
// page would go out in one body.
func newManager(cfg Config) scs.SessionManager {
	return scs.SessionManager{
		Codec:            codec{},
		Lifetime:         cfg.SessionLifetime,
		HashTokenInStore: true,
		Cookie: scs.SessionCookie{
			Name:     cookiePrefix(cfg, "__Host-") + "session" + cookieSuffix(cfg),
			Path:     "/",
			HttpOnly: true,
			Secure:   cfg.secure(),
			SameSite: http.SameSiteLaxMode,
			Persist:  true,
		},
	}
}

// manager returns scs for one session, which it reads and writes through store.
func (c *Client) manager(store *scsStore) *scs.SessionManager {
	m := c.scs
	m.Store = store
	return &m
}

// scsStore is the scs.Store of one session. It holds what scs does not know: whether the session is to be created or
// updated, the key under which it is stored, and the labels and times beside the data.
type scsStore struct {
	store  Store
	create bool   // CommitCtx creates the session with the labels and times of entry
	key    string // set by FindCtx and by CommitCtx
	entry  Entry  // set by FindCtx, unless create is true
}

// errEnded means that a session could not be updated because it no longer exists.
var errEnded = errors.New("the session has ended")

// FindCtx reads the session and keeps its key and entry.
func (s *scsStore) FindCtx(ctx context.Context, key string) ([]byte, bool, error) {
	e, ok, err := s.store.Find(ctx, key)
	s.key, s.entry = key, e
	return e.Data, ok, err
}

// CommitCtx creates the session or updates it. An update never restores a session that has ended.
func (s *scsStore) CommitCtx(ctx context.Context, key string, b []byte, _ time.Time) error {
	s.key = key
	if s.create {
		e := s.entry
		e.Data = b
		return s.store.Create(ctx, key, e)
	}
	ok, err := s.store.Update(ctx, key, b)
	if err == nil && !ok {
		err = errEnded
	}
	return err
}

// DeleteCtx deletes the session.
func (s *scsStore) DeleteCtx(ctx context.Context, key string) error { return s.store.Delete(ctx, key) }

// Find, Commit and Delete complete scs.Store. scs calls the methods above instead.

// Find implements scs.Store.
func (s *scsStore) Find(key string) ([]byte, bool, error) {
	return s.FindCtx(context.Background(), key)
}

// Commit implements scs.Store.
func (s *scsStore) Commit(key string, b []byte, expiry time.Time) error {
	return s.CommitCtx(context.Background(), key, b, expiry)
}

// Delete implements scs.Store.
func (s *scsStore) Delete(key string) error { return s.DeleteCtx(context.Background(), key) }

// recordKey is the key of the only value in an scs session: its stored form; see [Client.sealSession].
const recordKey = "record"

// codec stores this value as it is. The record contains the deadline, so scs's own is not stored.
type codec struct{}

// Encode returns the stored form of the session.
func (codec) Encode(_ time.Time, values map[string]any) ([]byte, error) {
	sealed, _ := values[recordKey].([]byte)
	return sealed, nil
}

// Decode never fails, because scs would answer every request with this cookie with an error. readSession treats a
// record that cannot be opened as signed out.
func (codec) Decode(b []byte) (time.Time, map[string]any, error) {
	return time.Time{}, map[string]any{recordKey: b}, nil
}
