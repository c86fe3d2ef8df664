package browsertest

import (
	"strings"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// OnNewPages runs a script in every page that the tab opens from now on, before the scripts of the page.
func (tab *Tab) OnNewPages(script string) {
	tab.t.Helper()
	params := page.AddScriptToEvaluateOnNewDocumentParams{Source: script}
	tab.Do(command(page.AddScriptToEvaluateOnNewDocument, params))
}

// Press presses keys in turn. The keys are text, or constants of package kb such as kb.Tab. It does not wait for the
// page to respond.
func (tab *Tab) Press(keys string, options ...chromedp.KeyOption) {
	tab.t.Helper()
	tab.Do(chromedp.KeyEvent(keys, options...))
}

// Media emulates a medium, such as "print", and media features, such as "prefers-color-scheme: dark". An empty medium
// is the screen. Each call replaces the settings of the one before.
func (tab *Tab) Media(medium string, features ...string) {
	tab.t.Helper()
	media := emulation.SetEmulatedMediaParams{Media: medium}
	for _, feature := range features {
		name, value, _ := strings.Cut(feature, ":")
		media.Features = append(media.Features, &emulation.MediaFeature{Name: name, Value: strings.TrimSpace(value)})
	}
	tab.Do(command(emulation.SetEmulatedMedia, media))
}

// Offline disconnects the tab from the network, or connects it again.
func (tab *Tab) Offline(offline bool) {
	tab.t.Helper()
	tab.Do(command(network.EmulateNetworkConditionsByRule, network.EmulateNetworkConditionsByRuleParams{
		MatchedNetworkConditions: []*network.Conditions{{DownloadThroughput: -1, UploadThroughput: -1, Offline: offline}},
	}))
}
