package dbtest

import "syscall"

// dieWithParent ends a server also when the test is killed.
func dieWithParent(attr *syscall.SysProcAttr) { attr.Pdeathsig = syscall.SIGKILL }
