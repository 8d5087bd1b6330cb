package main

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"errors"
	"fmt"
	"go/token"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"

	"golang.org/x/tools/go/gcexportdata"
	"golang.org/x/tools/go/packages"
)

// cellPackages are the packages of this module that cells import. One that is
// not in the tree is left out.
var cellPackages = []string{
	"lockstep/exec/measure",
	"lockstep/kernel/display",
	"lockstep/lab",
}

// load returns the importable packages that the patterns name, sorted by path,
// as they are on linux/amd64. It checks them and all they depend on from source.
// The compiler's own export data would be faster, but is of types as the compiler
// left them: math.Pi rounded, results renamed by inlining (#rv1).
func load(patterns ...string) ([]*packages.Package, error) {
	loaded, err := packages.Load(&packages.Config{
		Mode: packages.NeedName | packages.NeedFiles | packages.NeedImports | packages.NeedDeps |
			packages.NeedTypes | packages.NeedSyntax | packages.NeedTypesInfo,
		Env: append(os.Environ(), "GOOS=linux", "GOARCH=amd64"),
	}, patterns...)
	if err != nil {
		return nil, err
	}
	var pkgs []*packages.Package
	var errs []error
	for _, p := range loaded {
		if !importable(p.PkgPath) {
			continue
		}
		if len(p.GoFiles) == 0 && slices.Contains(cellPackages, p.PkgPath) {
			continue
		}
		for _, e := range p.Errors {
			errs = append(errs, fmt.Errorf("%s: %w", p.PkgPath, e))
		}
		pkgs = append(pkgs, p)
	}
	slices.SortFunc(pkgs, func(a, b *packages.Package) int { return strings.Compare(a.PkgPath, b.PkgPath) })
	return pkgs, errors.Join(errs...)
}

// importable reports whether a cell may import the path of a standard package.
func importable(path string) bool {
	first, _, _ := strings.Cut(path, "/")
	return first != "vendor" && first != "cmd" && !slices.Contains(strings.Split(path, "/"), "internal")
}

// encode returns the export data of a package, without source positions: they
// are those of the file set given to Write, and an empty one knows none.
func encode(p *packages.Package) ([]byte, error) {
	var b bytes.Buffer
	err := gcexportdata.Write(&b, token.NewFileSet(), p.Types)
	return b.Bytes(), err
}

// write returns the archive with the given packages. The same packages make
// the same bytes.
func write(pkgs []*packages.Package) ([]byte, error) {
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	z.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) {
		return flate.NewWriter(w, flate.BestCompression)
	})
	index := new(bytes.Buffer)
	fmt.Fprintln(index, runtime.Version())
	for _, p := range pkgs {
		fmt.Fprintln(index, p.PkgPath, p.Name)
	}
	if err := writeEntry(z, "index", index.Bytes()); err != nil {
		return nil, err
	}
	for _, p := range pkgs {
		if p.PkgPath == "unsafe" {
			continue // go/types has it built in, and there is nothing to encode
		}
		export, err := encode(p)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", p.PkgPath, err)
		}
		if err := writeEntry(z, p.PkgPath, export); err != nil {
			return nil, err
		}
	}
	err := z.Close()
	return out.Bytes(), err
}

func writeEntry(z *zip.Writer, name string, content []byte) error {
	w, err := z.Create(name)
	if err != nil {
		return err
	}
	_, err = w.Write(content)
	return err
}
