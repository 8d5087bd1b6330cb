// Package stdtypes holds the types of the packages that a cell can import
// without a Go toolchain: the standard library and the packages of this module
// that are made for cells. The data is export data in the indexed format of
// [golang.org/x/tools/go/gcexportdata], one deflated entry a package in
// stdtypes.zip, which is embedded; a package is decoded when it is first
// imported.
//
// Start with [Importer], which go/types takes as it is. [Packages], [Name] and
// [ByName] answer from the index alone and decode nothing.
//
// The data describes linux/amd64; packages whose declarations differ between
// systems (syscall, log/syslog, constants of os and net) are described as they are
// there. Objects carry no source positions: they would add a fifth to the data
// and change it with every comment. Dependencies that a cell cannot import
// (internal/…, vendor/…) are not entries; what an exported declaration needs
// of them is inside the entry of the package that exports it.
package stdtypes

import (
	"archive/zip"
	"bufio"
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"go/token"
	"go/types"
	"io"
	"slices"
	"strings"
	"sync"

	"golang.org/x/tools/go/gcexportdata"
)

//go:generate go run lockstep/kernel/check/stdtypes/gen -o stdtypes.zip

//go:embed stdtypes.zip
var data []byte

// indexEntry is the entry of stdtypes.zip that lists the others: a line with
// the Go version, then a line "path name" for each package, sorted by path.
// The program in gen writes it.
const indexEntry = "index"

// ErrUnknown says that there is no type information for an import path.
var ErrUnknown = errors.New("no type information for package")

// catalog is stdtypes.zip, opened.
type catalog struct {
	goVersion string
	paths     []string
	names     map[string]string   // import path to package name
	byName    map[string][]string // package name to import paths
	entries   map[string]*zip.File
}

var opened = sync.OnceValue(func() *catalog {
	c, err := open(data)
	if err != nil {
		// The data is part of the binary, and the tests of this package
		// read all of it: nothing at run time can lead here.
		panic("stdtypes: " + err.Error())
	}
	return c
})

func open(data []byte) (*catalog, error) {
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, err
	}
	c := &catalog{
		names:   make(map[string]string, len(z.File)),
		byName:  make(map[string][]string, len(z.File)),
		entries: make(map[string]*zip.File, len(z.File)),
	}
	for _, f := range z.File {
		c.entries[f.Name] = f
	}
	index, err := z.Open(indexEntry)
	if err != nil {
		return nil, err
	}
	defer index.Close()
	lines := bufio.NewScanner(index)
	if lines.Scan() {
		c.goVersion = lines.Text()
	}
	for lines.Scan() {
		path, name, ok := strings.Cut(lines.Text(), " ")
		if !ok {
			return nil, fmt.Errorf("index line %q: want a path and a name", lines.Text())
		}
		c.paths = append(c.paths, path)
		c.names[path] = name
		c.byName[name] = append(c.byName[name], path)
	}
	return c, lines.Err()
}

// Packages returns the import paths that an [Importer] knows, sorted. The
// caller owns the slice.
func Packages() []string { return slices.Clone(opened().paths) }

// Name returns the package name of an import path ("rand" for "math/rand/v2"),
// and whether the path is known.
func Name(path string) (name string, ok bool) {
	name, ok = opened().names[path]
	return name, ok
}

// ByName returns the import paths of the packages called name, sorted: for
// "rand" crypto/rand, math/rand and math/rand/v2. The caller owns the slice;
// it is empty where no package has the name.
func ByName(name string) []string { return slices.Clone(opened().byName[name]) }

// GoVersion returns the version of Go that the data was made with, as
// [runtime.Version] writes it.
func GoVersion() string { return opened().goVersion }

// Importer is a [types.Importer] over the embedded data. The zero value is
// ready. Within one Importer a package has one identity, whether it was
// imported or only mentioned by another: types of the same Importer can be
// compared, types of two cannot. It keeps what it decoded.
//
// An Importer is safe for concurrent use, and so are the packages it returns:
// they are complete and do not change any more.
type Importer struct {
	mu sync.Mutex
	// fset takes the positions that the decoder insists on adding.
	fset *token.FileSet
	// pkgs also holds packages that are only mentioned by others so far;
	// those are not [types.Package.Complete].
	pkgs map[string]*types.Package
}

// Import returns the package with the given import path. The error wraps
// [ErrUnknown] if there is none.
func (im *Importer) Import(path string) (*types.Package, error) {
	if path == "unsafe" {
		return types.Unsafe, nil
	}
	c := opened()
	if _, ok := c.names[path]; !ok {
		return nil, fmt.Errorf("%w %q", ErrUnknown, path)
	}
	im.mu.Lock()
	defer im.mu.Unlock()
	if p := im.pkgs[path]; p != nil && p.Complete() {
		return p, nil
	}
	if im.pkgs == nil {
		im.pkgs = make(map[string]*types.Package)
		im.fset = token.NewFileSet()
	}
	f := c.entries[path]
	r, err := f.Open()
	if err != nil {
		return nil, fmt.Errorf("types of %s: %w", path, err)
	}
	defer r.Close()
	export := make([]byte, f.UncompressedSize64)
	if _, err := io.ReadFull(r, export); err != nil {
		return nil, fmt.Errorf("types of %s: %w", path, err)
	}
	p, err := gcexportdata.Read(bytes.NewReader(export), im.fset, im.pkgs, path)
	if err != nil {
		return nil, err
	}
	// Package go/types goes through imports, and those of imports, when it writes an error. What is only
	// mentioned so far must not be found there: it changes when it is imported.
	p.SetImports(slices.DeleteFunc(p.Imports(), func(q *types.Package) bool { return !q.Complete() }))
	return p, nil
}
