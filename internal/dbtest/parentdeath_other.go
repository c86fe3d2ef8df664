//go:build unix && !linux

package dbtest

import "syscall"

// dieWithParent can do nothing here: a server outlives a test that is killed.
func dieWithParent(*syscall.SysProcAttr) {}
