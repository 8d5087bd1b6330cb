package native

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"
	"golang.org/x/mod/sumdb/dirhash"
	"golang.org/x/mod/zip"
)

// IsFolder tells whether a query of [Module.Get] is a folder, as the go command tells it.
func IsFolder(query string) bool {
	first, _, _ := strings.Cut(filepath.ToSlash(query), "/")
	return first == "." || first == ".." || filepath.IsAbs(query)
}

// Replace has the module use the Go module in a folder in the place of what others offer under its
// path. It is a copy, as the folder is now, since what units have been built with must not change under
// them. The result is its path, and the query with which [Module.Get] gets what it requires; changed tells
// whether the copy is another one than before.
func (m *Module) Replace(dir string) (path, query string, changed bool, err error) {
	text, err := os.ReadFile(filepath.Join(dir, "go.mod"))
	if errors.Is(err, fs.ErrNotExist) {
		return "", "", false, fmt.Errorf("%s has no go.mod, so it is no module", dir)
	} else if err != nil {
		return "", "", false, err
	}
	if path = modfile.ModulePath(text); path == "" {
		return "", "", false, fmt.Errorf("%s names no module", filepath.Join(dir, "go.mod"))
	}
	copied, err := m.copyFolder(dir)
	if err != nil {
		return "", "", false, err
	}
	mod, err := m.file()
	if err != nil {
		return "", "", false, err
	}
	_, major, _ := module.SplitPathVersion(path)
	version := cmp.Or(module.PathMajorPrefix(major), "v0") + ".0.0-00010101000000-000000000000" // as the go command has it
	required := false
	for _, r := range mod.Require {
		if r.Mod.Path == path {
			version, required = r.Mod.Version, true
		}
	}
	if !required {
		if err := mod.AddRequire(path, version); err != nil {
			return "", "", false, err
		}
	}
	changed = true
	for _, r := range mod.Replace {
		changed = changed && (r.Old.Path != path || r.New.Path != copied)
	}
	if err := mod.AddReplace(path, "", copied, ""); err != nil {
		return "", "", false, err
	}
	out, err := mod.Format()
	if err != nil {
		return "", "", false, err
	}
	return path, path + "@" + version, changed, writeFile(filepath.Join(m.dir, "go.mod"), out)
}

// copyFolder copies the files of a module, and returns the copy's place in this one. It is named by the content,
// so that go.mod is the same text wherever the content is the same.
func (m *Module) copyFolder(dir string) (place string, err error) {
	files, err := zip.CheckDir(dir)
	if err = cmp.Or(err, files.SizeError); err != nil {
		return "", err
	}
	copies := filepath.Join(m.dir, "folders")
	if err := os.MkdirAll(copies, 0o700); err != nil {
		return "", err
	}
	to, err := os.MkdirTemp(copies, "tmp-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(to) // it has another name then, or is there already
	for _, from := range files.Valid {
		name, err := filepath.Rel(dir, from)
		if err != nil {
			return "", err
		}
		text, err := os.ReadFile(from)
		if err != nil {
			return "", err
		}
		file := filepath.Join(to, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o700), os.WriteFile(file, text, 0o600)); err != nil {
			return "", err
		}
	}
	sum, err := dirhash.HashDir(to, "", dirhash.Hash1)
	if err != nil {
		return "", err
	}
	key := sha256.Sum256([]byte(sum))
	name := hex.EncodeToString(key[:])[:20]
	if err := os.Rename(to, filepath.Join(copies, name)); err != nil && !isFile(filepath.Join(copies, name, "go.mod")) {
		return "", err
	}
	return "./folders/" + name, nil
}

// replaced is the folder in which go.mod has a module, "" if it does not replace it.
func (m *Module) replaced(mod *modfile.File, path string) string {
	for _, r := range mod.Replace {
		if r.Old.Path != path || !modfile.IsDirectoryPath(r.New.Path) {
			continue
		}
		dir := filepath.FromSlash(r.New.Path)
		if filepath.IsAbs(dir) {
			return dir
		}
		return filepath.Join(m.dir, dir)
	}
	return ""
}
