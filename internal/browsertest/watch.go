package browsertest

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// watch records the problems and the requests of the pages. It runs in the goroutine that reads the messages of the
// browser, so when a command returns, watch has seen all that happened before.
func (tab *Tab) watch(event any) {
	tab.recordTransfer(event)
	switch e := event.(type) {
	case *runtime.EventConsoleAPICalled:
		var args []string
		for _, arg := range e.Args {
			text := strings.Trim(string(arg.Value), `"`)
			if text == "" {
				text = arg.Description
			}
			args = append(args, text)
		}
		tab.addProblem("console." + string(e.Type) + ": " + strings.Join(args, " "))
	case *runtime.EventExceptionThrown:
		text := e.ExceptionDetails.Text
		if thrown := e.ExceptionDetails.Exception; thrown != nil {
			text += ": " + thrown.Description
		}
		tab.addProblem("exception: " + text)
	case *log.EventEntryAdded: // violations of the policy, failed requests, deprecations
		if e.Entry.Level != log.EntryLevelVerbose {
			tab.addProblem(string(e.Entry.Source) + " " + string(e.Entry.Level) + ": " + e.Entry.Text + " " + e.Entry.URL)
		}
	case *network.EventRequestWillBeSent:
		tab.mu.Lock()
		tab.requests = append(tab.requests, e.Request.Method+" "+e.Request.URL)
		tab.mu.Unlock()
	}
}

func (tab *Tab) addProblem(problem string) {
	tab.mu.Lock()
	defer tab.mu.Unlock()
	tab.problems = append(tab.problems, strings.TrimSpace(problem))
}

// Allow ignores problems that contain one of the texts. For example, a test of an error page has to allow "status of
// 404", because Chromium writes that to the console.
func (tab *Tab) Allow(texts ...string) {
	tab.mu.Lock()
	defer tab.mu.Unlock()
	tab.allowed = append(tab.allowed, texts...)
}

// Problems returns the console messages, the exceptions and the policy violations of the tab's pages so far, except
// those that are allowed. If there are any when the test ends, it fails.
func (tab *Tab) Problems() []string {
	tab.mu.Lock()
	defer tab.mu.Unlock()
	var problems []string
	for _, problem := range tab.problems {
		if !slices.ContainsFunc(tab.allowed, func(text string) bool { return strings.Contains(problem, text) }) {
			problems = append(problems, problem)
		}
	}
	return problems
}

// Requests returns the requests of the tab so far, in the form "GET http://localhost:3000/". It includes redirected
// requests.
func (tab *Tab) Requests() []string {
	tab.mu.Lock()
	defer tab.mu.Unlock()
	return slices.Clone(tab.requests)
}

// report fails the test if there were problems. It evaluates an expression first, because all earlier messages have
// arrived when the page responds.
func (tab *Tab) report() {
	ctx, cancel := context.WithTimeout(tab.ctx, 5*time.Second)
	defer cancel()
	_, _ = chromedp.Run(ctx, chromedp.Evaluate[chromedp.Void]("0")) // a page that does not respond has sent everything
	for _, problem := range tab.Problems() {
		tab.t.Errorf("problem in the page: %s", problem)
	}
}
