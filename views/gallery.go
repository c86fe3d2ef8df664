package views

import (
	"embed"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"
)

// The gallery shows these very files.
//
//go:embed *.templ
var sources embed.FS

// galleryItem is a component with the states it is shown in.
type galleryItem struct {
	File     string // without its ending: "login-state"
	Needs    string // beside its two files; empty: nothing
	Examples []galleryExample
}

// galleryExample is a component in one state. It is drawn twice on a page, so it takes the id to use.
type galleryExample struct {
	State string
	Draw  func(id string) templ.Component
	Inert bool // is only looked at, because its form would post something
}

// Components returns the names under which the gallery shows the components, which are their files' names.
func Components() []string {
	var names []string
	for _, item := range galleryItems {
		names = append(names, item.File)
	}
	return names
}

func galleryFind(file string) (galleryItem, bool) {
	i := slices.IndexFunc(galleryItems, func(item galleryItem) bool { return item.File == file })
	if i < 0 {
		return galleryItem{}, false
	}
	return galleryItems[i], true
}

// gallerySource is the text of the component's .templ file.
func gallerySource(item galleryItem) string {
	source, _ := sources.ReadFile(item.File + ".templ")
	return string(source)
}

// galleryComponent finds the component in its file: its name, and the first paragraph of its comment.
func galleryComponent(item galleryItem) (name, about string) {
	var comment []string
	for line := range strings.Lines(gallerySource(item)) {
		line = strings.TrimSpace(line)
		if text, ok := strings.CutPrefix(line, "//"); ok {
			comment = append(comment, strings.TrimSpace(text))
			continue
		}
		if signature, ok := strings.CutPrefix(line, "templ "); ok {
			name, _, _ = strings.Cut(signature, "(")
			if end := slices.Index(comment, ""); end >= 0 {
				comment = comment[:end]
			}
			return name, strings.Join(comment, " ")
		}
		comment = nil
	}
	return item.File, ""
}

func galleryID(item galleryItem, n int, scheme string) string {
	return item.File + "-" + strconv.Itoa(n+1) + "-" + scheme
}
