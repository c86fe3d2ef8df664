// Package browsertest drives a real Chromium or Chrome from Go tests of scripts, focus, the Content-Security-Policy,
// several tabs and the history.
//
//	tab := browsertest.New(t).Tab()
//	tab.Open(server.URL + "/")
//	tab.Click("#login")
//	tab.Wait(`document.title == "Profile"`)
//	if got := tab.Text("h1"); got != "Welcome ada@example.com!" { … }
//
// A test fails if a page writes to the console, throws an exception or violates its policy; see Tab.Allow. If no
// browser is installed, the test is skipped; with CI=true in the environment it fails instead.
package browsertest

import (
	"context"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// Timeout limits one step of a test.
const Timeout = 30 * time.Second

// Browser is a profile with cookies, storage and tabs of its own. Its tabs share one window: only the tab in front is
// visible and has the focus.
type Browser struct {
	t       testing.TB
	process context.Context
	profile context.Context // of the first tab; nil before the first tab is opened
}

// New returns an empty profile of a headless Chromium. It is closed when the test ends. Call New once for each person
// or device of a test. The tests of a package share one process, and may run in parallel.
func New(t testing.TB) *Browser {
	t.Helper()
	return &Browser{t: t, process: acquire(t)}
}

// Tab opens an empty tab and brings it to the front.
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
	timeout := time.AfterFunc(Timeout, closeTab)
	defer timeout.Stop()
	if err := chromedp.Do(ctx); err != nil {
		b.t.Fatalf("open a tab: %v", err)
	}
	if b.profile == nil {
		b.profile = ctx
	}
	return tab
}
