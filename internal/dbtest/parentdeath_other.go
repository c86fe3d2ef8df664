//go:build unix && !linux

package dbtest

import "syscall"

// dieWithParent does nothing, because only Linux can do it. A killed test leaves its servers behind.
func dieWithParent(*syscall.SysProcAttr) {}
