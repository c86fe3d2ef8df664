package auth

import (
	"fmt"
	"log/slog"
)

// Secret is a string that does not show itself: printing, logging or marshalling one gives
// "[redacted]". Convert it to string to use it.
type Secret string

const redacted = "[redacted]"

// String returns "[redacted]".
func (Secret) String() string { return redacted }

// Format writes "[redacted]". With a verb that is not for strings, %d say, fmt would not ask String.
func (Secret) Format(f fmt.State, _ rune) { fmt.Fprint(f, redacted) }

// LogValue returns "[redacted]".
func (Secret) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText returns "[redacted]", for JSON and its like.
func (Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// Format keeps a Client, which holds the client secret and the provider's keys, out of what
// prints it with any verb. A verb can see into unexported fields where methods are not asked.
func (c *Client) Format(f fmt.State, _ rune) {
	fmt.Fprintf(f, "auth.Client(%s at %s)", c.cfg.ClientID, c.cfg.Issuer)
}

// Format keeps a Config, whose ClientKey may be a key that prints, out of what prints it with any verb.
func (cfg Config) Format(f fmt.State, _ rune) {
	fmt.Fprintf(f, "auth.Config(%s at %s)", cfg.ClientID, cfg.Issuer)
}

// Format does the same for a session record, with its tokens.
func (*record) Format(f fmt.State, _ rune) { fmt.Fprint(f, redacted) }
