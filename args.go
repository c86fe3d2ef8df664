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
       go run . doctor [-json] [-sign-in]
       go run . copy [-force] [COMPONENT DIR]
       go run . health

Without arguments the app runs until Ctrl+C. Environment variables and a file .env configure it; .env.example is a
template for the file.
  doctor    check the configuration against the provider; the exit status is 1 if something is wrong
            -json     print the findings as JSON
            -sign-in  sign in once, in a browser, and print every check and the claims
  copy      copy a component and its stylesheet into a folder of another project; without arguments, list them
            -force    overwrite files that were changed
  health    ask the app that runs with the same HOST and PORT whether it is alive; the exit status is 1 if not
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

// command is what the command line asks for.
type command struct {
	name      string // "serve", "doctor", "copy", "health", or "" if everything is done
	json      bool   // doctor: print JSON
	signIn    bool   // doctor: sign in once
	component string // copy: what to copy; empty lists all
	folder    string // copy: where to
	force     bool   // copy: overwrite changed files
}

// parseArgs reads the command line, without the program's name. The texts of -h and -version are written to out. An
// unknown argument is an error.
func parseArgs(args []string, out io.Writer) (command, error) {
	flags := newFlags()
	version := flags.Bool("version", false, "")
	err := flags.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		_, err = io.WriteString(out, help())
		return command{}, err
	case err != nil:
		return command{}, fmt.Errorf("%w\n%s", err, usage)
	case flags.NArg() > 0 && flags.Arg(0) == "doctor" && !*version:
		return parseDoctor(flags.Args()[1:])
	case flags.NArg() > 0 && flags.Arg(0) == "copy" && !*version:
		return parseCopy(flags.Args()[1:])
	case flags.NArg() == 1 && flags.Arg(0) == "health" && !*version:
		return command{name: "health"}, nil
	case flags.NArg() > 0:
		return command{}, fmt.Errorf("unknown argument %q\n%s", flags.Arg(0), usage)
	case *version:
		_, err = fmt.Fprintln(out, buildVersion())
		return command{}, err
	}
	return command{name: "serve"}, nil
}

// parseDoctor reads the arguments of doctor.
func parseDoctor(args []string) (command, error) {
	cmd := command{name: "doctor"}
	flags := newFlags()
	flags.BoolVar(&cmd.json, "json", false, "")
	flags.BoolVar(&cmd.signIn, "sign-in", false, "")
	if err := flags.Parse(args); err != nil {
		return command{}, fmt.Errorf("doctor: %w\n%s", err, usage)
	}
	if flags.NArg() > 0 {
		return command{}, fmt.Errorf("doctor: unknown argument %q\n%s", flags.Arg(0), usage)
	}
	return cmd, nil
}

// parseCopy reads the arguments of copy.
func parseCopy(args []string) (command, error) {
	cmd := command{name: "copy"}
	flags := newFlags()
	flags.BoolVar(&cmd.force, "force", false, "")
	if err := flags.Parse(args); err != nil {
		return command{}, fmt.Errorf("copy: %w\n%s", err, usage)
	}
	switch flags.NArg() {
	case 0:
	case 2:
		cmd.component, cmd.folder = flags.Arg(0), flags.Arg(1)
	default:
		return command{}, fmt.Errorf("copy: want a component and a folder\n%s", usage)
	}
	return cmd, nil
}

func newFlags() *flag.FlagSet {
	flags := flag.NewFlagSet("", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	return flags
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
