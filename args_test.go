package main

import (
	"runtime/debug"
	"strings"
	"testing"
)

func TestHelpPrintsUsageAndVariables(t *testing.T) {
	t.Parallel()
	app, _ := child(t, t.TempDir(), []string{"-h"})
	if err := app.stop(); err != nil {
		t.Errorf("the program ended with %v", err)
	}
	got := app.out.String()
	if !strings.HasPrefix(got, usage+"\n") {
		t.Errorf("got:\n%s\nwant the usage first", got)
	}
	for _, v := range configVariables(t) {
		title := "\n  " + v.name + "\n      "
		if v.value != "" {
			title = "\n  " + v.name + "  (default " + v.value + ")\n      "
		}
		if strings.Count(got, title) != 1 {
			t.Errorf("got:\n%s\nwant once: %s", got, title)
		}
	}
	for line := range strings.Lines(envExample) {
		if comment, ok := strings.CutPrefix(line, "# "); ok && strings.Contains(comment, "BASE_URL/") {
			if !strings.Contains(got, "\n      "+comment) {
				t.Errorf("got:\n%s\nwant the line %q", got, comment)
			}
		}
	}
}

func TestVersionPrintsTheModule(t *testing.T) {
	t.Parallel()
	app, _ := child(t, t.TempDir(), []string{"-version"})
	if err := app.stop(); err != nil {
		t.Errorf("the program ended with %v", err)
	}
	if got, want := app.out.String(), buildVersion()+"\n"; got != want || strings.HasPrefix(got, "unknown") {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestUnknownArgumentIsAnError(t *testing.T) {
	t.Parallel()
	for args, want := range map[string]string{
		"serve":          `unknown argument "serve"`,
		"-version serve": `unknown argument "serve"`,
		"-port 4000":     "-port",
		"help":           `unknown argument "help"`,
	} {
		t.Run(args, func(t *testing.T) {
			t.Parallel()
			app, process := child(t, t.TempDir(), strings.Fields(args), "PORT=0", "SESSION_STORE=memory:")
			app.stop()
			out, code := app.out.String(), process.ProcessState.ExitCode()
			if code != 2 || !strings.Contains(out, want) || !strings.Contains(out, usage) {
				t.Errorf("got exit status %d and output %q, want 2, %q and the usage", code, out, want)
			}
		})
	}
}

func TestVersionOf(t *testing.T) {
	t.Parallel()
	main := debug.Module{Path: "example.com/app", Version: "v0.1.0"}
	for want, settings := range map[string][]debug.BuildSetting{
		"example.com/app v0.1.0 go1.26.0": nil,
		"example.com/app v0.1.0 revision 1a2b3c4 go1.26.0": {
			{Key: "vcs.revision", Value: "1a2b3c4"},
			{Key: "vcs.modified", Value: "false"},
		},
		"example.com/app v0.1.0 revision 1a2b3c4 with local changes go1.26.0": {
			{Key: "vcs.revision", Value: "1a2b3c4"},
			{Key: "vcs.modified", Value: "true"},
		},
	} {
		if got := versionOf(&debug.BuildInfo{GoVersion: "go1.26.0", Main: main, Settings: settings}); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
