package browsertest

import (
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"
)

func TestEmulation(t *testing.T) {
	t.Parallel()
	url := serve(t, `<a href="#a">a</a><a href="#b">b</a>`, "")
	tab := New(t).Tab()
	tab.Open(url)

	tab.Press(kb.Tab + kb.Tab + kb.Enter)
	tab.Wait(`location.hash === "#b"`)

	const media = `[matchMedia("print").matches, matchMedia("(prefers-color-scheme: dark)").matches]`
	tab.Media("print", "prefers-color-scheme: dark")
	tab.Wait(media + `.join() === "true,true"`)
	tab.Media("")
	tab.Wait(media + `.join() === "false,false"`)

	const fetches = `fetch("/").then(response => response.ok, () => false)`
	tab.Allow("net::ERR_INTERNET_DISCONNECTED")
	tab.Offline(true)
	if Eval[bool](tab, fetches) {
		t.Error("got a response while offline")
	}
	tab.Offline(false)
	if !Eval[bool](tab, fetches) {
		t.Error("got no response after Offline(false)")
	}
}

func TestTransfers(t *testing.T) {
	t.Parallel()
	url := serve(t, "<h1>Hello</h1>", "// "+string(make([]byte, 1000)))
	tab := New(t).Tab()
	tab.Open(url)
	got := tab.Transfers()
	slices.SortFunc(got, func(a, b Transfer) int { return strings.Compare(a.URL, b.URL) }) // the order varies
	if len(got) != 2 || got[0].URL != url+"/" || got[1].URL != url+"/script.js" {
		t.Fatalf("got %v, want the page and its script", got)
	}
	if got[1].Bytes < 1000+100 || got[1].Bytes > 1000+1000 {
		t.Errorf("the script took %d bytes, want its 1003 and the headers", got[1].Bytes)
	}
}
