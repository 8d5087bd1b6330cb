package native

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/module"
	"golang.org/x/mod/semver"
)

// cache is the go command's module cache. It is asked for once: each third-party package that a session
// knows wants it.
func (m *Module) cache(ctx context.Context) (string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.modCache != "" {
		return m.modCache, nil
	}
	out, said, err := m.t.run(ctx, m.dir, m.t.env, m.t.command, "env", "GOMODCACHE")
	if err != nil {
		return "", toolError("go env", said, err)
	}
	m.modCache = firstLine(string(out))
	return m.modCache, nil
}

// newestIn adds the version to a query that has none or asks for the latest: the newest one
// whose archive is in dir. The go command itself would take the newest that it has heard of.
func newestIn(dir, query string) string {
	pkg, version, _ := strings.Cut(query, "@")
	if version != "" && version != "latest" && version != "upgrade" {
		return query
	}
	for mod := pkg; mod != "."; mod = path.Dir(mod) {
		escaped, err := module.EscapePath(mod)
		if err != nil {
			continue
		}
		archives, _ := filepath.Glob(filepath.Join(dir, filepath.FromSlash(escaped), "@v", "*.zip"))
		var newest string
		for _, file := range archives {
			v, err := module.UnescapeVersion(strings.TrimSuffix(filepath.Base(file), ".zip"))
			if err == nil && (newest == "" || semver.Compare(v, newest) > 0) {
				newest = v
			}
		}
		if newest != "" {
			return pkg + "@" + newest
		}
	}
	return query
}

// Packages lists the import paths of the packages of the modules that were got, and of those that the
// session's own program is built with, as far as they are in the go command's module cache.
func (m *Module) Packages(ctx context.Context) ([]string, error) {
	folders, err := m.folders(ctx)
	if err != nil {
		return nil, err
	}
	m.mu.Lock()
	asked := slices.Clone(m.asked)
	m.mu.Unlock()
	var paths []string
	for _, f := range folders {
		// What no package of the module itself imports is called indirect by the go command.
		if !f.indirect || slices.ContainsFunc(asked, f.has) {
			paths = append(paths, packagesIn(f.dir, f.path)...)
		}
	}
	return paths, nil
}

// Source is the folder in the go command's module cache where the source of a package is, or in the copy of a folder that was got.
func (m *Module) Source(ctx context.Context, pkg string) (string, error) {
	folders, err := m.folders(ctx)
	if err != nil {
		return "", err
	}
	var best folder
	for _, f := range folders {
		if f.has(pkg) && len(f.path) > len(best.path) {
			best = f
		}
	}
	if best.dir == "" {
		return "", fmt.Errorf("no module of the session has package %s", pkg)
	}
	return filepath.Join(best.dir, filepath.FromSlash(strings.TrimPrefix(pkg, best.path))), nil
}

// folder is where a required module is.
type folder struct {
	path, dir string
	indirect  bool
}

func (f folder) has(pkg string) bool { return pkg == f.path || strings.HasPrefix(pkg, f.path+"/") }

// folders are those of the modules that go.mod requires.
func (m *Module) folders(ctx context.Context) ([]folder, error) {
	mod, err := m.file()
	if err != nil {
		return nil, err
	}
	cache, err := m.cache(ctx)
	if err != nil {
		return nil, err
	}
	var all []folder
	for _, r := range mod.Require {
		name, err1 := module.EscapePath(r.Mod.Path)
		version, err2 := module.EscapeVersion(r.Mod.Version)
		if err := errors.Join(err1, err2); err != nil {
			return nil, err
		}
		dir := cmp.Or(m.replaced(mod, r.Mod.Path), filepath.Join(cache, filepath.FromSlash(name)+"@"+version))
		all = append(all, folder{r.Mod.Path, dir, r.Indirect})
	}
	return all, nil
}

// packagesIn are the packages in a module's folder that others can import.
func packagesIn(root, mod string) (paths []string) {
	_ = filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return nil // what cannot be read is not offered
		}
		switch name := d.Name(); {
		case d.IsDir() && file != root && (name == "internal" || name == "vendor" || name == "testdata" || name[0] == '.' || name[0] == '_' || isFile(filepath.Join(file, "go.mod"))):
			return fs.SkipDir
		case !d.IsDir() && strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go"):
			folder, err := filepath.Rel(root, filepath.Dir(file))
			if pkg := path.Join(mod, filepath.ToSlash(folder)); err == nil && !slices.Contains(paths, pkg) && !isCommand(file) {
				paths = append(paths, pkg)
			}
		}
		return nil
	})
	return paths
}

// isCommand reports whether a file is of a package main.
func isCommand(file string) bool {
	f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.PackageClauseOnly)
	return err != nil || f.Name.Name == "main"
}
