package live

import (
	"errors"
	"go/types"
	"maps"
	"slices"
	"sync"

	"lockstep/kernel/check"
	"lockstep/kernel/check/stdtypes"
)

// packages is what cells can import: the standard library, and those packages of
// the session's module that cells have asked for (see [call.provide]). Importing compiles
// nothing and asks nobody, so that questions about half-written text may do it. It is safe
// for concurrent use.
type packages struct {
	*stdtypes.Importer

	mu      sync.Mutex
	foreign map[string]*types.Package // by import path
	dirs    map[string]string         // of the sources of foreign
	offered []string                  // import paths of the session's module, for completion
}

var _ check.Catalog = (*packages)(nil)

func newPackages(std *stdtypes.Importer) *packages {
	return &packages{Importer: std, foreign: map[string]*types.Package{}, dirs: map[string]string{}}
}

// Import makes packages a [types.Importer].
func (p *packages) Import(path string) (*types.Package, error) {
	if !check.Foreign(path) {
		return p.Importer.Import(path)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if pkg := p.foreign[path]; pkg != nil {
		return pkg, nil
	}
	return nil, errors.New("it is in no module of this session")
}

// ByName makes packages a [check.Packages]. A third-party package has to be imported.
func (p *packages) ByName(name string) []string { return stdtypes.ByName(name) }

// All makes packages a [check.Catalog].
func (p *packages) All() map[string]string {
	all := map[string]string{}
	for _, path := range stdtypes.Packages() {
		all[path], _ = stdtypes.Name(path)
	}
	return all
}

// Paths makes packages a [check.Catalog].
func (p *packages) Paths() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	paths := slices.Concat(stdtypes.Packages(), p.offered, slices.Collect(maps.Keys(p.foreign)))
	slices.Sort(paths)
	return slices.Compact(paths)
}

// add makes a package of the session's module known; its source is in dir.
func (p *packages) add(path string, pkg *types.Package, dir string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.foreign[path], p.dirs[path] = pkg, dir
}

// offer sets the import paths that the session's module has.
func (p *packages) offer(paths []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.offered = paths
}

// dir is where the source of a third-party package is, "" where that is not known.
func (p *packages) dir(path string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.dirs[path]
}

// paths are the import paths of third-party packages that are known, sorted.
func (p *packages) paths() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Sorted(maps.Keys(p.foreign))
}
