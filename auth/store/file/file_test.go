package file

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"github.com/plusauth/plusauth-go-starter/auth"
	"github.com/plusauth/plusauth-go-starter/auth/storetest"
)

func TestStore(t *testing.T) {
	t.Parallel()
	s := openTemp(t)
	storetest.Run(t, func(*testing.T) auth.Store { return s })
}

func TestReopen(t *testing.T) {
	t.Parallel()
	ctx, path := t.Context(), filepath.Join(t.TempDir(), "data", "sessions.db")
	s, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	later := time.Now().Add(time.Hour)
	_, _, storeErr := s.LoadOrStore(ctx, "value", []byte("first"), time.Time{})
	if err := errors.Join(storeErr,
		s.Create(ctx, "session", newEntry("data", "label")),
		s.Create(ctx, "ended session", newEntry("data", "ended label")),
		s.EndAll(ctx, "ended label", later, later),
		s.Close()); err != nil {
		t.Fatal(err)
	}

	s = openPath(t, path)
	if e, ok, err := s.Find(ctx, "session"); string(e.Data) != "data" || !ok || err != nil {
		t.Errorf("session: got data %q, found %v, error %v", e.Data, ok, err)
	}
	if _, ok, err := s.Find(ctx, "ended session"); ok || err != nil {
		t.Errorf("ended session: got found %v, error %v", ok, err)
	}
	if ok, err := s.HasLabel(ctx, "label"); !ok || err != nil {
		t.Errorf("HasLabel: got %v, error %v", ok, err)
	}
	if actual, loaded, err := s.LoadOrStore(ctx, "value", []byte("second"), later); string(actual) != "first" ||
		!loaded || err != nil {
		t.Errorf("LoadOrStore: got %q, loaded %v, error %v", actual, loaded, err)
	}
}

// TestCommitWaitsForDisk checks bbolt's options, because only a power failure would show the difference.
func TestCommitWaitsForDisk(t *testing.T) {
	t.Parallel()
	if s := openTemp(t); s.db.NoSync || s.db.NoGrowSync {
		t.Error("the store acknowledges writes that are not on the disk")
	}
}

func TestFilePermissions(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no permission bits")
	}
	path := filepath.Join(t.TempDir(), "data", "sessions.db")
	openPath(t, path)
	for name, want := range map[string]os.FileMode{path: 0o600, filepath.Dir(path): os.ModeDir | 0o700} {
		info, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode() != want {
			t.Errorf("%s: got mode %v, want %v", name, info.Mode(), want)
		}
	}
}

// TestUnreadableRecords checks that a record that is damaged, or was written by an older version, counts as absent,
// can be replaced, and is removed by a sweep.
func TestUnreadableRecords(t *testing.T) {
	t.Parallel()
	s := openTemp(t)
	ctx, later := t.Context(), time.Now().Add(time.Hour)
	records := map[string][]byte{
		"empty":     {},
		"zero":      make([]byte, 100),
		"truncated": []byte(`{"labels":`),
		"wrong":     []byte(`{"labels":1,"expiry":2,"until":3,"at":4,"data":5}` + "\n"),
		"array":     []byte("[]\n"),
		// The former binary layout: version, two times, the labels with their lengths, and the data.
		"former session": append([]byte{1, 0, 6, 0, 0, 0, 0, 0, 0, 0x7f, 0, 0, 0, 0, 0, 0, 0, 0, 5, 0, 3}, "onedata\n"...),
		// The former value that does not expire: a time and the value.
		"former value": append([]byte{0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, "value"...),
	}
	if err := s.db.Update(func(tx *bbolt.Tx) error {
		var err error
		for _, bucket := range buckets {
			for key, record := range records {
				err = errors.Join(err, tx.Bucket(bucket).Put([]byte(key), record))
			}
		}
		noData := []byte(`{"created":"2026-01-01T00:00:00Z","expiry":"9999-01-01T00:00:00Z"}`)
		records["no data"] = noData
		return errors.Join(err, tx.Bucket(bucketSessions).Put([]byte("no data"), noData))
	}); err != nil {
		t.Fatal(err)
	}

	for key := range records {
		updated, updateErr := s.Update(ctx, key, nil)
		touchErr := s.Touch(ctx, key, later)
		_, found, findErr := s.Find(ctx, key)
		hasLabel, labelErr := s.HasLabel(ctx, key)
		if err := errors.Join(updateErr, touchErr, findErr, labelErr); err != nil || updated || found || hasLabel {
			t.Errorf("%s: got updated %v, found %v, label %v, error %v", key, updated, found, hasLabel, err)
		}
	}
	s.sweep(ctx, time.Now())
	for name, n := range count(t, s) {
		if n != 0 {
			t.Errorf("%s: %d unreadable records are left after a sweep", name, n)
		}
	}
}

func TestUnreadableRecordsAreReplaced(t *testing.T) {
	t.Parallel()
	s := openTemp(t)
	ctx, later, key := t.Context(), time.Now().Add(time.Hour), []byte("key")
	if err := s.db.Update(func(tx *bbolt.Tx) error {
		var err error
		for _, bucket := range buckets {
			err = errors.Join(err, tx.Bucket(bucket).Put(key, []byte{1, 2, 3}))
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if err := s.Create(ctx, "key", newEntry("data", "key")); err != nil {
		t.Error("Create:", err)
	}
	if e, ok, err := s.Find(ctx, "key"); string(e.Data) != "data" || !ok || err != nil {
		t.Errorf("Find: got data %q, found %v, error %v", e.Data, ok, err)
	}
	if ok, err := s.HasLabel(ctx, "key"); !ok || err != nil {
		t.Errorf("HasLabel: got %v, error %v", ok, err)
	}
	if actual, loaded, err := s.LoadOrStore(ctx, "key", []byte("value"), later); string(actual) != "value" ||
		loaded || err != nil {
		t.Errorf("LoadOrStore: got %q, loaded %v, error %v", actual, loaded, err)
	}
	if err := s.EndAll(ctx, "key", later, later); err != nil {
		t.Error("EndAll:", err)
	}
	if _, ok, err := s.Find(ctx, "key"); ok || err != nil {
		t.Errorf("Find after EndAll: got found %v, error %v", ok, err)
	}
}

func openTemp(t testing.TB) *Store {
	t.Helper()
	return openPath(t, filepath.Join(t.TempDir(), "sessions.db"))
}

func openPath(t testing.TB, path string) *Store {
	t.Helper()
	s, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error("Close:", err)
		}
	})
	return s
}

func newEntry(data string, labels ...string) auth.Entry {
	now := time.Now()
	return auth.Entry{Data: []byte(data), Labels: labels, Created: now, Expiry: now.Add(time.Hour)}
}
