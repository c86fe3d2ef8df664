package main

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxSecretFile is the number of bytes that a file with a secret may have.
const maxSecretFile = 16 << 10

// readFiles reads the files that CLIENT_SECRET_FILE and CLIENT_KEY_FILE name.
func (c *config) readFiles(found *mistakes) {
	if c.ClientSecretFile != "" && c.AuthURL != "" {
		secret, err := readSecret(c.ClientSecretFile)
		if c.ClientSecret != "" {
			err = errors.New("and CLIENT_SECRET are both set; leave one of them empty")
		}
		if err != nil {
			found.add("CLIENT_SECRET_FILE", err.Error())
		}
		c.ClientSecret = secret
	}
	var err error
	if c.clientKey, err = readKey(c.ClientKeyFile); err != nil {
		found.add("CLIENT_KEY_FILE", err.Error())
	}
}

// readSecret reads a file that holds a secret. Line ends at the end of the file are not part of the secret, because
// most editors and echo write one.
func readSecret(file string) (string, error) {
	f, err := os.Open(file)
	if err != nil {
		return "", fmt.Errorf("must name a file that holds the secret: %w", withoutName(err))
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxSecretFile+1))
	if err != nil {
		return "", fmt.Errorf("must name a file that holds the secret: %w", withoutName(err))
	}
	secret := strings.TrimRight(strings.TrimPrefix(string(text), byteOrderMark), "\r\n")
	switch {
	case secret == "":
		return "", errors.New("must name a file that holds the secret; this file is empty")
	case len(text) > maxSecretFile:
		return "", errors.New("must name a file that holds the secret alone; this file is too large")
	case isUTF16(text):
		return "", errors.New("names a file that is encoded as UTF-16; save it as UTF-8")
	}
	if problem := damage(secret); problem != "" {
		return "", errors.New("must name a file that holds the secret alone; its content " + problem)
	}
	return secret, nil
}

// withoutName removes the name of the file from an error of package os. If somebody has put a secret in the place of a
// file's name, the name is the secret.
func withoutName(err error) error {
	if e := new(fs.PathError); errors.As(err, &e) {
		return e.Err
	}
	return err
}

// readKey reads a private key in PKCS #8 and PEM. It returns nil if the name of the file is empty.
func readKey(file string) (crypto.Signer, error) {
	if file == "" {
		return nil, nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("must name a file with a private key in PEM: %w", withoutName(err))
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, errors.New("must name a file with a private key in PEM; this file contains none")
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, errors.New("must contain a key in PKCS #8, as openssl genpkey writes it")
	}
	signer, ok := key.(crypto.Signer)
	if !ok {
		return nil, errors.New("must contain a key that can sign: RSA, ECDSA or Ed25519")
	}
	return signer, nil
}

// byteOrderMark is what some Windows editors write at the beginning of a file in UTF-8.
const byteOrderMark = "\ufeff"

// isUTF16 reports whether the content of a file is UTF-16 instead of UTF-8. Windows PowerShell 5 writes such files.
func isUTF16(text []byte) bool {
	return bytes.HasPrefix(text, []byte("\xff\xfe")) || bytes.HasPrefix(text, []byte("\xfe\xff")) ||
		bytes.IndexByte(text, 0) >= 0
}

// damage says what happened to a value on its way into the environment, or returns "" if nothing is seen. It does not
// repeat the value, which may be a secret.
func damage(value string) string {
	switch {
	case value == "":
		return ""
	case !utf8.ValidString(value):
		return "is not UTF-8; save it as UTF-8"
	case strings.HasSuffix(value, "\n"):
		return "ends with a line feed, as echo writes it; create it with printf or echo -n"
	case strings.TrimSpace(value) != value:
		return "begins or ends with white space; remove it"
	case isQuoted(value):
		return "has quotes around it that are part of the value; remove them (Docker's --env-file and cmd.exe keep quotes)"
	case strings.ContainsFunc(value, isInvisible):
		return "contains a line break or an invisible character; copy it again"
	case strings.Trim(value, ".…") == "", strings.Contains(value, "YOUR-TENANT"):
		return "still has the placeholder of the instructions"
	case reference.MatchString(value):
		return "refers to another variable, but nothing has replaced it (.env files are not expanded)"
	}
	return ""
}

// reference matches a value that is nothing but a reference to a variable, as shells, Compose, Kubernetes, cmd.exe and
// templates write it. A secret that merely begins with $ is not one.
var reference = regexp.MustCompile(`^(\$\{[^{}]+\}|\$\([A-Za-z_]\w*\)|\$[A-Z]+_[A-Z_]+|%[A-Za-z_]\w*%|\{\{.*\}\})$`)

// isQuoted reports whether a value begins and ends with quotes that belong together.
func isQuoted(value string) bool {
	for _, pair := range []string{`""`, `''`, "``", "“”", "‘’"} {
		open, size := utf8.DecodeRuneInString(pair)
		inner, ok := strings.CutPrefix(value, string(open))
		if ok && strings.HasSuffix(inner, pair[size:]) {
			return true
		}
	}
	return false
}

// isInvisible reports whether a character other than a space cannot be seen, for example a zero width space.
func isInvisible(r rune) bool {
	return r != ' ' && (unicode.IsControl(r) || unicode.IsSpace(r) || unicode.Is(unicode.Cf, r))
}
