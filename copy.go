package main

import (
	"bytes"
	"errors"
	"fmt"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/plusauth/plusauth-go-starter/assets"
	"github.com/plusauth/plusauth-go-starter/views"
)

// copyComponent copies a component, its template and its stylesheet, into a folder of another project, or lists all
// components. It changes no file that differs from its copy unless force is set. The messages are written to out.
func copyComponent(cmd command, out io.Writer) error {
	if cmd.component == "" {
		return listComponents(out)
	}
	files, err := componentFiles(cmd.component, cmd.folder)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(cmd.folder, 0o777); err != nil {
		return err
	}
	var changed []string
	for name, content := range files {
		found, err := os.ReadFile(name)
		if err == nil && !cmd.force && withoutOrigin(found) != withoutOrigin(content) {
			changed = append(changed, name)
		} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	if len(changed) > 0 {
		slices.Sort(changed)
		return fmt.Errorf("%s already exists and differs; nothing was copied. Use -force to overwrite it",
			strings.Join(changed, " and "))
	}
	for name, content := range files {
		if err := os.WriteFile(name, content, 0o666); err != nil {
			return err
		}
		fmt.Fprintf(out, "copied %s\n", name)
	}
	_, err = io.WriteString(out, nextSteps(cmd.component))
	return err
}

// componentFiles returns the files of a component by the names that they get in the folder. The component base is the
// stylesheet with the custom properties.
func componentFiles(component, folder string) (map[string][]byte, error) {
	css := assets.Stylesheet(component)
	template, err := fs.ReadFile(views.Sources, component+".templ")
	if component == "base" {
		err = nil
	}
	if err != nil || !slices.Contains(append(componentNames(), "base"), component) {
		return nil, fmt.Errorf("no component %q; run copy without arguments for a list", component)
	}
	files := map[string][]byte{}
	if len(template) > 0 {
		name, err := packageName(folder)
		if err != nil {
			return nil, err
		}
		clause := "package " + name + "\n\n// " + copiedFrom("views/"+component+".templ") + "\n"
		template = bytes.Replace(template, []byte("package views\n"), []byte(clause), 1)
		files[filepath.Join(folder, component+".templ")] = template
	}
	if css != "" {
		comment := "/* " + copiedFrom("assets/css/"+component+".css") + " */\n"
		files[filepath.Join(folder, component+".css")] = []byte(comment + css)
	}
	return files, nil
}

// copiedFrom says where a copy came from.
func copiedFrom(file string) string {
	module, version := "plusauth-go-starter", "unknown version"
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Path != "" {
		module, version = info.Main.Path, info.Main.Version
	}
	return "Copied from " + file + " of " + module + " " + version + "."
}

var originLine = regexp.MustCompile(`(?m)^.*Copied from \S+ of \S+ .*\r?\n`)

// withoutOrigin returns a file without the line that copiedFrom has written and without the carriage returns of
// Windows.
func withoutOrigin(content []byte) string {
	return strings.ReplaceAll(string(originLine.ReplaceAll(content, nil)), "\r\n", "\n")
}

// packageName returns the package of the Go files and templates in a folder. If there are none, it is the name of the
// folder.
func packageName(folder string) (string, error) {
	for _, pattern := range []string{"*.go", "*.templ"} {
		names, err := filepath.Glob(filepath.Join(folder, pattern))
		if err != nil {
			return "", err
		}
		for _, name := range names {
			source, err := os.ReadFile(name)
			if err != nil {
				return "", err
			}
			file, err := parser.ParseFile(token.NewFileSet(), name, source, parser.PackageClauseOnly)
			if err == nil && !strings.HasSuffix(file.Name.Name, "_test") {
				return file.Name.Name, nil
			}
		}
	}
	absolute, err := filepath.Abs(folder)
	if err != nil {
		return "", err
	}
	name := regexp.MustCompile(`[^a-z0-9_]`).ReplaceAllString(strings.ToLower(filepath.Base(absolute)), "")
	if name = strings.TrimLeft(name, "0123456789"); name == "" || token.IsKeyword(name) {
		name = "views"
	}
	return name, nil
}

// componentNames returns the names of all components.
func componentNames() []string {
	files, _ := fs.Glob(views.Sources, "*.templ") // the pattern is valid
	var names []string
	for _, file := range files {
		if name := strings.TrimSuffix(file, ".templ"); name != "page" && !strings.HasPrefix(name, "page-") {
			names = append(names, name)
		}
	}
	return names
}

// listComponents writes a line for each component: its name, and the first sentence of its comment.
func listComponents(out io.Writer) error {
	var b strings.Builder
	b.WriteString("Usage: copy [-force] COMPONENT DIR\n\nThe components:\n")
	for _, name := range componentNames() {
		source, err := fs.ReadFile(views.Sources, name+".templ")
		if err != nil {
			return err
		}
		fmt.Fprintf(&b, "  %-16s %s\n", name, firstSentence(string(source)))
	}
	fmt.Fprintf(&b, "  %-16s %s\n", "base", "The stylesheet with the custom properties that the components use.")
	_, err := io.WriteString(out, b.String())
	return err
}

var templateComment = regexp.MustCompile(`(?m)((?:^//.*\n)+)templ [A-Z]`)

// firstSentence returns the first sentence of the comment of a component.
func firstSentence(source string) string {
	match := templateComment.FindStringSubmatch(strings.ReplaceAll(source, "\r\n", "\n"))
	if match == nil {
		return ""
	}
	comment := strings.Join(strings.Fields(strings.ReplaceAll(match[1], "//", "")), " ")
	sentence, _, _ := strings.Cut(comment, ". ")
	return strings.TrimSuffix(sentence, ".") + "."
}

// nextSteps says what to do with the copy.
func nextSteps(component string) string {
	if component == "base" {
		return "Serve base.css before the stylesheets of the components.\n"
	}
	steps := fmt.Sprintf(`
Next, in that project:
  go get -tool github.com/a-h/templ/cmd/templ && go tool templ generate
  serve %s.css after the custom properties of base.css ("copy base DIR"); a Bootstrap project has them already
`, component)
	source, err := fs.ReadFile(views.Sources, component+".templ")
	if err == nil && bytes.Contains(source, []byte("data-hx-")) {
		steps += "  load htmx 2 or 4 for its fragment props, or leave them empty\n"
	}
	if err == nil && bytes.Contains(source, []byte("data-copy=")) { // the link of FlowPicture has no value
		steps += "  its copy button stays hidden without a script that handles [data-copy], such as assets/js/session.js\n"
	}
	return steps
}
