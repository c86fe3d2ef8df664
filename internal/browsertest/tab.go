package browsertest

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// Tab is one tab. If one of its methods fails, it ends the test and reports the text of the page.
type Tab struct {
	t   testing.TB
	ctx context.Context

	mu       sync.Mutex
	problems []string
	allowed  []string
	requests []string

	transfers []Transfer
	urls      map[network.RequestID]string
}

// Do runs actions of package chromedp. Together they may take as long as Timeout.
func (tab *Tab) Do(actions ...chromedp.Action[chromedp.Void]) {
	tab.t.Helper()
	ctx, cancel := context.WithTimeout(tab.ctx, Timeout)
	defer cancel()
	if err := chromedp.Do(ctx, actions...); err != nil {
		tab.t.Fatalf("%v\n%s", err, tab.describe())
	}
}

// Open goes to a URL and waits until the page is loaded.
func (tab *Tab) Open(url string) {
	tab.t.Helper()
	tab.Do(chromedp.Navigate(url))
}

// Back goes back in the history, and uses the back/forward cache if it has the page. It does not wait.
func (tab *Tab) Back() {
	tab.t.Helper()
	tab.Do(chromedp.Evaluate[chromedp.Void](`setTimeout(() => history.back())`))
}

// Click waits until the first element that matches a CSS selector is visible, and clicks it with the mouse. The tab
// must be in front. Click does not wait for the page to respond.
func (tab *Tab) Click(selector string) {
	tab.t.Helper()
	tab.Do(chromedp.Click(chromedp.CSS(selector)))
}

// Type enters text into the first element that matches a CSS selector, with the keyboard.
func (tab *Tab) Type(selector, text string) {
	tab.t.Helper()
	tab.Do(chromedp.SendKeys(chromedp.CSS(selector), text))
}

// Front brings the tab to the front of its window.
func (tab *Tab) Front() {
	tab.t.Helper()
	tab.Do(command(page.BringToFront, cdp.Empty{}))
}

// NoScript disables JavaScript in the pages that the tab opens from now on. Text, Eval and Wait still work.
func (tab *Tab) NoScript() {
	tab.t.Helper()
	tab.Do(command(emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}))
}

// Size sets the size of the page, in CSS pixels.
func (tab *Tab) Size(width, height int64) {
	tab.t.Helper()
	tab.Do(chromedp.EmulateViewport(width, height))
}

// Text returns the text of the first element that matches a CSS selector, without surrounding white space. It does not
// wait.
func (tab *Tab) Text(selector string) string {
	tab.t.Helper()
	return Eval[string](tab, `document.querySelector(`+strconv.Quote(selector)+`).textContent.trim()`)
}

// Wait waits until a JavaScript expression is true, across navigations. An expression that throws counts as false. Wait
// evaluates it every 20 milliseconds, so it can miss a state that lasts for less.
func (tab *Tab) Wait(expression string) {
	tab.t.Helper()
	ctx, cancel := context.WithTimeout(tab.ctx, Timeout)
	defer cancel()
	retry := time.NewTicker(20 * time.Millisecond)
	defer retry.Stop()
	for {
		ok, err := chromedp.Run(ctx, chromedp.Evaluate[bool](`Boolean(`+expression+`)`))
		if ok {
			return
		}
		if thrown := new(chromedp.ExceptionError); errors.As(err, &thrown) && thrown.Exception.ClassName == "SyntaxError" {
			tab.t.Fatalf("wait for %s: %v", expression, err)
		}
		select {
		case <-retry.C: // after an error too, because the page may be navigating
		case <-ctx.Done():
			tab.t.Fatalf("timed out waiting for %s (last error: %v)\n%s", expression, err, tab.describe())
		}
	}
}

// Eval returns the value of a JavaScript expression. If the value is a promise, Eval waits for its result.
func Eval[T any](tab *Tab, expression string) T {
	tab.t.Helper()
	ctx, cancel := context.WithTimeout(tab.ctx, Timeout)
	defer cancel()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		tab.t.Fatalf("%s: %v\n%s", expression, err, tab.describe())
	}
	return v
}

// command returns an action that sends a command of the DevTools protocol.
func command[P, R any](cmd cdp.Command[P, R], params P) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, cmd, params)
		return err
	})
}

// describe returns the URL, the text and the problems of the page, for the message of a failure.
func (tab *Tab) describe() string {
	ctx, cancel := context.WithTimeout(tab.ctx, 5*time.Second)
	defer cancel()
	text, err := chromedp.Run(ctx, chromedp.Evaluate[string](
		`location.href + " shows:\n" + (document.body?.innerText ?? "").slice(0, 1000)`))
	if err != nil {
		text = fmt.Sprintf("(the page does not respond: %v)", err)
	}
	return strings.TrimSpace(text + "\n" + strings.Join(tab.Problems(), "\n"))
}
