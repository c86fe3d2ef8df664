package main

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
)

// TestMain is the program itself when a test starts its own binary as a child process.
func TestMain(m *testing.M) {
	if os.Getenv(childMark) == "" {
		os.Exit(m.Run())
	}
	go func() {
		io.Copy(io.Discard, os.Stdin) // ends when the parent does
		os.Exit(2)
	}()
	main()
}

// program is the whole program, running.
type program struct {
	url, provider string // what it says to open; the issuer of its development provider
	out           *output
	stop          func() error // as Ctrl+C does; returns what run returns
}

var (
	saysURL      = regexp.MustCompile(`Open (http\S+) in your browser`)
	saysProvider = regexp.MustCompile(`a development provider at (http\S+) lets anyone in`)
)

// start runs the program on free ports until the test ends. What vars leaves out is as in a fresh clone,
// but for the sessions, which are in memory.
func start(t *testing.T, vars map[string]string) *program {
	t.Helper()
	all := map[string]string{"PORT": "0", "SESSION_STORE": "memory:", "DEV_PROVIDER_URL": "http://127.0.0.1:0"}
	for name, value := range vars {
		all[name] = value
	}
	ctx, cancel := context.WithCancel(context.Background())
	p := &program{out: newOutput()}
	ended := make(chan error, 1)
	go func() {
		defer p.out.Close()
		ended <- run(ctx, all, p.out)
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
	p.read(t, all["AUTH_URL"] == "")
	return p
}

// read reads where the program can be reached.
func (p *program) read(t *testing.T, withProvider bool) {
	t.Helper()
	p.url = p.out.wait(t, saysURL)
	if withProvider {
		p.provider = p.out.wait(t, saysProvider)
	}
}

// output is what the program prints and logs. It knows the secrets that must not be in it.
type output struct {
	mu      sync.Mutex
	more    *sync.Cond
	text    bytes.Buffer
	closed  bool
	secrets []string
}

func newOutput() *output {
	o := &output{}
	o.more = sync.NewCond(&o.mu)
	return o
}

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.more.Broadcast()
	return o.text.Write(b)
}

// Close says that nothing more will be written.
func (o *output) Close() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.closed = true
	o.more.Broadcast()
	return nil
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// wait returns what the group of a pattern matches, as soon as it has been written.
func (o *output) wait(t *testing.T, pattern *regexp.Regexp) string {
	t.Helper()
	o.mu.Lock()
	defer o.mu.Unlock()
	for {
		if m := pattern.FindStringSubmatch(o.text.String()); m != nil {
			return m[len(m)-1]
		}
		if o.closed {
			t.Fatalf("the program ended and has not said %s:\n%s", pattern, o.text.String())
		}
		o.more.Wait()
	}
}

// secret notes values that must never be logged. Short ones are words that may stand there by chance.
func (o *output) secret(values ...string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, v := range values {
		if len(v) >= 8 && !slices.Contains(o.secrets, v) {
			o.secrets = append(o.secrets, v)
		}
	}
}

var (
	aboutRequest = regexp.MustCompile(`(?m)^time=\S+ level=[A-Z]+ msg=request .*$`)
	wholeRequest = regexp.MustCompile(` request=[A-Z2-7]{12} method=[A-Z]+ path=\S+ status=[1-5]\d\d duration=\S+$`)
)

// check finds what must not be in the output, and what is missing in it.
func (o *output) check(t *testing.T) {
	t.Helper()
	text := o.String()
	for _, secret := range o.secrets {
		if i := strings.Index(text, secret); i >= 0 {
			line := text[strings.LastIndex(text[:i], "\n")+1:]
			line, _, _ = strings.Cut(line, "\n")
			t.Errorf("%q is in the log: %s", secret, line)
		}
	}
	for _, line := range aboutRequest.FindAllString(text, -1) {
		if !wholeRequest.MatchString(line) {
			t.Errorf("the log tells less or more of a request than its id, method, path, status and duration: %s", line)
		}
	}
	if strings.Contains(text, "msg=panic") || strings.Contains(text, "DATA RACE") {
		t.Errorf("something went very wrong:\n%s", text)
	}
}

func fileStore(t *testing.T) string { return "file:" + filepath.Join(t.TempDir(), "sessions.db") }

// get asks for an address as a program does, without cookies, and returns status and body.
func get(t *testing.T, url string) (int, string) {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}
