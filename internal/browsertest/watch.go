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

// watch notes what a page says that a good page doesn't, and what it requests. It runs on the goroutine that reads the
// browser's messages, so it sees what happened before a command ended before that command returns.
func (tab *Tab) watch(event any) {
	tab.transfer(event)
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
		tab.note("console." + string(e.Type) + ": " + strings.Join(args, " "))
	case *runtime.EventExceptionThrown:
		text := e.ExceptionDetails.Text
		if thrown := e.ExceptionDetails.Exception; thrown != nil {
			text += ": " + thrown.Description
		}
		tab.note("exception: " + text)
	case *log.EventEntryAdded: // violations of the policy, requests that failed, deprecations
		if e.Entry.Level != log.EntryLevelVerbose {
			tab.note(string(e.Entry.Source) + " " + string(e.Entry.Level) + ": " + e.Entry.Text + " " + e.Entry.URL)
		}
	case *network.EventRequestWillBeSent:
		tab.mu.Lock()
		tab.requests = append(tab.requests, e.Request.Method+" "+e.Request.URL)
		tab.mu.Unlock()
	}
}

func (tab *Tab) note(problem string) {
	tab.mu.Lock()
	defer tab.mu.Unlock()
	tab.problems = append(tab.problems, strings.TrimSpace(problem))
}

// Allow lets problems pass that contain one of the texts: a test of an error page, for example, has to allow
// "status of 404", because Chromium writes that to the console.
func (tab *Tab) Allow(texts ...string) {
	tab.mu.Lock()
	defer tab.mu.Unlock()
	tab.allowed = append(tab.allowed, texts...)
}

// Problems returns what the pages of the tab have written to the console so far, the exceptions that they threw and the
// violations of their policy, without what is allowed. The test fails at its end when there are any.
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

// Requests returns the requests of the tab so far, each as "GET http://localhost:3000/". Redirects count.
func (tab *Tab) Requests() []string {
	tab.mu.Lock()
	defer tab.mu.Unlock()
	return slices.Clone(tab.requests)
}

// report fails the test when there were problems. It asks the page for something first: what it said before has
// arrived when it answers.
func (tab *Tab) report() {
	ctx, cancel := context.WithTimeout(tab.ctx, 5*time.Second)
	defer cancel()
	_, _ = chromedp.Run(ctx, chromedp.Evaluate[chromedp.Void]("0")) // a page that can't answer any more has said all
	for _, problem := range tab.Problems() {
		tab.t.Errorf("the page says: %s", problem)
	}
}
