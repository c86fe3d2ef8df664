package dbtest

import "syscall"

// dieWithParent makes the kernel kill the process when its parent dies, so that a killed test leaves no server behind.
func dieWithParent(attr *syscall.SysProcAttr) { attr.Pdeathsig = syscall.SIGKILL }
