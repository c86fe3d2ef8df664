package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/hashicorp/go-envparse"
)

// environment returns the variables of a .env file, overridden by those of environ, which is in the form of
// [os.Environ]. A missing file is not an error. An empty variable in environ counts as unset. White space around a name
// in environ is ignored, because cmd.exe makes it part of the name in "set NAME = value". A variable with the exact
// name wins.
func environment(file string, environ []string) (map[string]string, error) {
	vars, err := readEnvFile(file)
	if err != nil {
		return nil, err
	}
	for _, exact := range []bool{false, true} {
		for _, v := range environ {
			name, value, _ := strings.Cut(v, "=")
			if trimmed := strings.TrimSpace(name); value != "" && (trimmed == name) == exact {
				vars[trimmed] = value
			}
		}
	}
	return vars, nil
}

// unquotedHash matches a line whose value has a # that does not follow a space. go-envparse would take the rest of the
// value for a comment and drop it without an error.
var unquotedHash = regexp.MustCompile(`^\s*[^#='"]+=([^'"#]*[^\s'"#])?#`)

// readEnvFile reads a .env file. Its errors give the number of a malformed line but not the line's content, which may
// be a secret.
func readEnvFile(file string) (map[string]string, error) {
	text, err := os.ReadFile(file)
	if errors.Is(err, os.ErrNotExist) {
		return map[string]string{}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", file, err)
	}
	if isUTF16(text) {
		return nil, fmt.Errorf("%s is encoded as UTF-16; save it as UTF-8", file)
	}
	text = bytes.TrimPrefix(text, []byte(byteOrderMark))
	number := 0
	for line := range bytes.Lines(text) {
		number++
		if !utf8.Valid(line) {
			return nil, fmt.Errorf("%s: line %d is not encoded as UTF-8; save the file as UTF-8", file, number)
		}
		if unquotedHash.Match(line) {
			return nil, malformedLine(file, number)
		}
	}
	vars, err := envparse.Parse(bytes.NewReader(text))
	if fault := new(envparse.ParseError); errors.As(err, &fault) {
		return nil, malformedLine(file, fault.Line)
	}
	return vars, err
}

func malformedLine(file string, number int) error {
	return fmt.Errorf("%s: line %d is malformed; write NAME=value, "+
		"with single quotes around a value that contains spaces, # or quotes", file, number)
}
