package devidp

import (
	"maps"
	"time"
)

// lapsing is a map whose entries are gone after a time. The zero value is empty. The state's lock guards it.
type lapsing[T any] map[string]lapsingEntry[T]

type lapsingEntry[T any] struct {
	value T
	until time.Time
}

// put also deletes the entries that have expired.
func (l *lapsing[T]) put(key string, value T, now, until time.Time) {
	if *l == nil {
		*l = lapsing[T]{}
	}
	maps.DeleteFunc(*l, func(_ string, e lapsingEntry[T]) bool { return !now.Before(e.until) })
	(*l)[key] = lapsingEntry[T]{value, until}
}

func (l lapsing[T]) get(key string, now time.Time) (T, bool) {
	e, ok := l[key]
	if !ok || !now.Before(e.until) {
		var none T
		return none, false
	}
	return e.value, true
}

func (l lapsing[T]) take(key string, now time.Time) (T, bool) {
	v, ok := l.get(key, now)
	delete(l, key)
	return v, ok
}
