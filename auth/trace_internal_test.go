package auth

import (
	"context"
	"testing"
	"time"
)

// TestNobodyListens checks that the checks of an ID token, which report to hooks, allocate nothing without hooks.
func TestNobodyListens(t *testing.T) {
	now := time.Now()
	id := &idToken{Subject: "alice", Nonce: "n", Expiry: unixTime{now.Add(time.Hour)}, IssuedAt: unixTime{now}}
	v := &tokenCheck{idToken: id, clientID: "starter", audience: []string{"starter"}, now: now}
	v.nonce = "n"
	ctx := context.Background()
	allocs := testing.AllocsPerRun(100, func() {
		if err := v.run(traceOf(ctx)); err != nil {
			t.Fatal(err)
		}
		reportCheck(ctx, nil, func() Check { return Check{Got: clip(id.Subject, 100)} })
	})
	if allocs != 0 {
		t.Errorf("the checks allocate %v times, want none", allocs)
	}
	checked := 0
	hooks := &Trace{Check: func(Check) { checked++ }}
	if err := v.run(hooks); err != nil || checked != 4 {
		t.Errorf("got %d checks and %v, want sub, exp, iat and nonce", checked, err)
	}
}

func TestShortened(t *testing.T) {
	t.Parallel()
	for secret, want := range map[string]string{
		"":                                  "nothing",
		"short":                             "… (5)",
		"0123456789abcde":                   "… (15)",
		"8KqV0123456789abcdefgh":            "8KqV… (22)",
		"\xff\xfe\x00\x01 0123456789abcdef": "?\x00\x01… (21)",
	} {
		if got := shortened(secret); got != want {
			t.Errorf("%q: got %q, want %q", secret, got, want)
		}
	}
}
