package handlers_test

import (
	"strings"
	"testing"

	"github.com/plusauth/plusauth-go-starter/internal/testapp"
)

// TestLongPathIsShortenedInTheLog checks that a stranger cannot fill the log with few requests.
func TestLongPathIsShortenedInTheLog(t *testing.T) {
	t.Parallel()
	app := testapp.New(t, testapp.Options{})
	app.Browser(t).Get("/" + strings.Repeat("x", 27_000))
	for _, record := range app.Log.Records(logRequestFinished) {
		if path, _ := record["path"].(string); len(path) > 210 || !strings.HasPrefix(path, "/xxx") {
			t.Errorf("logged a path of %d bytes", len(path))
		}
	}
	if n := len(app.Log.Records(logRequestFinished)); n != 1 {
		t.Errorf("got %d records, want 1", n)
	}
}
