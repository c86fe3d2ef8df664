package scsstore_test

import (
	"bytes"
	"errors"
	"os"
	"testing"
	"time"

	"github.com/alexedwards/scs/v2"

	"github.com/plusauth/plusauth-go-starter/auth"
	"github.com/plusauth/plusauth-go-starter/auth/scsstore"
	"github.com/plusauth/plusauth-go-starter/auth/store"
)

var _ scs.CtxStore = (*scsstore.Store)(nil)

func openStore(t *testing.T, address string) auth.Store {
	t.Helper()
	s, err := store.Open(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// TestStore checks what scs asks of a store.
func TestStore(t *testing.T) {
	t.Parallel()
	s := scsstore.New(openStore(t, "memory:"))
	later := time.Now().Add(time.Hour)
	want := func(token, data string) {
		t.Helper()
		b, found, err := s.Find(token)
		if string(b) != data || found != (data != "") || err != nil {
			t.Errorf("%s: got %q, found %t, error %v, want %q", token, b, found, err, data)
		}
	}
	want("unknown", "")
	if err := errors.Join(s.Commit("one", []byte("first"), later), s.Commit("two", []byte("other"), later)); err != nil {
		t.Fatal(err)
	}
	want("one", "first")
	if err := s.Commit("one", []byte("second"), later.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	want("one", "second")
	if err := errors.Join(s.Delete("one"), s.Delete("unknown")); err != nil {
		t.Fatal(err)
	}
	want("one", "")
	want("two", "other")
	if err := s.Commit("two", []byte("over"), time.Now().Add(-time.Second)); err != nil {
		t.Fatal(err)
	}
	want("two", "")
}

// TestCommitAfterDeleteDoesNotRestoreTheSession commits a session that another request has destroyed.
func TestCommitAfterDeleteDoesNotRestoreTheSession(t *testing.T) {
	t.Parallel()
	s := scsstore.New(openStore(t, "memory:"))
	later := time.Now().Add(time.Hour)
	err := errors.Join(s.Commit("token", []byte("first"), later), s.Delete("token"),
		s.Commit("token", []byte("late"), later), s.Commit("token", []byte("later"), later))
	if b, found, findErr := s.Find("token"); err != nil || findErr != nil || found {
		t.Errorf("got %q, found %t, error %v, %v", b, found, err, findErr)
	}
}

// TestSessionWithAnIdleTimeoutIsNotRestored destroys a session that was extended beyond its first expiry.
func TestSessionWithAnIdleTimeoutIsNotRestored(t *testing.T) {
	t.Parallel()
	s := scsstore.New(openStore(t, "memory:"))
	first, later := time.Now().Add(time.Second), time.Now().Add(time.Hour)
	if err := errors.Join(s.Commit("token", []byte("first"), first), s.Commit("token", []byte("second"), later)); err != nil {
		t.Fatal(err)
	}
	<-time.After(time.Until(first))
	if _, found, err := s.Find("token"); !found || err != nil {
		t.Fatalf("the session was not extended: %v", err)
	}
	err := errors.Join(s.Delete("token"), s.Commit("token", []byte("late"), later))
	if _, found, findErr := s.Find("token"); found || err != nil || findErr != nil {
		t.Errorf("got found %t, error %v, %v", found, err, findErr)
	}
}

// TestSessionDestroyedBeforeItsFirstExpiryIsNotRestored destroys a session just before its first mark expires.
func TestSessionDestroyedBeforeItsFirstExpiryIsNotRestored(t *testing.T) {
	t.Parallel()
	s := scsstore.New(openStore(t, "memory:"))
	first, later := time.Now().Add(500*time.Millisecond), time.Now().Add(time.Hour)
	err := errors.Join(s.Commit("token", []byte("first"), first), s.Commit("token", []byte("second"), later),
		s.Delete("token"))
	if err != nil {
		t.Fatal(err)
	}
	<-time.After(time.Until(first))
	err = s.Commit("token", []byte("late"), later)
	if _, found, findErr := s.Find("token"); found || err != nil || findErr != nil {
		t.Errorf("got found %t, error %v, %v", found, err, findErr)
	}
}

// TestStoreHoldsNoToken checks that a stolen store has no token that a browser could send.
func TestStoreHoldsNoToken(t *testing.T) {
	t.Parallel()
	file := t.TempDir() + "/sessions.db"
	s := scsstore.New(openStore(t, "file:"+file))
	if err := s.Commit("the-token-of-a-browser", []byte("the-data"), time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	dump, err := os.ReadFile(file)
	if err != nil || !bytes.Contains(dump, []byte("the-data")) || bytes.Contains(dump, []byte("the-token-of-a-browser")) {
		t.Errorf("the store contains the token, or not the data: %v", err)
	}
}
