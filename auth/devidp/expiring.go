package devidp

import "time"

// maxLapsing bounds each map of short-lived things: anybody can begin a sign-in.
const maxLapsing = 10_000

// lapsing is a map whose entries are gone after a time; of too many the ones that would be gone first.
// The zero value is empty. The state's lock guards it.
type lapsing[T any] struct {
	entries map[string]lapsingEntry[T]
}

type lapsingEntry[T any] struct {
	value T
	until time.Time
}

func (l *lapsing[T]) put(key string, value T, now, until time.Time) {
	if l.entries == nil {
		l.entries = map[string]lapsingEntry[T]{}
	}
	if len(l.entries) >= maxLapsing {
		l.sweep(now)
	}
	l.entries[key] = lapsingEntry[T]{value, until}
}

func (l *lapsing[T]) get(key string, now time.Time) (T, bool) {
	e, ok := l.entries[key]
	if !ok || !now.Before(e.until) {
		var none T
		return none, false
	}
	return e.value, true
}

func (l *lapsing[T]) take(key string, now time.Time) (T, bool) {
	v, ok := l.get(key, now)
	delete(l.entries, key)
	return v, ok
}

// sweep makes room: what is over goes, or else what would be over first.
func (l *lapsing[T]) sweep(now time.Time) {
	var first string
	for key, e := range l.entries {
		if !now.Before(e.until) {
			delete(l.entries, key)
		} else if f, ok := l.entries[first]; !ok || e.until.Before(f.until) {
			first = key
		}
	}
	if len(l.entries) >= maxLapsing {
		delete(l.entries, first)
	}
}
