package views

import "embed"

// Sources holds the .templ files of this package, which the gallery shows.
//
//go:embed *.templ
var Sources embed.FS
