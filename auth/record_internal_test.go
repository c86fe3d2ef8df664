package auth

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
)

// BenchmarkOpenRecord compares the binary layout of a record with JSON. The record has an ID token and an access token
// of 1 kB each and claims of 700 bytes.
func BenchmarkOpenRecord(b *testing.B) {
	person := map[string]string{}
	for i := range 17 {
		person[fmt.Sprintf("claim_%02d", i)] = strings.Repeat("v", 28)
	}
	claims, err := json.Marshal(person)
	if err != nil {
		b.Fatal(err)
	}
	r := sampleRecord()
	r.claims, r.id, r.access = string(claims), strings.Repeat("abcd", 256), strings.Repeat("abcd", 256)
	seal := new(Client).recordSealer("token")

	b.Run("layout", func(b *testing.B) {
		sealed := r.seal(seal)
		b.ReportAllocs()
		for b.Loop() {
			if _, err := openRecord(seal, sealed); err != nil {
				b.Fatal(err)
			}
		}
	})

	type jsonRecord struct {
		Name, FullName, Email, Subject, SID, Nonce, ID, Access, Refresh string
		Verified                                                        bool
		Began, Expires, Refreshed, AuthTime, AccessExpires              time.Time
		Claims                                                          json.RawMessage
	}
	b.Run("JSON", func(b *testing.B) {
		plain, err := json.Marshal(jsonRecord{
			Name: r.name, FullName: r.fullName, Email: r.email, Subject: r.subject, SID: r.sid, Nonce: r.nonce,
			ID: r.id, Access: r.access, Refresh: r.refresh, Verified: r.verified,
			Began: r.began, Expires: r.expires, Refreshed: r.refreshed, AuthTime: r.authTime,
			AccessExpires: r.accessExpires, Claims: claims,
		})
		if err != nil {
			b.Fatal(err)
		}
		sealed := seal.seal(plain, "")
		b.ReportAllocs()
		for b.Loop() {
			opened, err := seal.open(sealed, "")
			if err != nil {
				b.Fatal(err)
			}
			if err := json.Unmarshal(opened, new(jsonRecord)); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func TestVerifiedJWTAcceptsOnlyItsToken(t *testing.T) {
	t.Parallel()
	keys := verifiedJWT{raw: "a.b.c", payload: []byte("{}")}
	if payload, err := keys.VerifySignature(t.Context(), "a.b.c"); err != nil || string(payload) != "{}" {
		t.Errorf("got %q, %v; want {}", payload, err)
	}
	if payload, err := keys.VerifySignature(t.Context(), "a.b.d"); err == nil || payload != nil {
		t.Errorf("another JWT: got %q, %v; want an error", payload, err)
	}
}
