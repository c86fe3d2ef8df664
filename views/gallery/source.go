package gallery

import (
	"go/ast"
	gofmt "go/format"
	"go/parser"
	"go/token"
	"strings"

	"github.com/a-h/templ"

	"github.com/plusauth/plusauth-go-starter/views"
)

// documentation is what a component's source says about it.
type documentation struct {
	Name  string // in Go, for example "LoginState"
	About string // the first paragraph of its doc comment, without the name
	Usage string // the example in its doc comment; may be empty
	Types []propsType
}

// propsType is a struct that callers fill, for example LoginStateProps.
type propsType struct {
	Name   string
	Fields []propsField
}

// propsField is a field with its own comment.
type propsField struct{ Name, Type, Comment string }

// source returns the text of the component's .templ file.
func (c component) source() string {
	source, _ := views.Sources.ReadFile(c.File + ".templ")
	return string(source)
}

// document reads the doc comment of the first component in the file, and the exported structs.
func (c component) document() documentation {
	d := documentation{Name: c.File}
	var comment []string
	lines := strings.Split(c.source(), "\n")
	for i, line := range lines {
		if text, ok := strings.CutPrefix(line, "//"); ok {
			comment = append(comment, strings.TrimPrefix(text, " "))
			continue
		}
		if signature, ok := strings.CutPrefix(line, "templ "); ok && d.Name == c.File {
			d.Name, _, _ = strings.Cut(signature, "(")
			d.About, d.Usage = splitComment(d.Name, comment)
		}
		if name, ok := strings.CutPrefix(line, "type "); ok && strings.HasSuffix(name, " struct {") && ast.IsExported(name) {
			d.Types = append(d.Types, propsTypeOf(strings.Join(lines[i:], "\n")))
		}
		comment = nil
	}
	return d
}

// splitComment returns the first paragraph of a doc comment without the name of the component, and its first block of
// code.
func splitComment(name string, comment []string) (about, usage string) {
	var first, code []string
	paragraph := true
	for _, line := range comment {
		switch text, isCode := strings.CutPrefix(line, "\t"); {
		case isCode:
			code = append(code, text)
		case line == "":
			paragraph = false
		case paragraph:
			first = append(first, line)
		}
	}
	about = strings.TrimPrefix(strings.Join(first, " "), name+" ")
	about = strings.TrimPrefix(strings.TrimPrefix(about, "is "), "are ")
	if about != "" {
		about = strings.ToUpper(about[:1]) + about[1:]
	}
	return about, strings.Join(code, "\n")
}

// copyCommand is the line that copies the component into the next folder's project.
func copyCommand(c component) templ.Component {
	return views.CopyLine(views.CopyLineProps{
		ID: "copy-" + c.File, Text: "go run . copy " + c.File + " ../app/views", Label: "Copy the command",
	})
}

// propsTypeOf returns the struct at the beginning of a source. What follows it may be no Go.
func propsTypeOf(source string) (t propsType) {
	body, _, _ := strings.Cut(source, "\n}\n")
	file, err := parser.ParseFile(token.NewFileSet(), "", "package p\n"+body+"\n}\n", parser.ParseComments)
	if err != nil {
		return t
	}
	spec, ok := file.Decls[0].(*ast.GenDecl).Specs[0].(*ast.TypeSpec)
	if !ok {
		return t
	}
	t.Name = spec.Name.Name
	for _, field := range spec.Type.(*ast.StructType).Fields.List {
		comment := strings.Join(strings.Fields(field.Doc.Text()+" "+field.Comment.Text()), " ")
		var name strings.Builder
		_ = gofmt.Node(&name, token.NewFileSet(), field.Type) // to a strings.Builder it never fails
		for _, n := range field.Names {
			t.Fields = append(t.Fields, propsField{Name: n.Name, Type: name.String(), Comment: sentence(comment)})
		}
	}
	return t
}

// sentence begins a comment with a capital letter and ends it with a full stop.
func sentence(comment string) string {
	if comment == "" {
		return ""
	}
	return strings.ToUpper(comment[:1]) + strings.TrimSuffix(comment[1:], ".") + "."
}
