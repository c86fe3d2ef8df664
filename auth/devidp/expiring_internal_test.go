package devidp

import (
	"testing"
	"time"
)

func TestExpiringMap(t *testing.T) {
	t.Parallel()
	var m expiringMap[int]
	now := time.Now()
	if _, ok := m.get("a", now); ok {
		t.Error("the zero value has an entry")
	}
	m.put("a", 1, now, now.Add(time.Minute))
	if v, ok := m.get("a", now.Add(time.Minute-1)); !ok || v != 1 {
		t.Error("the entry expired too early")
	}
	if _, ok := m.get("a", now.Add(time.Minute)); ok {
		t.Error("the entry did not expire")
	}
	if _, ok := m.take("a", now); !ok {
		t.Error("the entry was not taken")
	}
	if _, ok := m.take("a", now); ok {
		t.Error("the entry was taken twice")
	}
	m.put("a", 1, now, now.Add(time.Minute))
	m.put("b", 2, now, now.Add(time.Hour))
	m.put("c", 3, now.Add(time.Minute), now.Add(time.Hour))
	if _, ok := m["a"]; ok || len(m) != 2 {
		t.Errorf("got %d entries, want the 2 that have not expired", len(m))
	}
}
