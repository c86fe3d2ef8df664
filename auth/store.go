package auth

import (
	"context"
	"time"
)

// Store keeps sessions, and the small values that sign-in and token refresh need, for all instances of an
// application. Package auth/store opens stores in memory, in a file, in Redis and in PostgreSQL. Package auth/storetest
// tests a store of your own.
//
// Every method is safe for concurrent use and returns in bounded time, even if the server of the store does not
// answer. A method returns an error only if the store fails or the context has ended: a missing or expired session is
// not an error. A store never shares the memory of a slice with its caller after a method has returned.
//
// Keys and labels may hold any bytes, but are never empty. Short printable text is best, because it appears in tools
// such as redis-cli. Every store accepts up to 1 kB.
type Store interface {
	// Find returns the session with the key. It returns false if the session does not exist, has expired, or was
	// ended by EndAll. It takes one round trip.
	Find(ctx context.Context, key string) (Entry, bool, error)

	// Create stores a new session under a key that was never used before. It returns an error if a session with the
	// key exists. No other method creates a session, so that a deleted session cannot come back.
	Create(ctx context.Context, key string, e Entry) error

	// Update replaces the data of a session, and nothing else. It returns false, and writes nothing, if the session
	// does not exist, has expired, or was ended by EndAll. The check and the write are one atomic step for all
	// instances.
	Update(ctx context.Context, key string, data []byte) (bool, error)

	// Touch sets the expiry of a session, and nothing else. It does nothing if the session does not exist, has
	// expired, or was ended by EndAll.
	Touch(ctx context.Context, key string, expiry time.Time) error

	// Delete deletes a session. It does nothing if the session does not exist.
	Delete(ctx context.Context, key string) error

	// EndAll ends every session that has the label and was created before at, including sessions that are created
	// after the call. The store may forget the call at until. A second call can only move both times later. EndAll
	// does not search for sessions: it records the times, and Find compares them with those of the session.
	EndAll(ctx context.Context, label string, at, until time.Time) error

	// HasLabel reports whether a session that has not expired was created with the label. It may return true for a
	// session that was deleted or ended. HasLabel writes nothing, so that unauthenticated requests, which
	// [Client.FrontChannelLogout] serves, cannot fill the store.
	HasLabel(ctx context.Context, label string) (bool, error)

	// List returns the sessions that were created with the label, newest first, and at most limit of them. It leaves
	// out sessions that were deleted, have expired, or were ended by EndAll. It reads an index by label, so that its
	// cost depends on the number of sessions with the label and not on the size of the store.
	List(ctx context.Context, label string, limit int) ([]KeyedEntry, error)

	// LoadOrStore returns the value with the key and true. If the value does not exist or has expired, LoadOrStore
	// stores the given value, and returns it and false. The value expires at until, or never if until is zero. The
	// step is atomic, so that one of several concurrent callers stores. The keys are independent of those of sessions.
	LoadOrStore(ctx context.Context, key string, value []byte, until time.Time) (actual []byte, loaded bool, err error)

	// CompareAndDelete deletes the value with the key if it equals the given value. It does nothing otherwise.
	CompareAndDelete(ctx context.Context, key string, value []byte) error

	// Ping returns an error if the store does not answer or cannot be written to, so that nobody could sign in.
	Ping(ctx context.Context) error

	// Close releases the resources of the store. No method may be called afterwards.
	Close() error
}

// KeyedEntry is a session in a [Store] together with its key.
type KeyedEntry struct {
	Key string
	Entry
}

// Entry is a session in a [Store]. The store cannot read the data, which is encrypted.
type Entry struct {
	Data    []byte
	Labels  []string  // names for EndAll and List, a handful at most; set by Create only
	Created time.Time // kept to the microsecond or better; set by Create only
	Expiry  time.Time // kept to the millisecond or better; set by Create and Touch
}
