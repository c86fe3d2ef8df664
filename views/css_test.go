package views

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// stylesheet returns the source of a stylesheet, or "" if it does not exist.
func stylesheet(name string) string {
	css, err := os.ReadFile("../assets/css/" + name + ".css")
	if err != nil {
		return ""
	}
	return string(css)
}

// componentStylesheets returns the names of all stylesheets that belong to a component.
func componentStylesheets(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("../assets/css/*.css")
	if err != nil || len(files) < 10 {
		t.Fatal(err, files)
	}
	var names []string
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".css")
		if name != "base" && name != "gallery" {
			names = append(names, name)
		}
	}
	return names
}

// customProperties returns the custom properties of base.css, each with its light and its dark value.
func customProperties(t *testing.T) map[string][2]string {
	t.Helper()
	declaration := regexp.MustCompile(`(--[a-z0-9-]+): (?:light-dark\(([^,]+), ([^)]+)\)|([^;]+));`)
	all := map[string][2]string{}
	for _, m := range declaration.FindAllStringSubmatch(stylesheet("base"), -1) {
		if m[4] != "" {
			m[2], m[3] = m[4], m[4]
		}
		all[m[1]] = [2]string{m[2], m[3]}
	}
	if len(all) < 10 {
		t.Fatalf("found %d custom properties", len(all))
	}
	return all
}

var (
	cssComment = regexp.MustCompile(`(?s)/\*.*?\*/`)
	cssRule    = regexp.MustCompile(`([^{};]+)\{`)
)

// TestSelectorsBeginWithTheComponent checks that a stylesheet affects its own component only: every selector begins
// with the file's name as a class.
func TestSelectorsBeginWithTheComponent(t *testing.T) {
	t.Parallel()
	for _, name := range componentStylesheets(t) {
		css := cssComment.ReplaceAllString(stylesheet(name), "")
		if !strings.HasPrefix(strings.TrimSpace(css), "@layer components {") {
			t.Errorf("%s.css is not in the layer components", name)
		}
		for _, rule := range cssRule.FindAllStringSubmatch(css, -1) {
			prelude := strings.TrimSpace(rule[1])
			if keyframes, ok := strings.CutPrefix(prelude, "@keyframes "); ok && !strings.HasPrefix(keyframes, name) {
				t.Errorf("%s.css: @keyframes %s", name, keyframes)
			}
			if strings.HasPrefix(prelude, "@") || prelude == "to" {
				continue
			}
			for _, selector := range splitSelectors(prelude) {
				if !regexp.MustCompile(`^\.` + name + `\b`).MatchString(selector) {
					t.Errorf("%s.css: %s", name, selector)
				}
			}
		}
	}
}

// splitSelectors splits a selector list at the commas outside of parentheses.
func splitSelectors(list string) (all []string) {
	depth, start := 0, 0
	for i, c := range list {
		switch c {
		case '(':
			depth++
		case ')':
			depth--
		case ',':
			if depth == 0 {
				all = append(all, strings.TrimSpace(list[start:i]))
				start = i + 1
			}
		}
	}
	return append(all, strings.TrimSpace(list[start:]))
}

// TestCustomPropertiesHaveFallbacks checks that a copied stylesheet works without base.css: every custom property that
// it uses has a fallback, and base.css defines it.
func TestCustomPropertiesHaveFallbacks(t *testing.T) {
	t.Parallel()
	defined := customProperties(t)
	for _, name := range componentStylesheets(t) {
		for _, use := range regexp.MustCompile(`var\((--[a-z0-9-]+)(,?)`).FindAllStringSubmatch(stylesheet(name), -1) {
			if use[2] == "" {
				t.Errorf("%s.css: %s has no fallback", name, use[1])
			}
			if _, ok := defined[use[1]]; !ok {
				t.Errorf("%s.css: base.css does not define %s", name, use[1])
			}
		}
	}
}

// TestHoverIsForPointers checks that no style of a pointer sticks after a touch: every :hover is inside a media query.
func TestHoverIsForPointers(t *testing.T) {
	t.Parallel()
	pointers := regexp.MustCompile(`(?s)@media \(hover: hover\) \{.*?\n\t\}`)
	for _, name := range append(componentStylesheets(t), "base", "gallery") {
		if strings.Contains(pointers.ReplaceAllString(stylesheet(name), ""), ":hover") {
			t.Errorf("%s.css has a :hover outside of @media (hover: hover)", name)
		}
	}
}
