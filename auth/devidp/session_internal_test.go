package devidp

import (
	"net/http/httptest"
	"testing"
	"time"
)

// A session that ends while its person signs in again stays ended: applications were told that its sid is over for good.
func TestAnEndedSessionDoesNotComeBack(t *testing.T) {
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
	concurrent = func() { // current has found the session and looks at its end
		concurrent = nil
		if ended, err := p.endSessions(func(s session) bool { return s.SID == first.SID }, false); err != nil || len(ended.sids) != 1 {
			t.Errorf("ended %v, %v", ended.sids, err)
		}
	}
	answer = httptest.NewRecorder()
	second, err := p.startSession(answer, again, "dev-ada")
	if err != nil || second.SID == first.SID {
		t.Errorf("sid %s again, %v", second.SID, err)
	}
	again = httptest.NewRequest("GET", "/", nil)
	again.AddCookie(answer.Result().Cookies()[0])
	if s, ok := p.currentSession(again); !ok || s.SID != second.SID {
		t.Errorf("signed in %v with sid %s, want %s", ok, s.SID, second.SID)
	}
}
