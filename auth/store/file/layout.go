package store

import (
	"encoding/binary"
	"errors"
	"math"
	"time"

	"github.com/plusauth/plusauth-go-starter/auth"
)

// A session in the file store is, in this order:
//
//	1 byte   version of this layout
//	8 bytes  began, microseconds since 1970
//	8 bytes  expiry, the same
//	2 bytes  length of the labels
//	         the labels, each behind 2 bytes of length
//	         the data, up to the end
//
// Numbers are big-endian. Every request of a signed-in person reads one of these, so reading it
// allocates nothing: a session is a view of the bytes it was read from.
type session struct {
	began, expiry int64
	labels        labels
	data          []byte
}

const (
	sessionVersion = 1
	sessionHeader  = 1 + 8 + 8 + 2
)

// parseSession reports false for what is no session of this version. Such a record counts as
// absent: an error would lock its owner out for as long as the cookie lasts.
func parseSession(b []byte) (session, bool) {
	if len(b) < sessionHeader || b[0] != sessionVersion {
		return session{}, false
	}
	n := int(binary.BigEndian.Uint16(b[17:]))
	if len(b) < sessionHeader+n {
		return session{}, false
	}
	s := session{
		began:  int64(binary.BigEndian.Uint64(b[1:])),
		expiry: int64(binary.BigEndian.Uint64(b[9:])),
		labels: labels(b[sessionHeader : sessionHeader+n]),
		data:   b[sessionHeader+n:],
	}
	return s, s.labels.valid()
}

func (s session) encode() []byte {
	b := make([]byte, 0, sessionHeader+len(s.labels)+len(s.data))
	b = append(b, sessionVersion)
	b = binary.BigEndian.AppendUint64(b, uint64(s.began))
	b = binary.BigEndian.AppendUint64(b, uint64(s.expiry))
	b = binary.BigEndian.AppendUint16(b, uint16(len(s.labels)))
	b = append(b, s.labels...)
	return append(b, s.data...)
}

// entry copies the session out of the memory it is a view of.
func (s session) entry() auth.Entry {
	return auth.Entry{
		Data:    append([]byte(nil), s.data...),
		Labels:  s.labels.strings(),
		Created: time.UnixMicro(s.began).UTC(),
		Expiry:  time.UnixMicro(s.expiry).UTC(),
	}
}

// labels are the labels of a session in one piece, each behind two bytes of length.
type labels []byte

var errLabels = errors.New("the labels of a session are longer than 64 kB")

func packLabels(list []string) (labels, error) {
	size := 0
	for _, label := range list {
		size += 2 + len(label)
	}
	if size > math.MaxUint16 {
		return nil, errLabels
	}
	packed := make(labels, 0, size)
	for _, label := range list {
		packed = binary.BigEndian.AppendUint16(packed, uint16(len(label)))
		packed = append(packed, label...)
	}
	return packed, nil
}

// next splits off the first label; ok is false when there is no whole one.
func (l labels) next() (label []byte, rest labels, ok bool) {
	if len(l) < 2 {
		return nil, nil, false
	}
	n := 2 + int(binary.BigEndian.Uint16(l))
	if len(l) < n {
		return nil, nil, false
	}
	return l[2:n], l[n:], true
}

func (l labels) valid() bool {
	for len(l) > 0 {
		_, rest, ok := l.next()
		if !ok {
			return false
		}
		l = rest
	}
	return true
}

func (l labels) strings() []string {
	count := 0
	for rest := l; len(rest) > 0; count++ {
		_, rest, _ = rest.next()
	}
	if count == 0 {
		return nil
	}
	list := make([]string, 0, count)
	for all := string(l); all != ""; { // one copy; the labels are parts of it
		n := 2 + int(all[0])<<8 + int(all[1])
		list = append(list, all[2:n])
		all = all[n:]
	}
	return list
}
