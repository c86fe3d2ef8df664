package storetest

import (
	"errors"
	"testing"
	"time"

	"github.com/plusauth/plusauth-go-starter/auth"
)

// CheckSweep checks that sweep, which removes the expired entries of a store, keeps the others.
//
// It calls sweep after it has created five expired entries of each kind. A test that counts what an empty store then
// holds should find two sessions, the labels of these two sessions, the record of one EndAll, and two values.
func CheckSweep(t testing.TB, s auth.Store, sweep func()) {
	t.Helper()
	ctx, past, future := t.Context(), time.Now().Add(-time.Minute), time.Now().Add(time.Hour)
	var err error
	for range 5 {
		e := newEntry(newKey())
		e.Expiry = past
		err = errors.Join(err, s.Create(ctx, newKey(), e), s.EndAll(ctx, newKey(), past, past),
			wantStored(ctx, s, newKey(), "x", past))
	}
	live, liveLabel, endedLabel, expiring, permanent := newKey(), newKey(), newKey(), newKey(), newKey()
	e := newEntry(liveLabel)
	err = errors.Join(err, s.Create(ctx, live, e), s.EndAll(ctx, endedLabel, farFuture, future),
		wantStored(ctx, s, expiring, "x", future), wantStored(ctx, s, permanent, "x", time.Time{}))
	if err != nil {
		t.Fatal(err)
	}

	sweep()

	ended := newKey()
	err = errors.Join(wantEntry(ctx, s, live, e), wantHasLabel(ctx, s, liveLabel, true),
		wantLoaded(ctx, s, expiring, "y", "x"), wantLoaded(ctx, s, permanent, "y", "x"),
		s.Create(ctx, ended, newEntry(endedLabel)), wantMissing(ctx, s, ended))
	if err != nil {
		t.Error(err)
	}
}
