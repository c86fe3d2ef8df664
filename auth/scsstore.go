package auth

import (
	"context"
	"encoding/binary"
	"errors"
	"net/http"
	"time"

	"github.com/alexedwards/scs/v2"
)

// scsStore lets scs read and write through a Store. What scs has no words for travels in the
// context as a storeCall: whether a commit creates a session or changes one, and what Find found
// beside the data.
type scsStore struct{ store Store }

type storeCall struct {
	create bool
	key    string
	entry  Entry
}

type storeCallKey struct{}

// errEnded: a commit came too late, its session is not there any more.
var errEnded = errors.New("the session has ended")

// FindCtx reads a session.
func (s scsStore) FindCtx(ctx context.Context, key string) ([]byte, bool, error) {
	e, ok, err := s.store.Find(ctx, key)
	if call, _ := ctx.Value(storeCallKey{}).(*storeCall); call != nil {
		call.key, call.entry = key, e
	}
	return e.Data, ok, err
}

// CommitCtx creates a session when the context says so, and otherwise changes one that is still
// there: nothing that scs writes brings an ended session back.
func (s scsStore) CommitCtx(ctx context.Context, key string, b []byte, _ time.Time) error {
	if call, _ := ctx.Value(storeCallKey{}).(*storeCall); call != nil && call.create {
		e := call.entry
		e.Data = b
		return s.store.Create(ctx, key, e)
	}
	ok, err := s.store.Update(ctx, key, b)
	if err == nil && !ok {
		err = errEnded
	}
	return err
}

// DeleteCtx ends a session.
func (s scsStore) DeleteCtx(ctx context.Context, key string) error { return s.store.Delete(ctx, key) }

// Find, Commit and Delete complete scs.Store; scs prefers the three above.

// Find is FindCtx.
func (s scsStore) Find(key string) ([]byte, bool, error) { return s.FindCtx(context.Background(), key) }

// Commit is CommitCtx.
func (s scsStore) Commit(key string, b []byte, expiry time.Time) error {
	return s.CommitCtx(context.Background(), key, b, expiry)
}

// Delete is DeleteCtx.
func (s scsStore) Delete(key string) error { return s.DeleteCtx(context.Background(), key) }

// newManager sets scs up. IdleTimeout stays off: with it every request writes, and a request in
// flight writes a session back that was ended meanwhile. The record is committed where it changes,
// before the first byte of the answer, so that a dead store is an error and not half a page; scs's
// LoadAndSave is not used.
func newManager(cfg Config) *scs.SessionManager {
	// Not scs.New, which starts a goroutine for a store of its own that nothing can stop without a race.
	return &scs.SessionManager{
		Store:            scsStore{cfg.Store},
		Codec:            codec{},
		Lifetime:         cfg.SessionLifetime,
		HashTokenInStore: true,
		Cookie: scs.SessionCookie{
			Name:     cookiePrefix(cfg, "__Host-") + "session",
			Path:     "/",
			HttpOnly: true,
			Secure:   cfg.secure(),
			SameSite: http.SameSiteLaxMode,
			Persist:  true,
		},
	}
}

// recordKey is the one key of an scs session here.
const recordKey = "record"

// codec turns scs's values into bytes: the deadline, then the sealed record.
type codec struct{}

// Encode writes the record; there are no other values.
func (codec) Encode(deadline time.Time, values map[string]any) ([]byte, error) {
	sealed, _ := values[recordKey].([]byte)
	b := binary.BigEndian.AppendUint64(make([]byte, 0, 8+len(sealed)), uint64(deadline.UnixMicro()))
	return append(b, sealed...), nil
}

// Decode never fails: an error here would be a page that can't be had, on every request, for as long as
// the cookie lives. What makes no sense is a session without a record, which is to be signed out.
func (codec) Decode(b []byte) (time.Time, map[string]any, error) {
	if len(b) < 8 {
		return time.Time{}, map[string]any{}, nil
	}
	deadline := time.UnixMicro(int64(binary.BigEndian.Uint64(b))).UTC()
	return deadline, map[string]any{recordKey: b[8:]}, nil
}
