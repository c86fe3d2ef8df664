package auth

import (
	"fmt"
	"log/slog"
)

// Secret is a string that is not printed: fmt, slog and encoding/json write "[redacted]" instead. Convert it to string
// to use it.
type Secret string

const redacted = "[redacted]"

// String returns "[redacted]".
func (Secret) String() string { return redacted }

// Format writes "[redacted]" for every verb. Without it, fmt would print the secret for verbs such as %d.
func (Secret) Format(f fmt.State, _ rune) { fmt.Fprint(f, redacted) }

// LogValue returns "[redacted]".
func (Secret) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText returns "[redacted]".
func (Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// Format writes the client ID and the issuer for every verb. Without it, fmt would print the secrets in unexported
// fields for %v.
func (c *Client) Format(f fmt.State, _ rune) {
	fmt.Fprintf(f, "auth.Client(%s at %s)", c.cfg.ClientID, c.cfg.Issuer)
}

// Format writes the client ID and the issuer for every verb. Without it, fmt would print the private ClientKey.
func (cfg Config) Format(f fmt.State, _ rune) {
	fmt.Fprintf(f, "auth.Config(%s at %s)", cfg.ClientID, cfg.Issuer)
}

// Format writes "[redacted]" for every verb, because a record contains tokens.
func (*record) Format(f fmt.State, _ rune) { fmt.Fprint(f, redacted) }
