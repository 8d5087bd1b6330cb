package cli

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"unicode"
	"unicode/utf8"
)

const extension = ".ipynb"

// A file is a notebook that a command works on.
type file struct {
	path string // as it is shown
	name string // below the folder that all have in common, without extension; with slashes
}

// find returns the notebooks that the arguments of a command mean, each once:
// files as they are, and those in a folder and the folders in it, sorted.
// Folders whose names begin with a dot, as .ipynb_checkpoints, are passed over.
func find(args []string) ([]file, error) {
	var files []file
	seen := make(map[string]bool)
	add := func(path string) error {
		absolute, err := filepath.Abs(path)
		if err == nil && !seen[absolute] {
			seen[absolute] = true
			files = append(files, file{path: path})
		}
		return err
	}
	for _, arg := range args {
		info, err := os.Stat(arg)
		if err != nil {
			return nil, err
		}
		if !info.IsDir() {
			if filepath.Ext(arg) != extension {
				return nil, fmt.Errorf("%s: want a notebook (%s) or a folder", arg, extension)
			}
			if err := add(filepath.Clean(arg)); err != nil {
				return nil, err
			}
			continue
		}
		before := len(files)
		err = filepath.WalkDir(arg, func(path string, d fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case d.IsDir() && path != arg && strings.HasPrefix(d.Name(), "."):
				return filepath.SkipDir
			case !d.IsDir() && filepath.Ext(path) == extension:
				return add(path)
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
		if len(files) == before && len(args) == 1 {
			return nil, fmt.Errorf("%s: no notebooks (%s) in it", arg, extension)
		}
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("no notebooks (%s) in %s", extension, strings.Join(args, ", "))
	}
	return files, setNames(files)
}

// setNames names the files by their places below the deepest folder that has
// all of them.
func setNames(files []file) error {
	var root string
	paths := make([]string, len(files))
	for i, f := range files {
		absolute, err := filepath.Abs(f.path)
		if err != nil {
			return err
		}
		paths[i] = absolute
		if i == 0 {
			root = filepath.Dir(absolute)
		}
		for !below(absolute, root) && root != filepath.Dir(root) {
			root = filepath.Dir(root)
		}
	}
	for i, path := range paths {
		name, err := filepath.Rel(root, path)
		if err != nil {
			name = path // on another drive
		}
		files[i].name = strings.TrimSuffix(filepath.ToSlash(name), extension)
	}
	return nil
}

func below(path, dir string) bool {
	name, err := filepath.Rel(dir, path)
	return err == nil && filepath.IsLocal(name)
}

// title returns what the pages are called when nobody has said it: the name of
// the folder, if there is one folder.
func title(args []string) string {
	if len(args) != 1 || filepath.Ext(args[0]) == extension {
		return ""
	}
	absolute, err := filepath.Abs(args[0])
	if err != nil {
		return ""
	}
	name := strings.NewReplacer("-", " ", "_", " ").Replace(filepath.Base(absolute))
	first, size := utf8.DecodeRuneInString(name)
	return string(unicode.ToUpper(first)) + name[size:]
}
