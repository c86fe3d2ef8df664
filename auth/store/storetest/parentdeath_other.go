//go:build unix && !linux

package storetest

import "syscall"

// dieWithParent can do nothing here: a server outlives a test that is killed.
func dieWithParent(*syscall.SysProcAttr) {}
