package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/plusauth/plusauth-go-starter/internal/testapp"
)

// childVariable is set in the environment of a child process. It makes the test binary run the program.
const childVariable = "STARTER_TEST_CHILD"

// TestMain runs the program instead of the tests in a child process.
func TestMain(m *testing.M) {
	if os.Getenv(childVariable) == "" {
		code := m.Run()
		if leaked := leakedGoroutines(10 * time.Second); leaked != "" && code == 0 {
			fmt.Fprintln(os.Stderr, "these goroutines did not end with the programs of the tests:\n"+leaked)
			code = 1
		}
		os.Exit(code)
	}
	go func() {
		io.Copy(io.Discard, os.Stdin) // returns when the parent process ends
		os.Exit(2)
	}()
	main()
}

// leakedGoroutines returns the stacks of the goroutines that run code of this module and are still there at the end of
// the time limit.
func leakedGoroutines(limit time.Duration) string {
	module := reflect.TypeFor[program]().PkgPath()
	buffer := make([]byte, 16<<20)
	for end := time.Now().Add(limit); ; runtime.Gosched() {
		stacks := string(buffer[:runtime.Stack(buffer, true)])
		var leaked []string
		for stack := range strings.SplitSeq(stacks, "\n\n") {
			if strings.Contains(stack, module) && !strings.Contains(stack, ".TestMain(") {
				leaked = append(leaked, stack)
			}
		}
		if leaked == nil || time.Now().After(end) {
			return strings.Join(leaked, "\n\n")
		}
	}
}

// program is the running program.
type program struct {
	url      string // public URL
	provider string // issuer
	out      *output
	stop     func() error // stops the program as Ctrl+C does, if it runs in this process, and waits until it has ended
}

var (
	urlMessage      = regexp.MustCompile(`Open (http\S+) in your browser`)
	providerMessage = regexp.MustCompile(`a development provider at (http\S+) lets anyone in`)
)

// freePorts are variables for free ports and for sessions in memory. Everything else is as in a fresh clone.
func freePorts(vars map[string]string) map[string]string {
	all := map[string]string{"PORT": "0", "SESSION_STORE": "memory:", "DEV_PROVIDER_URL": "http://127.0.0.1:0"}
	for name, value := range vars {
		all[name] = value
	}
	return all
}

// start runs the program in this process, with the variables of freePorts, until the test ends.
func start(t *testing.T, vars map[string]string) *program {
	t.Helper()
	vars = freePorts(vars)
	ctx, cancel := context.WithCancel(context.Background())
	p := &program{out: newOutput()}
	ended := make(chan error, 1)
	go func() {
		defer p.out.Close()
		ended <- run(ctx, vars, p.out)
	}()
	p.stop = sync.OnceValue(func() error {
		cancel()
		return <-ended
	})
	t.Cleanup(func() {
		if err := p.stop(); err != nil {
			t.Errorf("the program ended with: %v", err)
		}
		p.out.check(t)
	})
	p.readURLs(t, vars["AUTH_URL"] == "")
	return p
}

// child runs the program in a child process, in a directory, with no other variables than the given ones.
func child(t *testing.T, dir string, args []string, vars ...string) (*program, *exec.Cmd) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	p := &program{out: newOutput()}
	cmd := exec.CommandContext(t.Context(), self, args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, p.out, p.out
	cmd.Env = append(vars, childVariable+"=1")
	if root := os.Getenv("SYSTEMROOT"); root != "" { // Windows needs it for the network
		cmd.Env = append(cmd.Env, "SYSTEMROOT="+root)
	}
	if _, err := cmd.StdinPipe(); err != nil { // ends the child if this process dies; see TestMain
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p.stop = sync.OnceValue(func() error {
		defer p.out.Close()
		return cmd.Wait()
	})
	go p.stop()
	t.Cleanup(func() {
		cmd.Process.Kill()
		p.stop()
		p.out.check(t)
	})
	return p, cmd
}

// readURLs waits until the program has printed its URLs.
func (p *program) readURLs(t *testing.T, withProvider bool) {
	t.Helper()
	p.url = p.out.wait(t, urlMessage)
	if withProvider {
		p.provider = p.out.wait(t, providerMessage)
	}
}

// addresses are the variables that start the program again at the same URLs.
func (p *program) addresses(t *testing.T) map[string]string {
	t.Helper()
	u, err := url.Parse(p.url)
	if err != nil {
		t.Fatal(err)
	}
	return map[string]string{"PORT": u.Port(), "DEV_PROVIDER_URL": p.provider}
}

// browser returns a browser without cookies. The program must not log the cookies and parameters that it sees.
func (p *program) browser(t *testing.T) *testapp.Browser {
	b := testapp.NewBrowser(t, p.url)
	b.Client.Transport = secretRecorder{b.Client.Transport, p.out}
	return b
}

// secretRecorder records the secrets in requests and responses.
type secretRecorder struct {
	next http.RoundTripper
	out  *output
}

func (s secretRecorder) RoundTrip(r *http.Request) (*http.Response, error) {
	for _, name := range []string{"code", "state", "nonce", "code_challenge", "id_token_hint", "request", "sid"} {
		s.out.addSecrets(r.URL.Query().Get(name))
	}
	resp, err := s.next.RoundTrip(r)
	if err == nil {
		for _, c := range resp.Cookies() {
			s.out.addSecrets(c.Value)
		}
	}
	return resp, err
}

func fileStore(t *testing.T) string { return "file:" + filepath.Join(t.TempDir(), "sessions.db") }
