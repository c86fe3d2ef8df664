package redis

import (
	"errors"
	"testing"
)

func TestParse(t *testing.T) {
	t.Parallel()
	for url, want := range map[string]config{
		"redis://":                             {addr: "localhost:6379"},
		"redis://server":                       {addr: "server:6379"},
		"rediss://server:6380/2":               {addr: "server:6380", database: 2, tls: true},
		"redis://:secret@server":               {addr: "server:6379", password: "secret"},
		"redis://secret@server":                {addr: "server:6379", password: "secret"},
		"REDIS://user:se%2Fcr%40et@[::1]:6379": {addr: "[::1]:6379", username: "user", password: "se/cr@et"},
	} {
		if got, err := parse(url); got != want || err != nil {
			t.Errorf("%s: got %+v, error %v, want %+v", url, got, err, want)
		}
	}
	if err := Check("https://server"); !errors.Is(err, errURL) {
		t.Errorf("got error %v, want %v", err, errURL)
	}
}
