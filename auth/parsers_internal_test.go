package auth

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"
)

// sampleRecord returns a record in which every field is set.
func sampleRecord() *record {
	at := time.Date(2026, 1, 2, 3, 4, 5, 6000, time.UTC)
	return &record{
		name: "alice", fullName: "Alice Ådams", email: "alice@example.com", verified: true, subject: "alice-0001",
		began: at, expires: at.Add(24 * time.Hour), refreshed: at.Add(time.Hour),
		authTime: at.Add(-time.Minute), sid: "sid-1", nonce: "nonce-1", claims: `{"sub":"alice-0001"}`,
		tokens: tokens{id: "a.b.c", access: "access", accessExpires: at.Add(time.Hour), refresh: "refresh"},
	}
}

func TestRecordRoundTrip(t *testing.T) {
	t.Parallel()
	long := sampleRecord()
	long.claims = strings.Repeat("x", 200_000)
	for name, want := range map[string]*record{"full": sampleRecord(), "empty": {}, "long": long} {
		got := new(record)
		if err := got.decode(want.encode()); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %+v, %v, want the record that was encoded", name, got, err)
		}
		c, other := new(Client), &Client{cfg: Config{Issuer: "https://op.example"}}
		sealed := want.seal(c.recordSealer("token"))
		opened, err := openRecord(c.recordSealer("token"), sealed)
		if err != nil || !reflect.DeepEqual(opened, want) {
			t.Errorf("%s: got %+v, %v, want the record that was sealed", name, opened, err)
		}
		if _, err := openRecord(c.recordSealer("another token"), sealed); err == nil {
			t.Errorf("%s: openRecord with another token: got no error", name)
		}
		if _, err := openRecord(other.recordSealer("token"), sealed); err == nil {
			t.Errorf("%s: openRecord of a client with another issuer: got no error", name)
		}
	}
}

// A record that was cut off, extended or damaged otherwise is rejected.
func TestDamagedRecordIsRejected(t *testing.T) {
	t.Parallel()
	whole := sampleRecord().encode()
	for n := range whole {
		if new(record).decode(whole[:n]) == nil {
			t.Errorf("the first %d of %d bytes: got no error", n, len(whole))
		}
	}
	for name, b := range map[string][]byte{
		"an additional byte": append(bytes.Clone(whole), 0),
		"another version":    append([]byte{recordVersion + 1}, whole[1:]...),
		"an unknown flag":    append([]byte{recordVersion, 2}, whole[2:]...),
		"a length larger than the record": append(bytes.Clone(whole[:recordHeader]),
			0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f),
		"a length with too many bytes": append(bytes.Clone(whole[:recordHeader]),
			0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff),
	} {
		if new(record).decode(b) == nil {
			t.Errorf("record with %s: got no error", name)
		}
	}
}

// FuzzRecord checks that decode does not panic, and that a decoded record stays the same when it is encoded again.
func FuzzRecord(f *testing.F) {
	f.Add(sampleRecord().encode())
	f.Add(new(record).encode())
	f.Add([]byte{})
	f.Add(append(make([]byte, recordHeader), 0xff))
	f.Fuzz(func(t *testing.T, b []byte) {
		r := new(record)
		if r.decode(b) != nil {
			return
		}
		again := new(record)
		if err := again.decode(r.encode()); err != nil || !reflect.DeepEqual(again, r) {
			t.Errorf("%x: got %+v, %v after encoding again, want %+v", b, again, err, r)
		}
	})
}

// FuzzSealed checks that a record cannot be opened with another token, and that the codec for scs accepts any bytes.
func FuzzSealed(f *testing.F) {
	c := new(Client)
	f.Add("token", sampleRecord().seal(c.recordSealer("token")))
	f.Add("", []byte("garbage"))
	f.Fuzz(func(t *testing.T, token string, sealed []byte) {
		if _, err := openRecord(c.recordSealer(token+"!"), sealed); err == nil {
			t.Errorf("openRecord of %x with the token %q: got no error", sealed, token+"!")
		}
		if _, values, err := (codec{}).Decode(sealed); err != nil || values == nil {
			t.Errorf("codec.Decode: got %v, %v", values, err)
		}
	})
}

// fuzzClient returns a client that can only open attempt cookies, and a sealer for them.
func fuzzClient() (*Client, sealer) {
	c := &Client{cfg: Config{Now: func() time.Time { return time.Unix(1_800_000_000, 0) }}}
	return c, newSealer(deriveKey([]byte("key"), nil, "test"))
}

// FuzzAttemptCookie checks that openAttempt accepts only cookies that were sealed for their name, and that an attempt
// that it accepts has valid fields.
func FuzzAttemptCookie(f *testing.F) {
	c, seal := fuzzClient()
	plain, err := (&attempt{Began: c.now().UnixMicro(), Seed: make([]byte, seedSize), ReturnTo: "/profile"}).encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add("login-s", base64.RawURLEncoding.EncodeToString(seal.seal(plain, "login-other")), plain)
	f.Add("login-s", "", []byte{})
	f.Add("login-s", "%%%", []byte("{}"))
	f.Add("", "AAAA", bytes.Replace(plain, []byte("/profile"), []byte("//evil.example"), 1))
	f.Fuzz(func(t *testing.T, name, value string, plain []byte) {
		if _, err := c.openAttempt(seal, &http.Cookie{Name: name, Value: value}); err == nil {
			t.Errorf("openAttempt of the cookie %s=%s: got no error", name, value)
		}
		// The cookie is sealed correctly, but its content may be of another version.
		value = base64.RawURLEncoding.EncodeToString(seal.seal(plain, name))
		got, err := c.openAttempt(seal, &http.Cookie{Name: name, Value: value})
		if err != nil {
			return
		}
		if SafeReturnTo(got.ReturnTo) != got.ReturnTo || len(got.Seed) != seedSize ||
			len(got.nonce()) != 43 || len(got.verifier()) != 43 {
			t.Errorf("openAttempt of %q: got %+v, which is not valid", plain, got)
		}
		plain, err = got.encode()
		if err != nil {
			t.Fatal(err)
		}
		again, err := decodeAttempt(plain)
		if err != nil || !reflect.DeepEqual(again, got) {
			t.Errorf("decodeAttempt: got %+v, %v, want %+v", again, err, got)
		}
	})
}

// FuzzParseKeys checks that parseKeys returns only valid public keys for signatures.
func FuzzParseKeys(f *testing.F) {
	for _, key := range []string{
		`{"kty":"RSA","n":"AQAB","e":"AQAB","kid":"1"}`, `{"kty":"EC","crv":"P-256","x":"AA","y":"AA"}`,
		`{"kty":"EC","crv":"secp256k1","x":"AA","y":"AA"}`, `{"kty":"oct","k":"c2VjcmV0"}`, `{"use":"enc"}`,
		`{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}`, `null`, `7`, `[]`,
		`{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",` +
			`"d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"}`,
		`{"kty":"RSA","x5c":["AAAA"],"x5t":"AA","x5u":"http://x"}`,
	} {
		f.Add(key)
	}
	f.Fuzz(func(t *testing.T, key string) {
		keys, _ := parseKeys([]json.RawMessage{json.RawMessage(key), json.RawMessage(`{}`)})
		for _, k := range keys {
			if !k.IsPublic() || !k.Valid() || k.Use == "enc" {
				t.Errorf("parseKeys returned %s, which is not a valid public key for signatures", key)
			}
			if _, symmetric := k.Key.([]byte); symmetric {
				t.Errorf("parseKeys returned %s, which is a symmetric key", key)
			}
		}
	})
}

func TestUnixTime(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"0":            "1970-01-01T00:00:00Z",
		"1767225600":   "2026-01-01T00:00:00Z",
		"1767225600.5": "2026-01-01T00:00:00.5Z",
		"1.7672256e9":  "2026-01-01T00:00:00Z",
		"1e10":         "2286-11-20T17:46:40Z",
		"null":         "0001-01-01T00:00:00Z",

		// These are rejected.
		"-1": "", "1e12": "", "1767225600000": "", `"1767225600"`: "", "true": "", "{}": "", "[]": "", "1e400": "",
		`"NaN"`: "", `""`: "",
	} {
		var got unixTime
		switch err := json.Unmarshal([]byte(in), &got); {
		case want == "" && err == nil:
			t.Errorf("%s: got %v, want an error", in, got)
		case want != "" && (err != nil || got.Format(time.RFC3339Nano) != want):
			t.Errorf("%s: got %v, %v, want %s", in, got, err, want)
		}
	}
}

// FuzzUnixTime checks that only times between 1970 and 6500 are accepted.
func FuzzUnixTime(f *testing.F) {
	for _, s := range []string{
		"0", "-0", "1e9", "1.5", "1e400", "-1", "null", `"1"`, "NaN", "Inf", "0x1p4", "1_000", "137438953472",
		"137438953473",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var got unixTime
		if got.UnmarshalJSON([]byte(s)) != nil || s == "null" {
			return
		}
		if got.Unix() < 0 || got.Year() > 6500 {
			t.Errorf("%s: got %v, want an error", s, got)
		}
	})
}

// FuzzClaims checks the user object that is made from an ID token and a userinfo response.
func FuzzClaims(f *testing.F) {
	f.Add(`{"sub":"a","name":"b","email":"c","email_verified":"true","sid":"s"}`,
		`{"sub":"a","nonce":"evil","name":null}`)
	f.Add(`{"sub":"a","SUB":"b","events":{},"exp":1e9}`, `{"username":"\ud800","sub":"evil"}`)
	f.Add(`{}`, `null`)
	f.Add(`{"sub":7,"at_hash":"x","AUD":1}`, `[]`)
	f.Fuzz(func(t *testing.T, token, userinfo string) {
		id := new(idToken)
		var info claims
		if json.Unmarshal([]byte(token), &id.claims) != nil || json.Unmarshal([]byte(userinfo), &info) != nil {
			return
		}
		if id.parseClaims() == nil && id.Subject != "" {
			var sub string
			if json.Unmarshal(id.claims["sub"], &sub); sub != id.Subject {
				t.Errorf("sub: got %q, want %q", id.Subject, sub)
			}
		}
		rec := new(record)
		if err := rec.setClaims(id.claims, info, time.Now()); err != nil {
			t.Errorf("setClaims(%s, %s): %v", token, userinfo, err)
		}
		var object claims
		if err := json.Unmarshal([]byte(rec.claims), &object); err != nil {
			t.Errorf("unmarshal the user object %s: %v", rec.claims, err)
		}
		for _, name := range hiddenClaims {
			if _, found := object[name]; found {
				t.Errorf("the user object contains %s", name)
			}
		}
		for name := range tokenClaims {
			if _, found := id.claims[name]; !found && object[name] != nil {
				t.Errorf("the user object contains %s of the userinfo response", name)
			}
		}
		if len(rec.name) > 256+len("…") {
			t.Errorf("got a name of %d bytes, want at most %d", len(rec.name), 256+len("…"))
		}
	})
}
