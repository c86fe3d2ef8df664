package auth

import (
	"context"
	"errors"
	"time"
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
