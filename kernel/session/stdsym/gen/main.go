// Command gen writes tables of symbols, the files zz_*.go: of the packages that
// its arguments name for the package of flag -package. It needs the Go
// toolchain, and is run by go generate.
package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

func main() {
	dir := flag.String("dir", ".", "folder to write to; files zz_*.go in it are replaced")
	in := flag.String("package", "", "name of the package that the files are part of")
	flag.Parse()
	if err := run(*dir, *in, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

func run(dir, in string, patterns []string) error {
	if in == "" || len(patterns) == 0 {
		return errors.New("a name of the package to write and packages to list are wanted: -package stdsym std")
	}
	files, err := generate(in, patterns)
	if err != nil {
		return err
	}
	old, err := filepath.Glob(filepath.Join(dir, "zz_*.go"))
	if err != nil {
		return err
	}
	for _, name := range old {
		if err := os.Remove(name); err != nil {
			return err
		}
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// generate returns the files by name. A package whose table is the same on all
// platforms has one file, another has one for each system, or for each
// processor of a system.
func generate(in string, patterns []string) (map[string][]byte, error) {
	rendered := make(map[string]map[platform][]byte) // import path to table
	for _, on := range platforms {
		pkgs, err := load(on, patterns...)
		if err != nil {
			return nil, err
		}
		for path, pkg := range pkgs {
			if rendered[path] == nil {
				rendered[path] = make(map[platform][]byte)
			}
			if rendered[path][on], err = render(in, pkg); err != nil {
				return nil, fmt.Errorf("%s: %w", path, err)
			}
		}
	}
	files := make(map[string][]byte)
	var everywhere []string
	onlyOn := make(map[platform][]string)
	for path, tables := range rendered {
		if same(tables) {
			everywhere = append(everywhere, path)
			files["zz_"+ident(path)+".go"] = tables[platforms[0]]
			continue
		}
		for on, table := range tables {
			onlyOn[on] = append(onlyOn[on], path)
			suffix := on.String()
			if twin := (platform{on.os, otherArch[on.arch]}); bytes.Equal(tables[twin], table) {
				suffix = on.os
			}
			files["zz_"+ident(path)+"_"+suffix+".go"] = table
		}
	}
	if len(onlyOn) == 0 { // packages of ours, which do not change with Go
		files["zz_tables.go"] = index("", in, everywhere)
		return files, nil
	}
	var other []string
	for _, on := range platforms {
		other = append(other, fmt.Sprintf("!(%s && %s)", on.os, on.arch))
		files["zz_tables_"+on.String()+".go"] = index("", in, slices.Concat(everywhere, onlyOn[on]))
	}
	files["zz_tables_other.go"] = index("//go:build "+strings.Join(other, " && ")+"\n\n", in, everywhere)
	files["zz_version.go"] = fmt.Appendf(nil, "%s%s\n\n// madeWith is the Go version that the tables describe.\nconst madeWith = %q\n", header, in, runtime.Version())
	return files, nil
}

// same reports whether all platforms have the package, with one table.
func same(tables map[platform][]byte) bool {
	for _, on := range platforms {
		if !bytes.Equal(tables[on], tables[platforms[0]]) {
			return false
		}
	}
	return true
}

// index lists the tables of the packages, sorted by path, for the platforms of
// a build constraint.
func index(constraint, in string, paths []string) []byte {
	b := bytes.NewBufferString(constraint)
	fmt.Fprintf(b, "%s%s\n\nimport %q\n\nvar tables = [...]*symtab.Table{\n", header, in, symtabPath)
	for _, path := range slices.Sorted(slices.Values(paths)) {
		fmt.Fprintf(b, "\t&table_%s,\n", ident(path))
	}
	b.WriteString("}\n")
	return b.Bytes()
}
