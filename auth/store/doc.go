// Package store keeps sessions for package auth: in memory, in one file, in Redis or in PostgreSQL.
//
//	sessions, err := store.Open(ctx, "file:data/sessions.db")
//	if err != nil {
//		return err // says what is wrong with the address, or with the file, and what to do
//	}
//	defer sessions.Close()
//	client, err := auth.New(auth.Config{Store: sessions, …})
//
// All four keep the promises of [auth.Store], and one suite in store_test.go proves it: a session
// that was deleted or has expired never comes back, whatever is in flight at that moment, and a
// server that does not answer is an error within a second.
//
// Keys and labels may be any bytes but none at all, and are meant to be short text, as base64url
// is: they are what an operator sees in redis-cli, and 1 kB fits into every store.
//
// Package auth does not import this one, so that who brings a store of their own gets no drivers.
package store
