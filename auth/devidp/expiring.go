package devidp

import (
	"maps"
	"time"
)

// expiringMap is a map whose entries expire. The zero value is an empty map. It is not safe for concurrent use.
type expiringMap[T any] map[string]expiringEntry[T]

type expiringEntry[T any] struct {
	value   T
	expires time.Time
}

// put adds an entry and deletes the entries that have expired.
func (m *expiringMap[T]) put(key string, value T, now, until time.Time) {
	if *m == nil {
		*m = expiringMap[T]{}
	}
	maps.DeleteFunc(*m, func(_ string, e expiringEntry[T]) bool { return !now.Before(e.expires) })
	(*m)[key] = expiringEntry[T]{value, until}
}

// get returns an entry that has not expired.
func (m expiringMap[T]) get(key string, now time.Time) (T, bool) {
	e, ok := m[key]
	if !ok || !now.Before(e.expires) {
		var zero T
		return zero, false
	}
	return e.value, true
}

// take returns and deletes an entry that has not expired.
func (m expiringMap[T]) take(key string, now time.Time) (T, bool) {
	v, ok := m.get(key, now)
	delete(m, key)
	return v, ok
}
