package native

import (
	"context"
	"errors"
	"fmt"
	"go/build"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// generated is what cgo and the C compiler make of a unit with C in it.
type generated struct {
	goFiles []string // to be compiled in place of unit.go
	objects []string // to be added to the archive
}

// cgoImports are what the generated files import.
var cgoImports = []string{"runtime/cgo", "syscall", "unsafe"}

// cgo does what the go command does for a package with import "C", in dir, where
// unit.go is. (The go command itself cannot: units import each other though they are called main.)
func (t *Toolchain) cgo(ctx context.Context, dir, path, source string) (g generated, err error) {
	c, err := t.cFlags(ctx, dir)
	if err != nil {
		return generated{}, err
	}
	defer func() { err = placeC(err, source) }()
	args := []string{"-objdir", ".", "-importpath", path}
	if len(c.link) > 0 {
		var quoted []string
		for _, flag := range c.link {
			quoted = append(quoted, strconv.Quote(flag))
		}
		args = append(args, "-ldflags="+strings.Join(quoted, " "))
	}
	env := append(t.env, "CGO_LDFLAGS=") // else cgo would add them once more
	args = append(append(append(args, "--"), c.compile...), "unit.go")
	if err := t.runC(ctx, dir, env, t.tool("cgo"), args...); err != nil {
		return generated{}, err
	}
	g = generated{goFiles: []string{"_cgo_gotypes.go", "unit.cgo1.go", "_cgo_import.go"}, objects: []string{"_cgo_export.o", "unit.cgo2.o"}}
	for _, object := range append(g.objects, "_cgo_main.o") {
		source := strings.TrimSuffix(object, ".o") + ".c"
		// Hidden, lest the functions and variables of one unit take the places of another's of the same names.
		if err := t.cc1(ctx, dir, append(append([]string{"-c", "-o", object, "-fvisibility=hidden"}, c.compile...), source)...); err != nil {
			return generated{}, err
		}
	}
	// What the objects want of shared libraries is found out by linking them.
	whole := append(append([]string{"-o", "_cgo_.o", "_cgo_main.o"}, g.objects...), c.link...)
	if err := t.cc1(ctx, dir, whole...); err != nil {
		return generated{}, err
	}
	return g, t.runC(ctx, dir, env, t.tool("cgo"), "-dynpackage", "main", "-dynimport", "_cgo_.o", "-dynout", "_cgo_import.go")
}

// cFlags are those for the C compiler.
type cFlags struct{ compile, link []string }

// cFlags reads the #cgo lines of unit.go, and adds what the environment says.
func (t *Toolchain) cFlags(ctx context.Context, dir string) (cFlags, error) {
	context := build.Default
	context.CgoEnabled = true
	pkg, err := context.ImportDir(dir, 0)
	if err != nil {
		return cFlags{}, &BuildError{[]Diagnostic{{File: "unit.go", Msg: err.Error()}}}
	}
	var c cFlags
	for _, flags := range [][]string{fields(t.settings["CGO_CPPFLAGS"]), pkg.CgoCPPFLAGS, fields(t.settings["CGO_CFLAGS"]), pkg.CgoCFLAGS, {"-I", "."}} {
		c.compile = append(c.compile, flags...)
	}
	c.link = append(fields(t.settings["CGO_LDFLAGS"]), pkg.CgoLDFLAGS...)
	if len(pkg.CgoPkgConfig) == 0 {
		return c, nil
	}
	for _, q := range []struct {
		flag string
		to   *[]string
	}{{"--cflags", &c.compile}, {"--libs", &c.link}} {
		out, said, err := t.run(ctx, dir, t.env, "pkg-config", append([]string{q.flag, "--"}, pkg.CgoPkgConfig...)...)
		if err != nil {
			if said == "" {
				said = err.Error()
			}
			return cFlags{}, &BuildError{[]Diagnostic{{Msg: "pkg-config " + strings.Join(pkg.CgoPkgConfig, " ") + ": " + said}}}
		}
		*q.to = append(*q.to, fields(string(out))...)
	}
	return c, nil
}

func fields(s string) []string { return strings.Fields(s) }

// cc1 runs the C compiler for code of a plugin.
func (t *Toolchain) cc1(ctx context.Context, dir string, args ...string) error {
	cc := strings.Fields(t.settings["CC"])
	args = append(append(cc[1:len(cc):len(cc)], "-fPIC", "-pthread", "-fmessage-length=0"), args...)
	return t.runC(ctx, dir, append(t.env, "LC_ALL=C"), cc[0], args...)
}

// runC runs cgo or the C compiler. What they have against the unit is a [*BuildError].
func (t *Toolchain) runC(ctx context.Context, dir string, env []string, name string, args ...string) error {
	out, said, err := t.run(ctx, dir, env, name, args...)
	if err == nil || ctx.Err() != nil {
		return err
	}
	said = strings.TrimSpace(strings.ReplaceAll(string(out)+said, dir+"/", ""))
	var exit interface{ ExitCode() int }
	if said == "" || !errors.As(err, &exit) {
		return toolError(filepath.Base(name), said, err)
	}
	d := diagnostics(said)
	if len(d) == 0 {
		d = []Diagnostic{{Msg: said}}
	}
	return &BuildError{d}
}

// lineFile is the file that a //line directive names.
var lineFile = regexp.MustCompile(`(?m)^//line (.+?):\d+(?::\d+)?$`)

// placeC gives errors in C the file where the C code of a unit is: cgo gives
// the C compiler the lines of //line directives, but not their files.
func placeC(err error, source string) error {
	wrong, ok := errors.AsType[*BuildError](err)
	if !ok {
		return err
	}
	before, _, _ := strings.Cut(source, `import "C"`)
	names := lineFile.FindAllStringSubmatch(before, -1)
	var kept []Diagnostic
	for _, d := range wrong.Diagnostics {
		switch {
		case strings.HasPrefix(d.Msg, "note: ") && len(kept) > 0:
			kept[len(kept)-1].Msg += "\n\t" + d.Msg
			continue
		case d.File == "unit.go" && len(names) > 0:
			d.File = names[len(names)-1][1]
		}
		kept = append(kept, d)
	}
	return &BuildError{kept}
}

// addObjects appends objects to an archive, which the compiler has made.
func addObjects(archive string, objects []string) (err error) {
	f, err := os.OpenFile(archive, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	for _, object := range objects {
		content, err := os.ReadFile(object)
		if err != nil {
			return err
		}
		if len(content)%2 == 1 {
			content = append(content, 0)
		}
		// The header of the Unix archive format: name, time, owner, group, mode, size.
		if _, err := fmt.Fprintf(f, "%-16s%-12d%-6d%-6d%-8o%-10d`\n", filepath.Base(object), 0, 0, 0, 0o644, len(content)); err != nil {
			return err
		}
		if _, err := f.Write(content); err != nil {
			return err
		}
	}
	return nil
}
