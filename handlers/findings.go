package handlers

import (
	"context"
	"sync"
	"time"

	"github.com/plusauth/plusauth-go-starter/auth"
	"github.com/plusauth/plusauth-go-starter/views"
)

const (
	findingsAge     = time.Minute     // how long the findings are shown before the provider is asked again
	findingsTimeout = 5 * time.Second // for all checks
)

// checkup holds the last findings of auth.Client.Check, so that a page that many people see asks the provider rarely.
type checkup struct {
	mu    sync.Mutex
	at    time.Time
	found []auth.Finding
}

// findings returns what is wrong between the configuration and the provider, for the error page of a provider that
// cannot be used. It returns nil unless Inspect is set, and while another request is asking.
func (a *app) findings(ctx context.Context) (lines []views.NoticeDetail) {
	if !a.Inspect || !a.checkup.mu.TryLock() {
		return nil
	}
	defer a.checkup.mu.Unlock()
	if time.Since(a.checkup.at) > findingsAge {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), findingsTimeout) // others see them too
		defer cancel()
		a.checkup.found, a.checkup.at = a.Auth.Check(ctx), time.Now()
	}
	for _, f := range a.checkup.found {
		if f.Severity == auth.OK {
			continue
		}
		line := f.Text + " " + f.Cure
		if variable := a.Variables[f.Field]; variable != "" {
			line += " (" + variable + ")"
		}
		lines = append(lines, views.NoticeDetail{Name: f.Name, Value: line})
	}
	return lines
}
