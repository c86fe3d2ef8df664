package auth

import "time"

// Settings are the settings of a [Client] that are not secret, and what the provider offers. They are for pages and
// messages that explain an error.
type Settings struct {
	Issuer      string // as the discovery document spells it, once it has been fetched
	ClientID    string
	RedirectURL string
	Scopes      []string
	Prompt      string // of every sign-in; empty if none is sent
	ClockSkew   time.Duration

	// AuthMethod is the method of client authentication that is used, or "none". AuthMethods are the methods that the
	// provider lists. Both are empty before the first discovery.
	AuthMethod  string
	AuthMethods []string
}

// Settings returns the settings of the client. It does not touch the network.
func (c *Client) Settings() Settings {
	s := Settings{
		Issuer: c.Issuer(), ClientID: c.cfg.ClientID, RedirectURL: c.cfg.RedirectURL, Scopes: c.cfg.Scopes,
		Prompt: c.cfg.Prompt, ClockSkew: c.cfg.ClockSkew,
	}
	if m, loaded := c.discovery.last(); loaded {
		s.AuthMethod, s.AuthMethods = m.AuthMethod, m.AuthMethods
	}
	return s
}
