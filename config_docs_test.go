package main

import (
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/caarlos0/env/v11"
)

// documented is a variable as a document describes it.
type documented struct{ name, value string }

// configVariables returns the variables of config in order, with their defaults.
func configVariables(t *testing.T) []documented {
	t.Helper()
	params, err := env.GetFieldParams(&config{})
	if err != nil {
		t.Fatal(err)
	}
	cfg, err := readConfig(nil)
	if err != nil {
		t.Fatal(err)
	}
	var all []documented
	for _, p := range params {
		switch p.Key {
		case "BASE_URL":
			p.DefaultValue = cfg.BaseURL
		case "INSPECT":
			p.DefaultValue = cfg.Inspect
		case "DEV_PROVIDER_URL":
			p.DefaultValue = cfg.DevProviderURL
		}
		all = append(all, documented{p.Key, p.DefaultValue})
	}
	return all
}

func TestEnvExampleListsEveryVariable(t *testing.T) {
	t.Parallel()
	var got []documented
	// A variable's line follows at least one line of comment.
	for _, m := range regexp.MustCompile(`(?m)^# .+\n#?([A-Z_]+)=(.*)$`).FindAllStringSubmatch(envExample, -1) {
		got = append(got, documented{m[1], m[2]})
	}
	if want := configVariables(t); !sameVariables(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

// TestEnvExampleChangesNothing loads .env.example as it is and with every variable uncommented.
func TestEnvExampleChangesNothing(t *testing.T) {
	t.Parallel()
	want, err := readConfig(nil)
	if err != nil {
		t.Fatal(err)
	}
	uncommented := regexp.MustCompile(`(?m)^#([A-Z_]+=)`).ReplaceAllString(envExample, "$1")
	for _, text := range []string{envExample, uncommented} {
		vars, err := environment(writeEnvFile(t, text), nil)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := readConfig(vars); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("got %+v, error %v, want %+v", got, err, want)
		}
	}
}

// sameVariables reports whether a and b have the same elements, in any order.
func sameVariables(a, b []documented) bool {
	order := func(a, b documented) int { return strings.Compare(a.name, b.name) }
	return slices.Equal(slices.SortedFunc(slices.Values(a), order), slices.SortedFunc(slices.Values(b), order))
}
