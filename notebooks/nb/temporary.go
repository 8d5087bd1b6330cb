package nb

import (
	"errors"
	"os"
	"path/filepath"
	"strings"

	"lockstep/exec/held"
)

// temporary makes a file beside path that is to take its place. What writers left there that were killed is removed: a
// writer that lives holds its file.
func temporary(path string) (*os.File, error) {
	dir, prefix := filepath.Dir(path), "."+filepath.Base(path)+"."
	entries, _ := os.ReadDir(dir) // if it cannot be read nothing is removed
	for _, e := range entries {
		if number, ok := strings.CutPrefix(e.Name(), prefix); ok && e.Type().IsRegular() && strings.Trim(number, "0123456789") == "" {
			removeLeft(filepath.Join(dir, e.Name()))
		}
	}
	for {
		f, err := os.CreateTemp(dir, prefix+"*")
		if err != nil {
			return nil, err
		}
		if err = held.Hold(f); err == nil {
			return f, nil
		}
		_ = f.Close() // nothing was written
		if !errors.Is(err, held.ErrSwept) {
			return nil, err
		}
	}
}
