package browsertest

import (
	_ "embed"

	"github.com/chromedp/chromedp"
)

// axeCore is the unchanged release of axe-core; see testdata/axe-core/README.md.
//
//go:embed testdata/axe-core/axe.min.js
var axeCore string

// axeRun checks the rules of axe-core for WCAG 2.2, levels A and AA, and for best practice.
const axeRun = `axe.run(document, {
		runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
		resultTypes: ["violations"],
	}).then(results => results.violations.flatMap(rule => rule.nodes.map(node =>
		rule.id + ": " + rule.help + ": " + node.target + ": " + node.html.slice(0, 200))))`

// Axe returns the accessibility faults that axe-core finds in the page shown, each with its rule and element.
func (tab *Tab) Axe() []string {
	tab.t.Helper()
	if !Eval[bool](tab, `"axe" in window`) {
		tab.Do(chromedp.Evaluate[chromedp.Void](axeCore))
	}
	return Eval[[]string](tab, axeRun)
}
