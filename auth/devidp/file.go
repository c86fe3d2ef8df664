package devidp

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

const (
	fileVersion = 1
	lockWait    = time.Second // a copy that is just being stopped, as live reload does, is gone by then
)

// file is where the state is kept. Each change writes all of it beside the old one and takes its
// place, so that a reader finds one or the other whole, whatever happens meanwhile.
type file struct {
	path string
	lock *os.File
}

// openFile takes the lock of a file, which need not exist yet.
func openFile(path string) (*file, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	lock, err := os.OpenFile(path+".lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	for begin := time.Now(); ; time.Sleep(20 * time.Millisecond) {
		if err = tryLock(lock); err == nil {
			return &file{path: path, lock: lock}, nil
		}
		if time.Since(begin) > lockWait {
			lock.Close()
			return nil, fmt.Errorf("%s is in use by another process: stop it, or give this one another file: %w", path, err)
		}
	}
}

func (f *file) close() error { return f.lock.Close() } // which unlocks it

// read fills d with what was written; no file leaves it as it is.
func (f *file) read(d *saved) error {
	b, err := os.ReadFile(f.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	var got saved
	if err := json.Unmarshal(b, &got); err != nil {
		return f.broken(err)
	}
	switch {
	case got.Version != fileVersion:
		return f.broken(fmt.Errorf("version %d, want %d", got.Version, fileVersion))
	case len(got.Seal) != sealSize || got.Sessions == nil || got.Grants == nil || got.Access == nil:
		return f.broken(errors.New("something is missing"))
	}
	*d = got
	return nil
}

func (f *file) broken(cause error) error {
	return fmt.Errorf("%s is not what the development provider wrote: %w. Remove it to begin afresh: people who registered must then do so again", f.path, cause)
}

func (f *file) write(d *saved) error {
	b, err := json.MarshalIndent(d, "", "\t")
	if err != nil {
		return err
	}
	tmp, err := os.CreateTemp(filepath.Dir(f.path), filepath.Base(f.path)+".*.tmp") // mode 0600
	if err != nil {
		return err
	}
	_, err = tmp.Write(b)
	if err == nil {
		err = tmp.Sync()
	}
	if err := errors.Join(err, tmp.Close()); err != nil {
		return errors.Join(err, os.Remove(tmp.Name()))
	}
	if err := os.Rename(tmp.Name(), f.path); err != nil {
		return errors.Join(err, os.Remove(tmp.Name()))
	}
	return syncDir(filepath.Dir(f.path))
}

// syncDir makes the rename last. Systems that cannot sync a directory, such as Windows, do without.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	d.Sync()
	return d.Close()
}
