package procs

import (
	"errors"
	"os"
	"path/filepath"
	"strings"

	"lockstep/exec/held"
)

// Folder is a temporary folder for this user alone, which lasts as long as this process at most: a [Guard] removes it
// after the process. If even the guard is killed, the next folder that any process makes takes it away: as long as a process lives it
// holds a lock in each of its folders. Make it with [NewFolder] and remove it.
type Folder struct {
	Path string
	lock *os.File // nil: there are no locks here
	over func()
}

const (
	folderPrefix = "lockstep-"
	folderLock   = ".lock"
)

// NewFolder makes a folder of a kind, which is part of its name, with a guard that may be nil. Folders of processes that are gone are removed.
func NewFolder(kind string, g *Guard) (*Folder, error) {
	sweep(os.TempDir())
	for {
		path, err := os.MkdirTemp("", folderPrefix+kind+"-")
		if err != nil {
			return nil, err
		}
		f := &Folder{Path: path, over: g.Folder(path)}
		if f.lock, err = claim(filepath.Join(path, folderLock)); err == nil {
			return f, nil
		}
		if err = errors.Join(err, f.Remove()); !errors.Is(err, held.ErrSwept) {
			return nil, err
		}
	}
}

// Remove removes it.
func (f *Folder) Remove() error {
	err := os.RemoveAll(f.Path)
	if f.lock != nil {
		_ = f.lock.Close() // nothing was written
	}
	f.over()
	return err
}

// sweep removes the folders below dir whose processes are gone. What it cannot remove it leaves.
func sweep(dir string) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return
	}
	for _, e := range entries {
		if !e.IsDir() || !strings.HasPrefix(e.Name(), folderPrefix) {
			continue
		}
		path := filepath.Join(dir, e.Name())
		if release, left := leftover(path); left {
			_ = os.RemoveAll(path)
			release()
		}
	}
}
