package browsertest

import (
	"slices"

	"github.com/chromedp/cdproto/network"
)

// Transfer is one response that came over the network.
type Transfer struct {
	URL   string
	Bytes int // including the headers
}

// Transfers returns the responses that the tab has received so far, with the sizes that Chromium reports. A redirect
// is a response of its own. Responses from a cache are not included.
func (tab *Tab) Transfers() []Transfer {
	tab.mu.Lock()
	defer tab.mu.Unlock()
	return slices.Clone(tab.transfers)
}

// recordTransfer records responses. It is called by watch.
func (tab *Tab) recordTransfer(event any) {
	tab.mu.Lock()
	defer tab.mu.Unlock()
	add := func(url string, bytes float64) {
		if bytes > 0 {
			tab.transfers = append(tab.transfers, Transfer{url, int(bytes)})
		}
	}
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		if e.RedirectResponse != nil {
			add(e.RedirectResponse.URL, e.RedirectResponse.EncodedDataLength)
		}
		tab.urls[e.RequestID] = e.Request.URL
	case *network.EventLoadingFinished:
		add(tab.urls[e.RequestID], e.EncodedDataLength)
	}
}
