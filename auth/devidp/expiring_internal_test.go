package devidp

import (
	"strconv"
	"testing"
	"time"
)

func TestLapsing(t *testing.T) {
	t.Parallel()
	var l lapsing[int]
	now := time.Now()
	if _, ok := l.get("a", now); ok {
		t.Error("an empty one has something")
	}
	l.put("a", 1, now, now.Add(time.Minute))
	if v, ok := l.get("a", now.Add(time.Minute-1)); !ok || v != 1 {
		t.Error("gone too early")
	}
	if _, ok := l.get("a", now.Add(time.Minute)); ok {
		t.Error("still there")
	}
	if _, ok := l.take("a", now); !ok {
		t.Error("not taken")
	}
	if _, ok := l.take("a", now); ok {
		t.Error("taken twice")
	}
	for i := range 2 * maxLapsing {
		l.put(strconv.Itoa(i), i, now, now.Add(time.Hour+time.Duration(i)))
		if i == maxLapsing-1 { // those so far are over: none of the others has to go
			now = now.Add(2 * time.Hour)
		}
	}
	if n := len(l.entries); n > maxLapsing {
		t.Errorf("%d entries", n)
	}
	if _, ok := l.get(strconv.Itoa(maxLapsing), now); !ok {
		t.Error("one that was not over is gone")
	}
	l.put("last", 0, now, now.Add(24*time.Hour))
	if _, ok := l.get(strconv.Itoa(maxLapsing), now); ok {
		t.Error("of too many the first to be over is still there")
	}
}
