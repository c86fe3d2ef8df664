package browsertest

import (
	"slices"

	"github.com/chromedp/cdproto/network"
)

// Transfer is one answer that came over the network, headers and all.
type Transfer struct {
	URL   string
	Bytes int
}

// Transfers returns what the tab has received so far, as Chromium counts it. What came out of a cache is not among it; a
// redirect is an answer of its own.
func (tab *Tab) Transfers() []Transfer {
	tab.mu.Lock()
	defer tab.mu.Unlock()
	return slices.Clone(tab.transfers)
}

// transfer notes the answers. It is a part of watch.
func (tab *Tab) transfer(event any) {
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
