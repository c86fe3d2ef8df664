package browsertest

import (
	"context"
	"strings"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// OnNewPages runs a script in every page that the tab opens from now on, before the page's own.
func (tab *Tab) OnNewPages(script string) {
	tab.t.Helper()
	tab.Do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: script})
		return err
	}))
}

// Press presses keys, one after the other: text, or a constant of package kb such as kb.Tab.
// It doesn't wait for what follows.
func (tab *Tab) Press(keys string, options ...chromedp.KeyOption) {
	tab.t.Helper()
	tab.Do(chromedp.KeyEvent(keys, options...))
}

// Media shows the page as on another medium, "print", or to somebody with other settings, such as
// "prefers-color-scheme: dark". An empty medium is the screen. What an earlier call has set is taken back.
func (tab *Tab) Media(medium string, features ...string) {
	tab.t.Helper()
	media := emulation.SetEmulatedMediaParams{Media: medium}
	for _, feature := range features {
		name, value, _ := strings.Cut(feature, ":")
		media.Features = append(media.Features, &emulation.MediaFeature{Name: name, Value: strings.TrimSpace(value)})
	}
	tab.Do(command(emulation.SetEmulatedMedia, media))
}

// Offline takes the network away from the tab, or gives it back.
func (tab *Tab) Offline(gone bool) {
	tab.t.Helper()
	tab.Do(command(network.EmulateNetworkConditionsByRule, network.EmulateNetworkConditionsByRuleParams{
		MatchedNetworkConditions: []*network.Conditions{{DownloadThroughput: -1, UploadThroughput: -1, Offline: gone}},
	}))
}
