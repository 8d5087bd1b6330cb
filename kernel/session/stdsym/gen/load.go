package main

import (
	"errors"
	"fmt"
	"go/types"
	"os"
	"slices"
	"strings"

	"golang.org/x/tools/go/packages"
)

// platform is a system that gets tables of its own where its packages differ.
type platform struct{ os, arch string }

// String returns the ending that selects the platform in a file name.
func (p platform) String() string { return p.os + "_" + p.arch }

var platforms = []platform{
	{"linux", "amd64"}, {"linux", "arm64"},
	{"darwin", "amd64"}, {"darwin", "arm64"},
	{"windows", "amd64"}, {"windows", "arm64"},
}

// otherArch pairs the processors that each system is listed with.
var otherArch = map[string]string{"amd64": "arm64", "arm64": "amd64"}

// excluded packages are left out of the tables, although cells may import them by the native engine.
var excluded = []string{
	"plugin",       // makes the linker keep every method of the program
	"runtime/cgo",  // needs a C compiler
	"runtime/race", // needs the race detector's runtime
	"unsafe",       // has no declarations; written by hand
}

// load returns those packages that the patterns name and that a cell can
// import, by path, as they are on a platform. They are checked from source.
func load(on platform, patterns ...string) (map[string]*types.Package, error) {
	loaded, err := packages.Load(&packages.Config{
		Mode: packages.NeedName | packages.NeedImports | packages.NeedDeps |
			packages.NeedTypes | packages.NeedSyntax | packages.NeedTypesInfo,
		Env: append(os.Environ(), "GOOS="+on.os, "GOARCH="+on.arch, "CGO_ENABLED=0"),
	}, patterns...)
	if err != nil {
		return nil, err
	}
	pkgs := make(map[string]*types.Package)
	var errs []error
	for _, p := range loaded {
		if !importable(p.PkgPath) || slices.Contains(excluded, p.PkgPath) {
			continue
		}
		for _, e := range p.Errors {
			errs = append(errs, fmt.Errorf("%s on %s: %w", p.PkgPath, on, e))
		}
		pkgs[p.PkgPath] = p.Types
	}
	return pkgs, errors.Join(errs...)
}

// importable reports whether code outside of the standard library may import
// the path.
func importable(path string) bool {
	parts := strings.Split(path, "/")
	return parts[0] != "vendor" && parts[0] != "cmd" && !slices.Contains(parts, "internal")
}
