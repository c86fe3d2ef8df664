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

// The parsers of what comes from outside: none of them panics, and what they accept is whole.

func sampleRecord() *record {
	at := time.Date(2026, 1, 2, 3, 4, 5, 6000, time.UTC)
	return &record{
		name: "alice", fullName: "Alice Ådams", email: "alice@example.com", verified: true, subject: "alice-0001", began: at, expires: at.Add(24 * time.Hour), refreshed: at.Add(time.Hour),
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
			t.Errorf("%s: %v", name, err)
		}
		c, others := new(Client), &Client{cfg: Config{Issuer: "https://op.example"}}
		sealed := want.seal(c.recordSealer("token"))
		opened, err := openRecord(c.recordSealer("token"), sealed)
		if err != nil || !reflect.DeepEqual(opened, want) {
			t.Errorf("%s sealed: %v", name, err)
		}
		if _, err := openRecord(c.recordSealer("another token"), sealed); err == nil {
			t.Errorf("%s opens with another token", name)
		}
		if _, err := openRecord(others.recordSealer("token"), sealed); err == nil {
			t.Errorf("%s opens at another issuer's client", name)
		}
	}
}

// Every way to cut or to extend a record is seen.
func TestRecordDamaged(t *testing.T) {
	t.Parallel()
	whole := sampleRecord().encode()
	for n := range whole {
		if new(record).decode(whole[:n]) == nil {
			t.Errorf("the first %d of %d bytes are taken for a record", n, len(whole))
		}
	}
	for name, b := range map[string][]byte{
		"a byte more":         append(bytes.Clone(whole), 0),
		"another version":     append([]byte{recordVersion + 1}, whole[1:]...),
		"a flag of no use":    append([]byte{recordVersion, 2}, whole[2:]...),
		"a length beyond all": append(bytes.Clone(whole[:recordHeader]), 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f),
		"a length without an end": append(bytes.Clone(whole[:recordHeader]),
			0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff),
	} {
		if new(record).decode(b) == nil {
			t.Errorf("%s is taken for a record", name)
		}
	}
}

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
			t.Errorf("%x decodes, but not twice: %v", b, err)
		}
	})
}

func FuzzSealed(f *testing.F) {
	c := new(Client)
	f.Add("token", sampleRecord().seal(c.recordSealer("token")))
	f.Add("", []byte("garbage"))
	f.Fuzz(func(t *testing.T, token string, sealed []byte) {
		if _, err := openRecord(c.recordSealer(token+"!"), sealed); err == nil {
			t.Error("a record opens that nobody sealed")
		}
		if _, values, err := (codec{}).Decode(sealed); err != nil || values == nil {
			t.Errorf("the codec fails: %v", err)
		}
	})
}

// fuzzClient can open attempts, and nothing else.
func fuzzClient() (*Client, sealer) {
	c := &Client{cfg: Config{Now: func() time.Time { return time.Unix(1_800_000_000, 0) }}}
	return c, newSealer(deriveKey([]byte("key"), nil, "test"))
}

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
			t.Errorf("%q opens under the name %q", value, name)
		}
		// What is sealed by us and is none, of another version say.
		value = base64.RawURLEncoding.EncodeToString(seal.seal(plain, name))
		got, err := c.openAttempt(seal, &http.Cookie{Name: name, Value: value})
		if err != nil {
			return
		}
		if SafeReturnTo(got.ReturnTo) != got.ReturnTo || len(got.Seed) != seedSize || len(got.nonce()) != 43 || len(got.verifier()) != 43 {
			t.Errorf("attempt %+v", got)
		}
		plain, err = got.encode()
		if err != nil {
			t.Fatal(err)
		}
		again, err := decodeAttempt(plain)
		if err != nil || !reflect.DeepEqual(again, got) {
			t.Errorf("%+v, then %+v, %v", got, again, err)
		}
	})
}

func FuzzParseKeys(f *testing.F) {
	for _, key := range []string{
		`{"kty":"RSA","n":"AQAB","e":"AQAB","kid":"1"}`, `{"kty":"EC","crv":"P-256","x":"AA","y":"AA"}`, `{"kty":"EC","crv":"secp256k1","x":"AA","y":"AA"}`,
		`{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}`, `{"kty":"oct","k":"c2VjcmV0"}`, `{"use":"enc"}`, `null`, `7`, `[]`,
		`{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"}`,
		`{"kty":"RSA","x5c":["AAAA"],"x5t":"AA","x5u":"http://x"}`,
	} {
		f.Add(key)
	}
	f.Fuzz(func(t *testing.T, key string) {
		keys, _ := parseKeys([]json.RawMessage{json.RawMessage(key), json.RawMessage(`{}`)})
		for _, k := range keys {
			if !k.IsPublic() || !k.Valid() || k.Use == "enc" {
				t.Errorf("%s is used", key)
			}
			if _, secret := k.Key.([]byte); secret {
				t.Errorf("%s, a shared secret, is used", key)
			}
		}
	})
}

func TestUnixTime(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"0": "1970-01-01T00:00:00Z", "1767225600": "2026-01-01T00:00:00Z", "1767225600.5": "2026-01-01T00:00:00.5Z", "1.7672256e9": "2026-01-01T00:00:00Z",
		"1e10": "2286-11-20T17:46:40Z", "null": "0001-01-01T00:00:00Z",
		"-1": "", "1e12": "", "1767225600000": "", `"1767225600"`: "", "true": "", "{}": "", "[]": "", "1e400": "", `"NaN"`: "", `""`: "",
	} {
		var got unixTime
		switch err := json.Unmarshal([]byte(in), &got); {
		case want == "" && err == nil:
			t.Errorf("%s is taken for %v", in, got)
		case want != "" && (err != nil || got.Format(time.RFC3339Nano) != want):
			t.Errorf("%s is %v, %v; want %s", in, got, err, want)
		}
	}
}

func FuzzUnixTime(f *testing.F) {
	for _, s := range []string{"0", "-0", "1e9", "1.5", "1e400", "-1", "null", `"1"`, "NaN", "Inf", "0x1p4", "1_000", "137438953472", "137438953473"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var got unixTime
		if got.UnmarshalJSON([]byte(s)) != nil || s == "null" {
			return
		}
		if got.Unix() < 0 || got.Year() > 6500 {
			t.Errorf("%s is %v", s, got)
		}
	})
}

func FuzzClaims(f *testing.F) {
	f.Add(`{"sub":"a","name":"b","email":"c","email_verified":"true","sid":"s"}`, `{"sub":"a","nonce":"evil","name":null}`)
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
				t.Errorf("sub is %q, want %q", id.Subject, sub)
			}
		}
		rec := new(record)
		if err := rec.setClaims(id.claims, info, time.Now()); err != nil {
			t.Errorf("the user object of %s and %s: %v", token, userinfo, err)
		}
		var object claims
		if err := json.Unmarshal([]byte(rec.claims), &object); err != nil {
			t.Errorf("user object %s: %v", rec.claims, err)
		}
		for _, name := range hiddenClaims {
			if _, there := object[name]; there {
				t.Errorf("%s is in the user object", name)
			}
		}
		for name := range tokenClaims {
			if _, there := id.claims[name]; !there && object[name] != nil {
				t.Errorf("userinfo's %s is in the user object", name)
			}
		}
		if len(rec.name) > 256+len("…") {
			t.Errorf("a name of %d bytes", len(rec.name))
		}
	})
}
