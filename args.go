package main

import (
	_ "embed"
	"errors"
	"flag"
	"fmt"
	"io"
	"runtime/debug"
	"strings"
)

// envExample documents every environment variable.
//
//go:embed .env.example
var envExample string

const usage = `Usage: go run . [-h | -version]

Without arguments the app runs until Ctrl+C. Environment variables and a file .env configure it; .env.example is a
template for the file.
  -h        print this text and the variables
  -version  print the version
`

// help returns the usage and the variables, with their defaults and the comments of .env.example.
func help() string {
	var b strings.Builder
	b.WriteString(usage + "\nVariables:\n")
	_, variables, _ := strings.Cut(strings.TrimSpace(envExample), "\n\n") // leaves out the introduction
	for block := range strings.SplitSeq(variables, "\n\n") {
		i := strings.LastIndexByte(block, '\n') + 1
		name, value, _ := strings.Cut(strings.TrimPrefix(block[i:], "#"), "=")
		if value != "" {
			value = "  (default " + value + ")"
		}
		fmt.Fprintf(&b, "\n  %s%s\n", name, value)
		for comment := range strings.Lines(block[:i]) {
			b.WriteString("      " + strings.TrimPrefix(comment, "# "))
		}
	}
	return b.String()
}

// parseArgs reads the command line, without the program's name. It reports whether the app should run: it should not
// after -h and -version, whose text is written to out. An unknown argument is an error.
func parseArgs(args []string, out io.Writer) (run bool, err error) {
	flags := flag.NewFlagSet("", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	version := flags.Bool("version", false, "")
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		_, err = io.WriteString(out, help())
		return false, err
	case err != nil:
		return false, fmt.Errorf("%w\n%s", err, usage)
	case flags.NArg() > 0:
		return false, fmt.Errorf("unknown argument %q\n%s", flags.Arg(0), usage)
	case *version:
		_, err = fmt.Fprintln(out, buildVersion())
		return false, err
	}
	return true, nil
}

// buildVersion returns the module, its version and the VCS revision of this binary. go run records no revision.
func buildVersion() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown version: built without module support"
	}
	return versionOf(info)
}

func versionOf(info *debug.BuildInfo) string {
	settings := map[string]string{}
	for _, s := range info.Settings {
		settings[s.Key] = s.Value
	}
	words := []string{info.Main.Path, info.Main.Version}
	if revision := settings["vcs.revision"]; revision != "" {
		words = append(words, "revision "+revision)
	}
	if settings["vcs.modified"] == "true" {
		words = append(words, "with local changes")
	}
	return strings.Join(append(words, info.GoVersion), " ")
}
