//go:build unix

package nb

import (
	"errors"
	"os"

	"lockstep/exec/held"
)

// removeLeft removes a file that nobody holds.
func removeLeft(path string) {
	if release, ok := held.Take(path); ok {
		_ = os.Remove(path) // the next writer tries again
		release()
	}
}

// replace has a file take the place of path, and closes it.
func replace(f *os.File, path string) error {
	return errors.Join(os.Rename(f.Name(), path), f.Close()) // in this order: it is held until then
}
