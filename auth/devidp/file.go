package devidp

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
)

const fileVersion = 1

// read replaces the saved state by the contents of the file, if the file exists.
func (s *state) read() error {
	b, err := os.ReadFile(s.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	var got savedState
	if err := json.Unmarshal(b, &got); err != nil {
		return s.invalidFile(err)
	}
	switch {
	case got.Version != fileVersion:
		return s.invalidFile(fmt.Errorf("version %d, want %d", got.Version, fileVersion))
	case len(got.Seal) != sealSize || got.Sessions == nil || got.Grants == nil || got.Access == nil:
		return s.invalidFile(errors.New("a member is missing"))
	}
	s.saved = got
	return nil
}

// invalidFile returns the error for a file with invalid contents.
func (s *state) invalidFile(cause error) error {
	return fmt.Errorf("%s is not a valid file of the development provider: %w. "+
		"Remove it to start again; registered users must then register again", s.path, cause)
}

// write replaces the whole file by a rename, so that a process that is killed leaves the old or the new contents. The
// file is not locked, because a second provider already fails at the port.
func (s *state) write() error {
	b, err := json.MarshalIndent(&s.saved, "", "\t")
	if err != nil {
		return err
	}
	tmp := s.path + ".tmp"
	if err := os.WriteFile(tmp, b, 0o600); err != nil {
		return err
	}
	return os.Rename(tmp, s.path)
}
