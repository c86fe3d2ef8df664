package main

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
)

// output receives what the program prints and logs, and knows the secrets that must not appear there.
type output struct {
	mu      sync.Mutex
	changed *sync.Cond
	text    bytes.Buffer
	closed  bool
	secrets []string
}

func newOutput() *output {
	o := &output{}
	o.changed = sync.NewCond(&o.mu)
	return o
}

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.changed.Broadcast()
	return o.text.Write(b)
}

// Close reports that the program has ended.
func (o *output) Close() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.closed = true
	o.changed.Broadcast()
	return nil
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// wait waits until the output matches a pattern, and returns the match of its group.
func (o *output) wait(t *testing.T, pattern *regexp.Regexp) string {
	t.Helper()
	o.mu.Lock()
	defer o.mu.Unlock()
	for {
		if m := pattern.FindStringSubmatch(o.text.String()); m != nil {
			return m[len(m)-1]
		}
		if o.closed {
			t.Fatalf("the program ended without the message %s:\n%s", pattern, o.text.String())
		}
		o.changed.Wait()
	}
}

// addSecrets adds values that must never be logged. It ignores values of less than 8 characters, which may appear in
// the log by chance.
func (o *output) addSecrets(values ...string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, v := range values {
		if len(v) >= 8 && !slices.Contains(o.secrets, v) {
			o.secrets = append(o.secrets, v)
		}
	}
}

var (
	requestRecord  = regexp.MustCompile(`(?m)^time=\S+ level=[A-Z]+ msg=request .*$`)
	requestDetails = regexp.MustCompile(` request=[A-Z2-7]{12} method=[A-Z]+ path=\S+ status=[1-5]\d\d duration=\S+$`)
)

// check fails the test if the output contains a secret, a panic or a data race, or if the record of a request does not
// have exactly its five attributes.
func (o *output) check(t *testing.T) {
	t.Helper()
	text := o.String()
	for _, secret := range o.secrets {
		if i := strings.Index(text, secret); i >= 0 {
			line := text[strings.LastIndex(text[:i], "\n")+1:]
			line, _, _ = strings.Cut(line, "\n")
			t.Errorf("the log contains the secret %q: %s", secret, line)
		}
	}
	for _, record := range requestRecord.FindAllString(text, -1) {
		if !requestDetails.MatchString(record) {
			t.Errorf("want id, method, path, status and duration of a request, got: %s", record)
		}
	}
	if strings.Contains(text, "msg=panic") || strings.Contains(text, "DATA RACE") {
		t.Errorf("the program has a bug:\n%s", text)
	}
}
