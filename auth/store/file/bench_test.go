package file

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"testing"
	"time"

	"github.com/plusauth/plusauth-go-starter/auth"
)

// BenchmarkFind finds one of a thousand sessions, each with 2 kB of data and two labels, in a file that also holds a
// thousand records of EndAll.
func BenchmarkFind(b *testing.B) {
	s := openTemp(b)
	s.db.NoSync = true // creating the sessions is not measured
	ctx, now := context.Background(), time.Now()
	keys := make([]string, 1000)
	for i := range keys {
		keys[i] = rand.Text() + rand.Text()
		e := auth.Entry{
			Data:    bytes.Repeat([]byte{byte(i)}, 2048),
			Labels:  []string{fmt.Sprint("sid ", rand.Text()), fmt.Sprint("sub ", rand.Text())},
			Created: now, Expiry: now.Add(24 * time.Hour),
		}
		if err := s.Create(ctx, keys[i], e); err != nil {
			b.Fatal(err)
		}
		if err := s.EndAll(ctx, rand.Text(), now, now.Add(time.Hour)); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if _, ok, err := s.Find(ctx, keys[i%len(keys)]); !ok || err != nil {
			b.Fatal(ok, err)
		}
	}
}
