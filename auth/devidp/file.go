package devidp

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
)

const fileVersion = 1

// file is where the state is kept. Each change writes all of it beside the old one and takes its
// place, so that a reader finds one or the other whole, whatever happens meanwhile.
type file struct{ path string }

// read fills d with what was written; no file leaves it as it is.
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
		return f.invalid(errors.New("something is missing"))
	}
	*d = got
	return nil
}

func (f *file) invalid(cause error) error {
	return fmt.Errorf("%s is not what the development provider wrote: %w. Remove it to begin afresh: people who registered must then do so again", f.path, cause)
}

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
