//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd || windows)

package devidp

import "os"

// tryLock has no lock to take on this system. The port, which one process alone can have, does for it.
func tryLock(*os.File) error { return nil }
