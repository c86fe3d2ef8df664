package handlers

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// errLoop means that sign-ins succeed, but the browser comes back to sign in again each time.
var errLoop = errors.New("a loop of sign-ins: each one succeeded and none of them lasted")

// A browser that begins another sign-in after maxSignIns successful ones within loopWindow, without a sign-out between
// them, is in a loop. A cookie counts them. A browser that keeps no cookie at all never gets past the callback.
const (
	loopCookie = "loop"
	loopWindow = time.Minute
	maxSignIns = 3
)

// countSignIn counts a sign-in that has succeeded.
func (a *app) countSignIn(w http.ResponseWriter, r *http.Request) {
	n, began := a.recentSignIns(r)
	if n == 0 {
		began = time.Now()
	}
	lasts := time.Until(began.Add(loopWindow)).Truncate(time.Second) + time.Second
	http.SetCookie(w, a.newCookie(loopCookie, fmt.Sprintf("%d.%d", min(n+1, maxSignIns), began.Unix()), "/", lasts))
}

// recentSignIns returns the number of sign-ins of this browser within loopWindow, and the time of the first.
func (a *app) recentSignIns(r *http.Request) (n int, began time.Time) {
	cookie, err := r.Cookie(a.cookieName(loopCookie))
	if err != nil {
		return 0, time.Time{}
	}
	count, first, _ := strings.Cut(cookie.Value, ".")
	n, countErr := strconv.Atoi(count)
	seconds, firstErr := strconv.ParseInt(first, 10, 64)
	began = time.Unix(seconds, 0)
	age := time.Since(began)
	if countErr != nil || firstErr != nil || n < 0 || n > maxSignIns || age < 0 || age > loopWindow {
		return 0, time.Time{}
	}
	return n, began
}

// checkLoop returns errLoop if this browser is in a loop. The count begins again then, so that the person can try
// again.
func (a *app) checkLoop(w http.ResponseWriter, r *http.Request) error {
	if n, _ := a.recentSignIns(r); n < maxSignIns {
		return nil
	}
	a.forgetSignIns(w, r)
	return errLoop
}

// forgetSignIns begins the count again.
func (a *app) forgetSignIns(w http.ResponseWriter, r *http.Request) {
	if _, err := r.Cookie(a.cookieName(loopCookie)); err == nil {
		http.SetCookie(w, a.newCookie(loopCookie, "", "/", 0))
	}
}
