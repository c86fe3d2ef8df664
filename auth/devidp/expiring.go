package devidp

import (
	"maps"
	"time"
)

// lapsing is a map whose entries are gone after a time. The zero value is empty. The state's lock guards it.
type expiringMap[T any] map[string]expiringEntry[T]

type expiringEntry[T any] struct {
	value   T
	expires time.Time
}

// put also deletes the entries that have expired.
func (l *expiringMap[T]) put(key string, value T, now, until time.Time) {
	if *l == nil {
		*l = expiringMap[T]{}
	}
	maps.DeleteFunc(*l, func(_ string, e expiringEntry[T]) bool { return !now.Before(e.expires) })
	(*l)[key] = expiringEntry[T]{value, until}
}

func (l expiringMap[T]) get(key string, now time.Time) (T, bool) {
	e, ok := l[key]
	if !ok || !now.Before(e.expires) {
		var none T
		return none, false
	}
	return e.value, true
}

func (l expiringMap[T]) take(key string, now time.Time) (T, bool) {
	v, ok := l.get(key, now)
	delete(l, key)
	return v, ok
}
