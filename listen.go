package main

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"strings"
	"syscall"
)

// listen listens on a host and a port. If the host is localhost, it listens on both addresses of localhost, because a
// browser may try either first. If another program has the port on the second address, taken is that address. If
// another program has it on the first, the error names the variable to change. Port 0 takes a port that is free on all
// addresses.
func listen(host, port, variable string) (listeners []net.Listener, taken string, err error) {
	hosts := []string{strings.Trim(host, "[]")}
	if strings.EqualFold(host, "localhost") {
		hosts = []string{"127.0.0.1", "::1"}
	}
	for range 20 {
		listeners, taken, err = listenOn(hosts, port, variable)
		if err != nil || taken == "" || port != "0" {
			return listeners, taken, err
		}
		closeAll(listeners)
	}
	return nil, "", errors.New("no port is free on both addresses of localhost; set PORT")
}

// listenOn listens on each host. Hosts that this machine does not have, for example ::1 without IPv6, are left out if
// there is another.
func listenOn(hosts []string, port, variable string) (listeners []net.Listener, taken string, err error) {
	var unusable error
	for _, host := range hosts {
		address := net.JoinHostPort(host, port)
		l, err := net.Listen("tcp", address)
		switch {
		case err == nil:
			listeners = append(listeners, l)
			_, port, _ = net.SplitHostPort(l.Addr().String()) // the same for all, if any was asked for
		case errors.Is(err, syscall.EADDRINUSE) && len(listeners) > 0:
			taken = address
		case errors.Is(err, syscall.EADDRINUSE):
			return nil, "", fmt.Errorf("%s is taken by another program, perhaps another copy of this app; "+
				"stop it, or change %s", address, variable)
		default:
			unusable = cmp.Or(unusable, err)
		}
	}
	if len(listeners) == 0 {
		return nil, "", fmt.Errorf("listen at HOST and PORT: %w", unusable)
	}
	return listeners, taken, nil
}

func closeAll(listeners []net.Listener) {
	for _, l := range listeners {
		l.Close()
	}
}

// describe returns the addresses of listeners in words.
func describe(listeners []net.Listener) string {
	var addresses []string
	reach := " (all addresses of this machine)"
	for _, l := range listeners {
		addresses = append(addresses, l.Addr().String())
		switch addr, ok := l.Addr().(*net.TCPAddr); {
		case !ok:
			reach = ""
		case addr.IP.IsLoopback():
			reach = " (this machine only; set HOST=0.0.0.0 for others, for example in a container)"
		case !addr.IP.IsUnspecified():
			reach = ""
		}
	}
	return strings.Join(addresses, " and ") + reach
}
