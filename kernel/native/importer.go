package native

import (
	"context"
	"fmt"
	"go/token"
	"go/types"
	"maps"
	"os"
	"slices"
	"sync"

	"golang.org/x/tools/go/gcexportdata"
)

// An Importer gives the types of packages of a session's module, and of the
// standard library what another importer says. Within one Importer a package has one identity. It is
// safe for concurrent use.
type Importer struct {
	t   *Toolchain
	std types.Importer

	mu    sync.Mutex
	fset  *token.FileSet
	pkgs  map[string]*types.Package // also those that others only mention, which are not complete
	files map[string]string         // archives of those that were read, by import path
}

// Importer makes an importer for the packages that t's units may import. std
// knows the standard library and the packages of this module.
func (t *Toolchain) Importer(std types.Importer) *Importer {
	return &Importer{t: t, std: std, fset: token.NewFileSet(), pkgs: map[string]*types.Package{}, files: map[string]string{}}
}

// Over returns the importer for t, which builds with another state of the same module.
// Where all that was imported is unchanged, its packages are those of im. Else changed names those that are not,
// and no package of the result is one of im. Then im is not to be used any more.
func (im *Importer) Over(ctx context.Context, t *Toolchain) (next *Importer, changed []string) {
	next = t.Importer(im.std)
	im.mu.Lock()
	defer im.mu.Unlock()
	paths := slices.Sorted(maps.Keys(im.files))
	if len(paths) == 0 {
		return next, nil
	}
	archives, err := t.need(ctx, paths)
	if err != nil {
		return next, paths // one of them is not there any more
	}
	for _, path := range paths {
		if archives[path].File != im.files[path] {
			changed = append(changed, path)
		}
	}
	if len(changed) == 0 {
		next.fset, next.pkgs, next.files = im.fset, im.pkgs, im.files
	}
	return next, changed
}

// Import is [Importer.ImportContext] without a context: a package that has not been
// compiled for units makes it take seconds.
func (im *Importer) Import(path string) (*types.Package, error) {
	return im.ImportContext(context.Background(), path)
}

// ImportContext gives the types of a package, which is compiled if it has not been.
func (im *Importer) ImportContext(ctx context.Context, path string) (*types.Package, error) {
	if !im.t.foreign(path) {
		return im.std.Import(path)
	}
	archives, err := im.t.need(ctx, []string{path})
	if err != nil {
		return nil, err
	}
	im.mu.Lock()
	defer im.mu.Unlock()
	return im.load(archives, path)
}

// load brings in a package after those that it imports, so that what it mentions of
// them is theirs. The caller holds im.mu.
func (im *Importer) load(archives map[string]archive, path string) (*types.Package, error) {
	if p := im.pkgs[path]; p != nil && p.Complete() {
		return p, nil
	}
	if !im.t.foreign(path) {
		p, err := im.std.Import(path)
		if err != nil {
			return nil, nil // such as internal/…: what is mentioned of it comes with who mentions it
		}
		im.pkgs[path] = p
		return p, nil
	}
	a := archives[path]
	for _, dep := range a.Imports {
		if _, err := im.load(archives, dep); err != nil {
			return nil, err
		}
	}
	f, err := os.Open(im.t.archiveFile(a))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	//lint:ignore SA1019 Go 1.29 is to have a tool for it; until then archives are what there is.
	r, err := gcexportdata.NewReader(f)
	if err != nil {
		return nil, fmt.Errorf("types of %s: %w", path, err)
	}
	im.files[path] = a.File
	return gcexportdata.Read(r, im.fset, im.pkgs, path)
}
