package store

import (
	"bytes"
	"context"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/plusauth/plusauth-go-starter/auth"
)

// BenchmarkFind reads sessions as they are in practice: a thousand people, 2 kB of sealed tokens each,
// two labels, and some marks around.
func BenchmarkFind(b *testing.B) {
	file, err := openFile(filepath.Join(b.TempDir(), "sessions.db"))
	if err != nil {
		b.Fatal(err)
	}
	defer file.Close()
	file.db.NoSync = true // for filling it
	for _, bm := range []struct {
		name string
		s    auth.Store
	}{{"memory", mustOpen(b, "memory:")}, {"file", file}} {
		ctx, now := context.Background(), time.Now()
		keys := make([]string, 1000)
		for i := range keys {
			keys[i] = newKey() + newKey()
			e := auth.Entry{
				Data:    bytes.Repeat([]byte{byte(i)}, 2048),
				Labels:  []string{fmt.Sprint("sid ", newKey()), fmt.Sprint("sub ", newKey())},
				Created: now, Expiry: now.Add(24 * time.Hour),
			}
			if err := bm.s.Create(ctx, keys[i], e); err != nil {
				b.Fatal(err)
			}
			if err := bm.s.EndAll(ctx, newKey(), now, now.Add(time.Hour)); err != nil {
				b.Fatal(err)
			}
		}
		b.Run(bm.name, func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				if _, ok, err := bm.s.Find(ctx, keys[i%len(keys)]); !ok || err != nil {
					b.Fatal(ok, err)
				}
			}
		})
	}
}
