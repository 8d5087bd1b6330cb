package native

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// eachSource calls f with the name of every file that a build takes.
func eachSource(source fs.FS, f func(name string) error) error {
	return fs.WalkDir(source, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && path.Base(name) == "testdata":
			return fs.SkipDir
		case d.IsDir() || strings.HasSuffix(name, "_test.go"):
			return nil
		}
		return f(name)
	})
}

// extract writes the source to a folder.
func extract(source fs.FS, dir string) error {
	return eachSource(source, func(name string) error {
		text, err := fs.ReadFile(source, name)
		if err != nil {
			return err
		}
		to := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
			return err
		}
		return os.WriteFile(to, text, 0o600)
	})
}
