package browsertest

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"slices"
	"strings"
	"testing"
)

func TestAxeCoreIsUnchanged(t *testing.T) {
	t.Parallel()
	const version, sum = "4.14.1", "29348999450cdf2849a8e70b7912fc2da85a849da39c0d0d5394f51d4a9ed95c"
	if got := sha256.Sum256([]byte(axeCore)); hex.EncodeToString(got[:]) != sum {
		t.Errorf("axe.min.js has the hash %x, want %s", got, sum)
	}
	if !strings.HasPrefix(axeCore, "/*! axe v"+version+"\n") {
		t.Errorf("axe.min.js is not version %s", version)
	}
	readme, err := os.ReadFile("testdata/axe-core/README.md")
	if err != nil || !strings.Contains(string(readme), sum) || !strings.Contains(string(readme), "axe-core@"+version) {
		t.Errorf("README.md does not contain version %s and its hash: %v", version, err)
	}
}

func TestAxeFindsFaults(t *testing.T) {
	t.Parallel()
	tab := New(t).Tab()
	tab.Open(serve(t, `<main><h1>Page</h1><input><p class="faint">text</p></main>`, ""))
	faults := tab.Axe()
	for _, rule := range []string{"label: ", "html-has-lang: "} {
		if !slices.ContainsFunc(faults, func(fault string) bool { return strings.HasPrefix(fault, rule) }) {
			t.Errorf("got %q, want a fault of the rule %s", faults, rule)
		}
	}
}
