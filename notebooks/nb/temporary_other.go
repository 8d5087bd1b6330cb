//go:build !unix

package nb

import "os"

// removeLeft removes a file that nobody has open: an open one cannot be removed here.
func removeLeft(path string) { _ = os.Remove(path) }

// replace has a file take the place of path, and closes it.
func replace(f *os.File, path string) error {
	if err := f.Close(); err != nil { // first: an open file cannot be renamed here
		return err
	}
	return os.Rename(f.Name(), path)
}
