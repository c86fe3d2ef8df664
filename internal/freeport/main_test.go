package main

import (
	"net"
	"strings"
	"testing"
)

func TestCheckNamesATakenPort(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	_, taken, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	if err := check([]string{"0"}); err != nil {
		t.Errorf("port 0: %v", err)
	}
	if err := check([]string{"0", taken}); err == nil || !strings.Contains(err.Error(), "port "+taken+" is not free") {
		t.Errorf("a taken port: got %v", err)
	}
}
