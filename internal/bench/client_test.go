//go:build unix

package bench

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/plusauth/plusauth-go-starter/auth/devidp"
	"github.com/plusauth/plusauth-go-starter/internal/testapp"
)

// clientVariable makes the test binary the child process.
const clientVariable = "BENCH_CLIENT"

// order is what the child process has to do: ask for URL so many times, or, if there are Apps, start a provider for
// apps with these URLs.
type order struct {
	URL, Cookie, AcceptEncoding string
	Times                       int
	Follow                      bool // follows redirects, each time with an empty cookie jar

	Apps []string
}

// runClient carries out the orders on in, one per line, and answers each with a line: "ok" and the issuer of a provider
// that was started, or an error.
func runClient(in io.Reader, out io.Writer) {
	transport := &http.Transport{DisableCompression: true}
	for lines := bufio.NewScanner(in); lines.Scan(); {
		var o order
		err := json.Unmarshal(lines.Bytes(), &o)
		answer := "ok"
		for range o.Times {
			if err == nil {
				err = ask(newClient(transport, o.Follow), o)
			}
		}
		if o.Apps != nil && err == nil {
			var issuer string
			issuer, err = startProvider(o.Apps)
			answer += issuer
		}
		if err != nil {
			answer = err.Error()
		}
		io.WriteString(out, answer+"\n")
	}
}

// startProvider starts a provider that runs as long as the process.
func startProvider(apps []string) (issuer string, err error) {
	var clients []devidp.Client
	for i, app := range apps {
		clients = append(clients, testapp.Client(app, clientID(i), "secret"))
	}
	p, err := devidp.Start(devidp.Config{Clients: clients})
	if err != nil {
		return "", err
	}
	return p.Issuer(), nil
}

// clientID returns the ID of the nth app at the provider.
func clientID(n int) string { return "app-" + strconv.Itoa(n) }

func newClient(transport http.RoundTripper, follow bool) *http.Client {
	if !follow {
		return &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse
		}}
	}
	jar, _ := cookiejar.New(nil) // never fails
	return &http.Client{Transport: transport, Jar: jar}
}

func ask(client *http.Client, o order) error {
	req, err := http.NewRequest(http.MethodGet, o.URL, nil)
	if err != nil {
		return err
	}
	if o.Cookie != "" {
		req.Header.Set("Cookie", o.Cookie)
	}
	if o.AcceptEncoding != "" {
		req.Header.Set("Accept-Encoding", o.AcceptEncoding)
	}
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	if resp.StatusCode >= http.StatusBadRequest {
		err = fmt.Errorf("%s answers %s", resp.Request.URL.Path, resp.Status)
	}
	return err
}

// startClient starts the child process and returns a function that gives it an order and waits for the answer.
func startClient(b *testing.B) func(order) string {
	cmd := exec.CommandContext(b.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), clientVariable+"=1")
	in, err := cmd.StdinPipe()
	check(b, err)
	out, err := cmd.StdoutPipe()
	check(b, err)
	check(b, cmd.Start())
	b.Cleanup(func() {
		in.Close()
		cmd.Wait()
	})
	answers := bufio.NewScanner(out)
	return func(o order) string {
		line, err := json.Marshal(o)
		check(b, err)
		_, err = in.Write(append(line, '\n'))
		check(b, err)
		if !answers.Scan() || !strings.HasPrefix(answers.Text(), "ok") {
			b.Fatalf("the child process says %q", answers.Text())
		}
		return answers.Text()[len("ok"):]
	}
}
