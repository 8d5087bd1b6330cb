package nb

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// Write writes the notebook to path as [Notebook.Encode] gives it. A reader of
// the file sees the old notebook or the new one, never a part: the bytes go to
// a new file beside it, are synced, and take the old file's place by a rename.
// Such files of writers that were killed are removed.
// Permissions of an existing file are kept, and a symbolic link stays a link.
func Write(path string, n *Notebook) error {
	data, err := n.Encode()
	if err != nil {
		return &fs.PathError{Op: "write", Path: path, Err: err}
	}
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target
	}
	mode := fs.FileMode(0o644)
	if info, err := os.Stat(path); err == nil {
		mode = info.Mode().Perm()
	}
	tmp, err := temporary(path)
	if err != nil {
		return err
	}
	_, err = tmp.Write(data)
	err = errors.Join(err, tmp.Chmod(mode), tmp.Sync())
	if err == nil {
		err = replace(tmp, path)
	} else {
		_ = tmp.Close() // it is given up
	}
	if err != nil {
		return errors.Join(err, os.Remove(tmp.Name()))
	}
	return syncDir(filepath.Dir(path))
}
