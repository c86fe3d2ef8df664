// Package browsertest drives a real Chromium or Chrome from Go tests, for what only a browser can tell: scripts, focus,
// the Content-Security-Policy, several tabs, the way back.
//
//	tab := browsertest.New(t).Tab()
//	tab.Open(server.URL + "/")
//	tab.Click("#login")
//	tab.Wait(`document.title == "Profile"`)
//	if got := tab.Text("h1"); got != "Welcome ada@example.com!" { … }
//
// A test fails by itself when a page writes to the console, throws, or violates its policy; see Tab.Allow.
// Without a browser the test is skipped, and under CI=true it fails. The package is for tests only.
package browsertest

import (
	"context"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// Timeout is how long one step of a test may take.
const Timeout = 30 * time.Second

// Browser is a fresh profile: cookies, storage and tabs that no other Browser sees. Its tabs share one window, as they
// do for a person: only the one in front is visible and has the focus.
type Browser struct {
	t       testing.TB
	process context.Context
	profile context.Context // of the first tab; nil before there is one
}

// New returns a fresh profile of a headless Chromium, closed when the test ends. Call it once for each person or device
// that a test is about. All tests of a package share one process; they may run in parallel.
func New(t testing.TB) *Browser {
	t.Helper()
	return &Browser{t: t, process: acquire(t)}
}

// Tab opens an empty tab in front of the others.
func (b *Browser) Tab() *Tab {
	b.t.Helper()
	tab := &Tab{t: b.t, urls: map[network.RequestID]string{}}
	parent, options := b.profile, []chromedp.ContextOption{chromedp.WithListener(tab.watch)}
	if parent == nil {
		parent = b.process
		options = append(options, chromedp.WithNewBrowserContext(), chromedp.WithNewWindow(false))
	}
	ctx, closeTab := chromedp.NewContext(parent, options...)
	b.t.Cleanup(func() {
		tab.report()
		closeTab()
	})
	tab.ctx = ctx
	tooLong := time.AfterFunc(Timeout, closeTab)
	defer tooLong.Stop()
	if err := chromedp.Do(ctx); err != nil {
		b.t.Fatalf("open a tab: %v", err)
	}
	if b.profile == nil {
		b.profile = ctx
	}
	return tab
}
