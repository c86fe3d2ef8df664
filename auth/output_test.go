package auth_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/url"
	"strings"
	"sync"
	"testing"
)

// heard keeps what an app says in errors and logs. When the test ends it is searched for everything that is secret:
// codes, tokens, verifiers, states, nonces, cookies, the client's secret.
type outputRecorder struct {
	mu      sync.Mutex
	log     bytes.Buffer
	texts   []string
	secrets map[string]string
}

func newOutputRecorder(t *testing.T, p *provider) *outputRecorder {
	h := &outputRecorder{secrets: map[string]string{}}
	t.Cleanup(func() {
		secrets := p.Secrets()
		h.mu.Lock()
		defer h.mu.Unlock()
		maps.Copy(secrets, h.secrets)
		for _, text := range append(h.texts, h.log.String()) {
			if what, found := findSecret(text, secrets); found {
				t.Errorf("a secret shows, the %s: %.600s", what, text)
			}
		}
	})
	return h
}

// findSecret looks for secrets as they are, as they stand in a URL and in quotes, and for the parts of a JWT that are
// worth something.
func findSecret(text string, secrets map[string]string) (what string, found bool) {
	for value, what := range secrets {
		forms := []string{value, url.QueryEscape(value), strings.Trim(fmt.Sprintf("%q", value), `"`), hex.EncodeToString([]byte(value))}
		if parts := strings.Split(value, "."); len(parts) == 3 {
			forms = append(forms, parts[1], parts[2])
		}
		for _, form := range forms {
			if len(form) >= 8 && strings.Contains(text, form) {
				return what, true
			}
		}
	}
	return "", false
}

func (h *outputRecorder) addSecret(what, value string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.secrets[value] = what
}

// error keeps an error in all the ways it can be printed, with all that it wraps.
func (h *outputRecorder) addError(err error) {
	if err != nil {
		h.addValues(err)
	}
	if wrapped := errors.Unwrap(err); wrapped != nil {
		h.addError(wrapped)
	}
	if many, ok := err.(interface{ Unwrap() []error }); ok {
		for _, e := range many.Unwrap() {
			h.addError(e)
		}
	}
}

// prints keeps values as any verb, and slog, shows them.
func (h *outputRecorder) addValues(values ...any) {
	var b bytes.Buffer
	logger := slog.New(slog.NewJSONHandler(&b, nil))
	for _, v := range values {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			fmt.Fprintf(&b, verb+"\n", v)
		}
		logger.Info("here", "value", v)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.texts = append(h.texts, b.String())
}

// logger writes into h.
func (h *outputRecorder) logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(h, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

func (h *outputRecorder) Write(p []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.log.Write(p)
}
