package devidp

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
)

const fileVersion = 1

// file is the file of the state. Each write replaces the whole file by a rename, so that a process that is killed
// leaves either the old or the new contents. The file is not locked, because a second provider already fails at the
// port.
type file struct{ path string }

// read replaces d by the contents of the file. If the file does not exist, d is not changed.
func (f *file) read(d *savedState) error {
	b, err := os.ReadFile(f.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	var got savedState
	if err := json.Unmarshal(b, &got); err != nil {
		return f.invalid(err)
	}
	switch {
	case got.Version != fileVersion:
		return f.invalid(fmt.Errorf("version %d, want %d", got.Version, fileVersion))
	case len(got.Seal) != sealSize || got.Sessions == nil || got.Grants == nil || got.Access == nil:
		return f.invalid(errors.New("a member is missing"))
	}
	*d = got
	return nil
}

// invalid returns the error for a file with invalid contents.
func (f *file) invalid(cause error) error {
	return fmt.Errorf("%s is not a valid file of the development provider: %w. "+
		"Remove it to start again; registered users must then register again", f.path, cause)
}

// write replaces the contents of the file by d.
func (f *file) write(d *savedState) error {
	b, err := json.MarshalIndent(d, "", "\t")
	if err != nil {
		return err
	}
	tmp := f.path + ".tmp"
	if err := os.WriteFile(tmp, b, 0o600); err != nil {
		return err
	}
	return os.Rename(tmp, f.path)
}
