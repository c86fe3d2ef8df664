package main

import (
	"net"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// needIPv6 skips the test on a machine without the address ::1.
func needIPv6(t *testing.T) {
	t.Helper()
	l, err := net.Listen("tcp", "[::1]:0")
	if err != nil {
		t.Skip("this machine has no address ::1")
	}
	l.Close()
}

// listenFor is listen, with listeners that are closed when the test ends.
func listenFor(t *testing.T, host, port string) (addresses []string, taken string, err error) {
	t.Helper()
	listeners, taken, err := listen(host, port, "PORT")
	t.Cleanup(func() { closeAll(listeners) })
	for _, l := range listeners {
		addresses = append(addresses, l.Addr().String())
	}
	return addresses, taken, err
}

func TestLocalhostMeansBothAddresses(t *testing.T) {
	t.Parallel()
	needIPv6(t)
	for _, host := range []string{"localhost", "LocalHost"} {
		got, taken, err := listenFor(t, host, "0")
		if err != nil || taken != "" || len(got) != 2 {
			t.Fatalf("%s: got %q, %q, %v", host, got, taken, err)
		}
		_, port, _ := net.SplitHostPort(got[0])
		if want := []string{"127.0.0.1:" + port, "[::1]:" + port}; !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", host, got, want)
		}
	}
}

func TestOtherHostIsOneAddress(t *testing.T) {
	t.Parallel()
	if got, taken, err := listenFor(t, "127.0.0.1", "0"); err != nil || taken != "" || len(got) != 1 {
		t.Errorf("got %q, %q, %v, want one address", got, taken, err)
	}
}

func TestHostMayHaveBrackets(t *testing.T) {
	t.Parallel()
	needIPv6(t)
	if got, _, err := listenFor(t, "[::1]", "0"); err != nil || len(got) != 1 || !strings.HasPrefix(got[0], "[::1]:") {
		t.Errorf("got %q, %v, want one address of ::1", got, err)
	}
}

func TestUnknownHostNamesTheVariable(t *testing.T) {
	t.Parallel()
	got, _, err := listenFor(t, "unknown.invalid", "0")
	if err == nil || !strings.Contains(err.Error(), "HOST") || !strings.Contains(err.Error(), "unknown.invalid") {
		t.Errorf("got %q, %v, want an error that names HOST and its value", got, err)
	}
}

func TestTakenPort(t *testing.T) {
	t.Parallel()
	needIPv6(t)
	first, _, err := listenFor(t, "127.0.0.1", "0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(first[0])
	got, _, err := listenFor(t, "localhost", port)
	if err == nil || !strings.HasPrefix(err.Error(), first[0]+" is taken") || !strings.Contains(err.Error(), "PORT") {
		t.Errorf("on the first address: got %q, %v, want an error that names %s and PORT", got, err, first[0])
	}
	for range 20 {
		second, _, err := listenFor(t, "::1", "0")
		if err != nil {
			t.Fatal(err)
		}
		_, port, _ = net.SplitHostPort(second[0])
		got, taken, err := listenFor(t, "localhost", port)
		if err != nil && strings.HasPrefix(err.Error(), "127.0.0.1:"+port+" is taken") {
			continue // a connection of another test has this port on the first address
		}
		if err != nil || taken != second[0] || !slices.Equal(got, []string{"127.0.0.1:" + port}) {
			t.Errorf("on the second address: got %q, %q, %v, want that %s is taken", got, taken, err, second[0])
		}
		return
	}
	t.Error("no port is free on the first address")
}

// TestStartServesBothAddressesOfLocalhost checks that the program says where it listens, and answers there.
func TestStartServesBothAddressesOfLocalhost(t *testing.T) {
	t.Parallel()
	needIPv6(t)
	app := start(t, nil)
	second := app.out.wait(t, regexp.MustCompile(`Listening on 127\.0\.0\.1:\d+ and (\[::1\]:\d+) \(this machine only`))
	first := app.out.wait(t, listeningMessage)
	for _, address := range []string{first, second} {
		if got := app.browser(t).Get("http://" + address + "/healthz"); got.Status != http.StatusOK {
			t.Errorf("%s: got status %d", address, got.Status)
		}
	}
}

// TestStartReportsATakenAddressOfLocalhost runs the program while another one has its port on ::1.
func TestStartReportsATakenAddressOfLocalhost(t *testing.T) {
	t.Parallel()
	needIPv6(t)
	other, _, err := listenFor(t, "::1", "0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(other[0])
	app := start(t, map[string]string{"PORT": port})
	got := app.out.wait(t, regexp.MustCompile(`level=WARN msg="port taken.*" address=(\S+) cure=.*PORT`))
	if got != other[0] {
		t.Errorf("got %s, want %s", got, other[0])
	}
	if got := app.browser(t).Get("http://127.0.0.1:" + port + "/healthz"); got.Status != http.StatusOK {
		t.Errorf("on the other address: got status %d", got.Status)
	}
}

func TestDescribe(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]string{
		"127.0.0.1": "(this machine only; set HOST=0.0.0.0",
		"0.0.0.0":   "(all addresses of this machine)",
	} {
		listeners, _, err := listen(host, "0", "PORT")
		if err != nil {
			t.Fatal(err)
		}
		if got := describe(listeners); !strings.HasPrefix(got, listeners[0].Addr().String()+" "+want) {
			t.Errorf("%s: got %q, want the address and %q", host, got, want)
		}
		closeAll(listeners)
	}
}
