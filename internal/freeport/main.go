// Command freeport fails if another program listens on one of the given ports of localhost. task dev runs it first,
// because templ's proxy logs that its port is taken and then goes on without listening.
package main

import (
	"fmt"
	"net"
	"os"
)

func main() {
	if err := check(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// check returns an error that names the first port that is taken.
func check(ports []string) error {
	for _, port := range ports {
		listener, err := net.Listen("tcp", net.JoinHostPort("localhost", port))
		if err != nil {
			return fmt.Errorf("port %s is not free; stop the other program or choose other ports: %w", port, err)
		}
		listener.Close()
	}
	return nil
}
