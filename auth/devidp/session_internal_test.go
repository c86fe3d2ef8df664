package devidp

import (
	"net/http/httptest"
	"testing"
	"time"
)

// If a session ends while its user signs in again, it must not be restored, because its clients were notified that its
// sid has ended.
func TestEndedSessionIsNotRestoredBySignIn(t *testing.T) {
	t.Parallel()
	var concurrent func()
	p, err := New(Config{Issuer: DefaultIssuer, SigningAlg: "EdDSA", Now: func() time.Time {
		if concurrent != nil {
			concurrent()
		}
		return time.Now()
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	answer := httptest.NewRecorder()
	first, err := p.startSession(answer, httptest.NewRequest("POST", "/signin", nil), "dev-ada")
	if err != nil {
		t.Fatal(err)
	}
	again := httptest.NewRequest("POST", "/signin", nil)
	again.AddCookie(answer.Result().Cookies()[0])
	concurrent = func() { // currentSession has found the session and checks its expiry
		concurrent = nil
		ended, err := p.endSessions(func(s session) bool { return s.SID == first.SID }, false)
		if err != nil || len(ended.sids) != 1 {
			t.Errorf("ended %v, %v", ended.sids, err)
		}
	}
	answer = httptest.NewRecorder()
	second, err := p.startSession(answer, again, "dev-ada")
	if err != nil || second.SID == first.SID {
		t.Errorf("got the old sid %s, error %v", second.SID, err)
	}
	again = httptest.NewRequest("GET", "/", nil)
	again.AddCookie(answer.Result().Cookies()[0])
	if s, ok := p.currentSession(again); !ok || s.SID != second.SID {
		t.Errorf("signed in %v with sid %s, want %s", ok, s.SID, second.SID)
	}
}
