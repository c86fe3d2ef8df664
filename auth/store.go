package auth

import (
	"context"
	"time"
)

// Store keeps sessions, and the few small records that sign-in needs beside them, for all
// instances of an application. The stores of package auth/store implement it and prove it with
// one suite; write another by making it pass the same.
//
// Every method is safe for concurrent use, gives up in bounded time even when its server does not
// answer, and returns an error only when the store itself is at fault: what is missing, expired or
// ended is an answer, not an error. Slices that are handed in or out are never shared with the
// store afterwards.
type Store interface {
	// Find returns the session kept under key. It reports false when there is none, when it has
	// expired, or when one of its labels was marked at a time after the session began.
	// Session and marks are read in one round trip.
	Find(ctx context.Context, key string) (Entry, bool, error)

	// Create keeps a new session. The key has never been used before: that is what keeps a
	// deleted session deleted, since nothing but Create can bring a key into being.
	Create(ctx context.Context, key string, e Entry) error

	// Update replaces the data of a session and nothing else. It reports false, and writes
	// nothing, when the session is not there any more: deleted or expired, even a moment ago,
	// even by another instance. Check and write are one atomic step.
	Update(ctx context.Context, key string, data []byte) (bool, error)

	// Touch moves the expiry of a session. A session that is not there stays away.
	Touch(ctx context.Context, key string, expiry time.Time) error

	// Delete ends a session at once. A session that is not there is no error.
	Delete(ctx context.Context, key string) error

	// EndAll ends every session that carries the label and began before at. It is kept until
	// until; a mark that is already there is only ever moved later in both. Nothing is scanned:
	// Find looks the marks of a session up as it reads it.
	EndAll(ctx context.Context, label string, at, until time.Time) error

	// HasLabel reports whether a session was created with the label and may still live: it has
	// neither expired nor, as far as the store can tell at no cost, been deleted. It answers an
	// unauthenticated question (see Client.FrontChannelLogout) without writing anything, so that
	// strangers cannot fill the store with marks; a false "true" does no harm.
	HasLabel(ctx context.Context, label string) (bool, error)

	// LoadOrStore returns the value kept under key, or keeps the given one when there is none
	// or its time has run out; loaded tells which. The step is atomic: of several callers at
	// once, one stores. A zero until keeps the value for ever. These keys are apart from those
	// of sessions.
	LoadOrStore(ctx context.Context, key string, value []byte, until time.Time) (actual []byte, loaded bool, err error)

	// CompareAndDelete removes a value of LoadOrStore, if it is still the given one.
	CompareAndDelete(ctx context.Context, key string, value []byte) error

	// Ping reports whether the store answers.
	Ping(ctx context.Context) error

	// Close lets the store go. Nothing may be called afterwards.
	Close() error
}

// Entry is a session as a Store sees it: data it cannot read, and what decides how long it lives.
type Entry struct {
	Data    []byte
	Labels  []string  // what can end it from outside (see Store.Mark); at most a handful; fixed by Create
	Created time.Time // when it was created, to the microsecond at least; fixed by Create
	Expiry  time.Time // when it ends by itself, to the millisecond at least; moved by Touch
}
