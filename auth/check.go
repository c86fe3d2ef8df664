package auth

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Severity says how bad a [Finding] is.
type Severity string

// The severities.
const (
	OK      Severity = "ok"      // as it should be
	Warning Severity = "warning" // people can sign in, but something is missing or could not be checked
	Problem Severity = "problem" // people cannot sign in
)

// Finding is the result of one check of [Client.Check].
type Finding struct {
	Name     string   `json:"name"` // for example "client authentication"
	Severity Severity `json:"severity"`
	Text     string   `json:"text"`            // what was found, in one sentence; may quote the provider, so escape it
	Cure     string   `json:"cure,omitempty"`  // what to do about it; empty if it is OK
	Field    string   `json:"field,omitempty"` // field of Config that is the likely cause; may be empty
	Err      error    `json:"-"`               // why the provider or the store does not answer; nil otherwise
}

// Check compares the configuration with the provider and the store as they are now, and returns what it found, in the
// order in which a sign-in needs it. It fetches the provider's documents again, and it sends one authorization request
// without a person (prompt=none), one token request with a code that does not exist, and one value to the store. It
// signs nobody in. It takes a few times [Config.ProviderTimeout] at most.
func (c *Client) Check(ctx context.Context) []Finding {
	r := &checkup{client: c}
	if r.discover(ctx) {
		r.checkKeys(ctx)
		r.checkAlgorithm()
		r.checkFeatures()
		r.checkRedirectURI(ctx)
		r.checkCredentials(ctx)
		r.checkLogout()
	}
	r.checkCookies()
	r.checkStore(ctx)
	return r.findings
}

// checkup is one run of Check.
type checkup struct {
	client   *Client
	doc      claims // the discovery document
	m        *metadata
	findings []Finding
}

func (r *checkup) add(severity Severity, name, field, text, cure string) {
	r.findings = append(r.findings, Finding{Name: name, Severity: severity, Text: text, Cure: cure, Field: field})
}

func (r *checkup) ok(name, text string) { r.add(OK, name, "", text, "") }

// addError adds the finding for an error of a request to the provider.
func (r *checkup) addError(name, text string, err error) {
	f := Finding{
		Name: name, Severity: Problem, Text: text + ": " + clipError(err).Error(), Field: "Issuer", Err: err,
		Cure: "Check the address, DNS, the firewall and the proxy of this machine.",
	}
	if wrong, ok := errors.AsType[*MisconfiguredError](err); ok {
		f.Text, f.Cure, f.Err = sentence(clip(wrong.Problem, 400)), "Correct it, here or at the provider.", nil
		if len(wrong.Fields) > 0 {
			f.Field = wrong.Fields[0]
		}
	}
	r.findings = append(r.findings, f)
}

// sentence returns a text with a capital and a full stop.
func sentence(text string) string {
	return strings.ToUpper(text[:min(1, len(text))]) + text[min(1, len(text)):] + "."
}

// discover reads the discovery document and compares the clocks. It reports whether the rest can be checked.
func (r *checkup) discover(ctx context.Context) bool {
	c := r.client
	address := strings.TrimSuffix(c.cfg.Issuer, "/") + wellKnown
	body, date, err := c.get(ctx, address, "the discovery document")
	if err != nil {
		r.addError("discovery", "The discovery document cannot be read", err)
		return false
	}
	if r.m, err = c.readMetadata(body); err != nil {
		r.addError("discovery", "The discovery document cannot be used", err)
		return false
	}
	r.doc = claims{}
	if json.Unmarshal(body, &r.doc) != nil { // readMetadata has read it
		return false
	}
	r.ok("discovery", "The provider answers at "+address+".")
	if r.m.Issuer == c.cfg.Issuer {
		r.ok("issuer", "The issuer is "+r.m.Issuer+".")
	} else {
		r.ok("issuer",
			"The issuer is "+r.m.Issuer+"; the configured one differs in its slash, which does not matter.")
	}
	r.checkClock(date)
	return true
}

func (r *checkup) checkClock(date time.Time) {
	skew := r.client.cfg.ClockSkew
	if date.IsZero() {
		r.add(Warning, "clock", "",
			"The provider's responses have no Date header, so the clocks cannot be compared.",
			"Make sure that this machine keeps its time, for example with NTP.")
		return
	}
	apart := r.client.now().Sub(date).Round(time.Second)
	switch {
	case apart.Abs() <= time.Second: // the header has whole seconds
		r.ok("clock", "The clocks agree.")
	case apart.Abs() <= skew:
		r.ok("clock", fmt.Sprintf("The clocks are %v apart, and %v are allowed.", apart.Abs(), skew))
	default:
		direction := "ahead of"
		if apart < 0 {
			direction = "behind"
		}
		r.add(Problem, "clock", "ClockSkew",
			fmt.Sprintf("The clock of this machine is %v %s the provider's, and %v are allowed.",
				apart.Abs(), direction, skew), "Set the clock of this machine, for example with NTP. Check with timedatectl.")
	}
}

// checkKeys fetches the provider's keys.
func (r *checkup) checkKeys(ctx context.Context) {
	c := r.client
	body, _, err := c.get(ctx, r.m.JWKSURI, "the key set")
	if err != nil {
		r.addError("keys", "The provider's keys cannot be read", err)
		return
	}
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if json.Unmarshal(body, &set) != nil {
		r.add(Problem, "keys", "Issuer",
			"The key set at "+r.m.JWKSURI+" is not a JSON Web Key Set.", "Correct the provider.")
		return
	}
	keys, unusable := parseKeys(set.Keys)
	usable := 0
	for _, key := range keys {
		if fitsAlgorithm(key.Algorithm, key.Key, r.m.SigningAlg) {
			usable++
		}
	}
	if usable == 0 {
		r.add(Problem, "keys", "SigningAlg",
			fmt.Sprintf("None of the provider's keys (%d) can verify %s.", len(set.Keys), r.m.SigningAlg),
			"Choose the algorithm that the provider uses for this client.")
		return
	}
	r.ok("keys",
		fmt.Sprintf("The provider has keys that can verify %s (%d of %d).", r.m.SigningAlg, usable, len(set.Keys)))
	for _, key := range unusable {
		if key.reason != errEncryptionKey.Error() {
			r.add(Warning, "keys", "", fmt.Sprintf("The key %q is left out: %s.", key.id, key.reason),
				"Nothing, unless the provider signs with it.")
		}
	}
}

func (r *checkup) checkAlgorithm() {
	c := r.client
	listed := r.doc.list("id_token_signing_alg_values_supported")
	switch {
	case len(listed) == 0:
		r.ok("signing algorithm",
			"ID tokens must be signed with "+r.m.SigningAlg+"; the provider lists nothing.")
	case slices.Contains(listed, r.m.SigningAlg):
		r.ok("signing algorithm", "ID tokens must be signed with "+r.m.SigningAlg+".")
	default:
		r.add(Problem, "signing algorithm", "SigningAlg",
			fmt.Sprintf("%s is configured, and the provider lists %s only.",
				c.cfg.SigningAlg, inWords(listed)), "Configure the algorithm that the provider uses for this client, or none.")
	}
}

// checkCookies compares the cookies with the scheme of the redirect URI.
func (r *checkup) checkCookies() {
	cfg := r.client.cfg
	u, err := url.Parse(cfg.RedirectURL)
	switch {
	case err != nil:
	case cfg.secure():
		r.ok("cookies", "Cookies are Secure: browsers must reach the app by https at "+u.Host+".")
	case IsLoopback(u.Hostname()):
		r.ok("cookies",
			"Cookies are set for http at "+u.Host+"; a page at another name for this machine does not get them.")
	default:
		r.add(Warning, "cookies", "RedirectURL",
			"The app is reached by http, so cookies and codes travel unencrypted.",
			"Serve it by https, and say so in its public address.")
	}
}

// checkStore writes a value, reads it back and deletes it.
func (r *checkup) checkStore(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	store, key, value := r.client.cfg.Store, "check:"+randomText(16), randomBytes(16)
	_, _, err := store.LoadOrStore(ctx, key, value, time.Now().Add(time.Minute))
	if err == nil {
		var got []byte
		var loaded bool
		got, loaded, err = store.LoadOrStore(ctx, key, randomBytes(16), time.Now().Add(time.Minute))
		if err == nil && (!loaded || subtle.ConstantTimeCompare(got, value) != 1) {
			err = errors.New("a value was lost as soon as it was written")
		}
	}
	if err == nil {
		err = store.CompareAndDelete(ctx, key, value)
	}
	if err != nil {
		r.findings = append(r.findings, Finding{
			Name: "session store", Severity: Problem, Field: "Store", Err: err,
			Text: "The session store cannot be written: " + clipError(err).Error() + ".",
			Cure: "Start the store, or correct its address and its permissions.",
		})
		return
	}
	r.ok("session store", "The session store can be written and read.")
}
