//go:build !unix

package dbtest

import "testing"

// Server is a running database server. On this platform no server is started, so that no method is called.
type Server struct{ URL string }

const errPlatform = errNotInstalled("the tests start Redis and PostgreSQL on Unix only")

func maySkip() bool                         { return true }
func startRedis(...string) (*Server, error) { return nil, errPlatform }
func startPostgres() (*Server, error)       { return nil, errPlatform }
func stopShared()                           {}
func (*Server) remove()                     {}

// Start does nothing.
func (*Server) Start(testing.TB) {}

// Kill does nothing.
func (*Server) Kill() {}

// Pause does nothing.
func (*Server) Pause(testing.TB) func() { return func() {} }

// Database returns an empty string.
func (*Server) Database(testing.TB) string { return "" }
