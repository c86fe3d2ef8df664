//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package devidp

import (
	"os"
	"syscall"
)

// tryLock locks a file for this process, until it is closed or the process is gone.
func tryLock(f *os.File) error { return syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) }
