//go:build !unix

package dbtest

import "testing"

// Server is a running database server. Here there is none, so that no test gets to its methods.
type Server struct{ URL string }

const notHere = errNotInstalled("the tests start Redis and PostgreSQL on Unix only")

func excused() bool                         { return true }
func startRedis(...string) (*Server, error) { return nil, notHere }
func startPostgres() (*Server, error)       { return nil, notHere }
func stopShared()                           {}
func (*Server) remove()                     {}
func (*Server) Start(testing.TB)            {}
func (*Server) Kill()                       {}
func (*Server) Pause(testing.TB) func()     { return func() {} }
func (*Server) Database(testing.TB) string  { return "" }
