package auth

import (
	"net/http"
	"slices"
	"time"
)

// accountCookieLifetime is how long a browser remembers that the next sign-in has to ask for the account.
const accountCookieLifetime = 24 * time.Hour

// askForAccount makes the next sign-in of this browser ask which account to use. It is for a sign-out that did not
// reach the provider, which would otherwise sign the same person in again without a question.
func (c *Client) askForAccount(w http.ResponseWriter) {
	http.SetCookie(w, c.newCookie(c.accountCookieName, "ask", c.attemptCookiePath, accountCookieLifetime))
}

// asksForAccount reports whether askForAccount was called for this browser.
func (c *Client) asksForAccount(r *http.Request) bool {
	_, err := r.Cookie(c.accountCookieName)
	return err == nil
}

// accountAsked ends the effect of askForAccount. It is called when the provider has answered a sign-in, also with an
// error, so that a provider that rejects the prompt does not lock anybody out.
func (c *Client) accountAsked(w http.ResponseWriter, r *http.Request) {
	if c.asksForAccount(r) {
		http.SetCookie(w, c.newCookie(c.accountCookieName, "", c.attemptCookiePath, 0))
	}
}

// accountPrompt returns the prompt that lets the person choose an account, or the closest one that the provider
// supports. A provider that publishes no list gets select_account, which providers without a logout endpoint know.
func (m *metadata) accountPrompt() string {
	for _, prompt := range []string{"select_account", "login"} {
		if len(m.Prompts) == 0 || slices.Contains(m.Prompts, prompt) {
			return prompt
		}
	}
	return ""
}
