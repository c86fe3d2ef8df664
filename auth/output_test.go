package auth_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/plusauth/plusauth-go-starter/auth"
)

// outputRecorder records the errors and logs of an application. At the end of the test it checks that they contain no
// code, token, verifier, state, nonce, cookie or client secret.
type outputRecorder struct {
	mu      sync.Mutex
	log     bytes.Buffer
	texts   []string
	secrets map[string]string // keys are the secrets, values their descriptions
}

// newOutputRecorder returns a recorder that also searches for the secrets of the provider.
func newOutputRecorder(t *testing.T, p *provider) *outputRecorder {
	o := &outputRecorder{secrets: map[string]string{}}
	t.Cleanup(func() {
		secrets := p.Secrets()
		o.mu.Lock()
		defer o.mu.Unlock()
		maps.Copy(secrets, o.secrets)
		for _, text := range append(o.texts, o.log.String()) {
			if name, found := findSecret(text, secrets); found {
				t.Errorf("the output contains the %s: %.600s", name, text)
			}
		}
	})
	return o
}

// findSecret searches for secrets: unchanged, escaped for a URL, quoted, and in hexadecimal. It also searches for the
// payload and the signature of a JWT.
func findSecret(text string, secrets map[string]string) (name string, found bool) {
	for value, name := range secrets {
		quoted := strings.Trim(strconv.Quote(value), `"`)
		forms := []string{value, url.QueryEscape(value), quoted, hex.EncodeToString([]byte(value))}
		if parts := strings.Split(value, "."); len(parts) == 3 {
			forms = append(forms, parts[1], parts[2])
		}
		for _, form := range forms {
			if len(form) >= 8 && strings.Contains(text, form) {
				return name, true
			}
		}
	}
	return "", false
}

// addSecret makes the recorder search for a value as well.
func (o *outputRecorder) addSecret(name, value string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.secrets[value] = name
}

// addError records an error and all errors that it wraps. A nil error is ignored.
func (o *outputRecorder) addError(err error) {
	if err != nil {
		o.addValues(err)
	}
	if wrapped := errors.Unwrap(err); wrapped != nil {
		o.addError(wrapped)
	}
	if many, ok := err.(interface{ Unwrap() []error }); ok {
		for _, e := range many.Unwrap() {
			o.addError(e)
		}
	}
}

// addValues records values as fmt prints them with several verbs and as slog writes them.
func (o *outputRecorder) addValues(values ...any) {
	var b bytes.Buffer
	logger := slog.New(slog.NewJSONHandler(&b, nil))
	for _, v := range values {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			fmt.Fprintf(&b, verb+"\n", v)
		}
		logger.Info("test", "value", v)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.texts = append(o.texts, b.String())
}

// addStep and addCheck record what a trace reports.
func (o *outputRecorder) addStep(s auth.Step)   { o.addText(fmt.Sprintf("%+v", s)) }
func (o *outputRecorder) addCheck(c auth.Check) { o.addText(fmt.Sprintf("%+v", c)) }

func (o *outputRecorder) addText(text string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.texts = append(o.texts, text)
}

// logger returns a logger that writes to the recorder.
func (o *outputRecorder) logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(o, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// Write records one log message.
func (o *outputRecorder) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.log.Write(p)
}
