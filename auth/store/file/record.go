package file

import (
	"bytes"
	"encoding/json"
	"time"

	"github.com/plusauth/plusauth-go-starter/auth"
)

// session is a record of the sessions bucket: this struct as one line of JSON, followed by the data as it is. The
// data stays outside the JSON because decoding it there made Find slower by 12 µs.
type session struct {
	Labels  [][]byte  `json:"labels"` // not strings, because a label may hold bytes that are not UTF-8
	Created time.Time `json:"created"`
	Expiry  time.Time `json:"expiry"`

	data []byte
}

// cutoff is a record of the cutoffs bucket. It ends the sessions with its label that were created before At, and
// is dropped at Until.
type cutoff struct {
	At    time.Time `json:"at"`
	Until time.Time `json:"until"`
}

// label is a record of the labels bucket, which has one for each label of each session; see [labelKey]. Expiry is that
// of the session.
type label struct {
	Expiry time.Time `json:"expiry"`
}

// value is a record of the values bucket. A zero Until means that it does not expire.
type value struct {
	Data  []byte    `json:"data"`
	Until time.Time `json:"until,omitzero"`
}

func (v value) expired(now time.Time) bool { return !v.Until.IsZero() && !v.Until.After(now) }

func newSession(e auth.Entry) session {
	s := session{Created: e.Created.UTC(), Expiry: e.Expiry.UTC(), data: e.Data}
	for _, label := range e.Labels {
		s.Labels = append(s.Labels, []byte(label))
	}
	return s
}

// entry returns the session as an [auth.Entry] that shares no memory with the transaction.
func (s session) entry() auth.Entry {
	e := auth.Entry{Data: bytes.Clone(s.data), Created: s.Created, Expiry: s.Expiry}
	for _, label := range s.Labels {
		e.Labels = append(e.Labels, string(label))
	}
	return e
}

func (s session) encode() ([]byte, error) {
	header, err := json.Marshal(s)
	if err != nil {
		return nil, err
	}
	record := make([]byte, 0, len(header)+1+len(s.data))
	record = append(append(record, header...), '\n')
	return append(record, s.data...), nil
}

// decodeSession reports false if there is no record or it cannot be read, for example because an older version
// wrote it. Such a session counts as absent: an error would lock its owner out until the cookie expires. The data
// is valid until the transaction ends.
func decodeSession(record []byte) (session, bool) {
	header, data, ok := bytes.Cut(record, []byte("\n"))
	if !ok {
		return session{}, false
	}
	s, ok := decode[session](header)
	s.data = data
	return s, ok
}

// decode reports false if there is no record or it cannot be read. The result shares no memory with the record.
func decode[T any](record []byte) (T, bool) {
	var v T
	if record == nil || json.Unmarshal(record, &v) != nil {
		return *new(T), false
	}
	return v, true
}
