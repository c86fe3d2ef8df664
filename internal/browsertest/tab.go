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

// Tab is one tab. Its methods end the test when they fail, and say what the page showed.
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

// Do runs actions of package chromedp: what has no method here. All together may take as long as Timeout.
func (tab *Tab) Do(actions ...chromedp.Action[chromedp.Void]) {
	tab.t.Helper()
	ctx, cancel := context.WithTimeout(tab.ctx, Timeout)
	defer cancel()
	if err := chromedp.Do(ctx, actions...); err != nil {
		tab.t.Fatalf("%v\n%s", err, tab.shown())
	}
}

// Open goes to an address and waits until the page is loaded.
func (tab *Tab) Open(url string) {
	tab.t.Helper()
	tab.Do(chromedp.Navigate(url))
}

// Back goes back in the history, from the back/forward cache where the browser kept the page. It doesn't wait.
func (tab *Tab) Back() {
	tab.t.Helper()
	tab.Do(chromedp.Evaluate[chromedp.Void](`setTimeout(() => history.back())`))
}

// Click presses the first element that matches a CSS selector, with the mouse, once it is visible. The tab must be in
// front. It doesn't wait for what follows.
func (tab *Tab) Click(selector string) {
	tab.t.Helper()
	tab.Do(chromedp.Click(chromedp.CSS(selector)))
}

// Type writes text into the first element that matches a CSS selector, with the keyboard.
func (tab *Tab) Type(selector, text string) {
	tab.t.Helper()
	tab.Do(chromedp.SendKeys(chromedp.CSS(selector), text))
}

// Front brings the tab in front of the others of its window, as a person does who selects it.
func (tab *Tab) Front() {
	tab.t.Helper()
	tab.Do(command(page.BringToFront, cdp.Empty{}))
}

// NoScript switches JavaScript off for the pages that the tab opens from now on. Text, Eval and Wait still work.
func (tab *Tab) NoScript() {
	tab.t.Helper()
	tab.Do(command(emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}))
}

// Size makes the page width by height CSS pixels large.
func (tab *Tab) Size(width, height int64) {
	tab.t.Helper()
	tab.Do(chromedp.EmulateViewport(width, height))
}

// Text returns the text of the first element that matches a CSS selector, without white space around it. It doesn't wait.
func (tab *Tab) Text(selector string) string {
	tab.t.Helper()
	return Eval[string](tab, `document.querySelector(`+strconv.Quote(selector)+`).textContent.trim()`)
}

// Wait waits until a JavaScript expression is true, across navigations. While it throws it counts as false.
// It asks again and again, so a state that passes quickly can be missed.
func (tab *Tab) Wait(expression string) {
	tab.t.Helper()
	ctx, cancel := context.WithTimeout(tab.ctx, Timeout)
	defer cancel()
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for {
		ok, err := chromedp.Run(ctx, chromedp.Evaluate[bool](`Boolean(`+expression+`)`))
		if ok {
			return
		}
		if thrown := new(chromedp.ExceptionError); errors.As(err, &thrown) && thrown.Exception.ClassName == "SyntaxError" {
			tab.t.Fatalf("wait for %s: %v", expression, err)
		}
		select {
		case <-again.C: // an error is a page that was left or isn't ready
		case <-ctx.Done():
			tab.t.Fatalf("waited in vain for %s (last error: %v)\n%s", expression, err, tab.shown())
		}
	}
}

// Eval returns the value of a JavaScript expression, or of the promise that it is.
func Eval[T any](tab *Tab, expression string) T {
	tab.t.Helper()
	ctx, cancel := context.WithTimeout(tab.ctx, Timeout)
	defer cancel()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		tab.t.Fatalf("%s: %v\n%s", expression, err, tab.shown())
	}
	return v
}

// command makes an action of a command of the protocol.
func command[P, R any](cmd cdp.Command[P, R], params P) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, cmd, params)
		return err
	})
}

// shown tells what the tab shows, for the message of a failure.
func (tab *Tab) shown() string {
	ctx, cancel := context.WithTimeout(tab.ctx, 5*time.Second)
	defer cancel()
	text, err := chromedp.Run(ctx, chromedp.Evaluate[string](
		`location.href + " shows:\n" + (document.body?.innerText ?? "").slice(0, 1000)`))
	if err != nil {
		text = fmt.Sprintf("(the page can't be asked: %v)", err)
	}
	return strings.TrimSpace(text + "\n" + strings.Join(tab.Problems(), "\n"))
}
