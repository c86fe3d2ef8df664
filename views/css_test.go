package views

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// stylesheets are the names of all stylesheets that belong to a component, with or without a template.
func stylesheets(t *testing.T) []string {
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

var (
	cssComment = regexp.MustCompile(`(?s)/\*.*?\*/`)
	cssRule    = regexp.MustCompile(`([^{};]+)\{`)
)

// A stylesheet touches nothing but its own component: each selector begins with the file's name as a class.
func TestSelectorsBeginWithTheComponent(t *testing.T) {
	t.Parallel()
	for _, name := range stylesheets(t) {
		css := cssComment.ReplaceAllString(stylesheet(name), "")
		if !strings.HasPrefix(strings.TrimSpace(css), "@layer components {") {
			t.Errorf("%s.css does not stand in the layer components", name)
		}
		for _, rule := range cssRule.FindAllStringSubmatch(css, -1) {
			prelude := strings.TrimSpace(rule[1])
			if frames, ok := strings.CutPrefix(prelude, "@keyframes "); ok && !strings.HasPrefix(frames, name) {
				t.Errorf("%s.css: @keyframes %s", name, frames)
			}
			if strings.HasPrefix(prelude, "@") || prelude == "to" {
				continue
			}
			for _, selector := range selectors(prelude) {
				if !regexp.MustCompile(`^\.` + name + `\b`).MatchString(selector) {
					t.Errorf("%s.css: %s", name, selector)
				}
			}
		}
	}
}

// selectors splits at the commas outside of parentheses.
func selectors(list string) (all []string) {
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

// A copied stylesheet works where the custom properties of base.css are missing: each use has a fallback.
func TestCustomPropertiesHaveFallbacks(t *testing.T) {
	t.Parallel()
	defined := properties(t)
	for _, name := range stylesheets(t) {
		for _, use := range regexp.MustCompile(`var\((--[a-z-]+)(,?)`).FindAllStringSubmatch(stylesheet(name), -1) {
			if use[2] == "" {
				t.Errorf("%s.css: %s has no fallback", name, use[1])
			}
			if _, ok := defined[use[1]]; !ok {
				t.Errorf("%s.css: base.css does not define %s", name, use[1])
			}
		}
	}
}
