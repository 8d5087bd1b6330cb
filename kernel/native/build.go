package native

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"go/version"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// A Unit is a Go package to be compiled and loaded.
type Unit struct {
	// Source is one Go file of package main. Its //line directives say where errors
	// and stack traces point: "//line cell 3:5:1" makes the next line column 1 of line 5 in a
	// file called "cell 3".
	Source string
	// Imports are the packages that it imports, other units left out.
	Imports []string
	// Units are the paths of the units that it imports.
	Units []string
	// Cgo says that the source imports "C". The C code in it may have #cgo lines. No comment may join the
	// one with the C code: let an empty line follow a //line directive. Building it takes some 0.2 s more.
	Cgo bool
	// Flags are more flags for the compiler; see [CheckFlags].
	Flags []string
}

// Built is a unit that can be loaded.
type Built struct {
	// Path is the unit's import path.
	Path string
	// Plugin is the file to load. It stays where it is while this process lives.
	Plugin string
	// Bytes is the plugin's size.
	Bytes int64
	// Cached says that it was there already.
	Cached bool
	// Said is what the compiler said though nothing was wrong, as -m has it do.
	Said string
	// Compile and Link are the times that the tools took.
	Compile, Link time.Duration
}

// path is a unit's import path, a function of its contents, the toolchain, the
// host, and the packages of the session's module that it imports.
func (t *Toolchain) path(ctx context.Context, u Unit) (string, error) {
	h := sha256.New()
	fmt.Fprintf(h, "%s\n%q\n%q\n", filepath.Base(t.dir), slices.Sorted(slices.Values(u.Imports)), slices.Sorted(slices.Values(u.Units)))
	var foreign []string
	if t.module != nil {
		for _, path := range slices.Sorted(slices.Values(u.Imports)) {
			if t.foreign(path) {
				foreign = append(foreign, path)
			}
		}
	}
	if len(foreign) > 0 {
		archives, err := t.need(ctx, foreign)
		if err != nil {
			return "", err
		}
		for _, path := range slices.Sorted(maps.Keys(closure(archives, foreign))) {
			fmt.Fprintln(h, archives[path].File)
		}
	}
	fmt.Fprintf(h, "cgo %v\n", u.Cgo)
	if len(u.Flags) > 0 {
		fmt.Fprintf(h, "flags %q\n", u.Flags)
	}
	h.Write([]byte(u.Source))
	return "cell/" + hex.EncodeToString(h.Sum(nil))[:20], nil
}

// Build compiles and links a unit, unless that was done before, on this machine
// and with this toolchain. The units that it imports must have been built by this
// Toolchain. Errors of the compiler are a [*BuildError].
func (t *Toolchain) Build(ctx context.Context, u Unit) (Built, error) {
	path, err := t.path(ctx, u)
	if err != nil {
		return Built{}, err
	}
	t.builds.mu.Lock()
	t.builds.units[path] = u
	t.builds.mu.Unlock()
	if b, ok := t.built(path); ok {
		return b, nil
	}
	for {
		b, err, _ := t.builds.flight.Do(path, func() (any, error) { return t.build(ctx, path, u) })
		switch {
		case err == nil:
			return b.(Built), nil
		case ctx.Err() != nil || !errors.Is(err, context.Canceled):
			return Built{}, err
		}
		// It was another caller's, who gave up.
	}
}

func (t *Toolchain) unitDir(path string) string {
	return filepath.Join(t.dir, "units", strings.TrimPrefix(path, "cell/"))
}

// built finds a unit in the cache.
func (t *Toolchain) built(path string) (Built, bool) {
	dir := t.unitDir(path)
	folder, err := os.Stat(dir)
	if err != nil {
		return Built{}, false
	}
	plugin := filepath.Join(dir, "unit.so")
	info, err := os.Stat(plugin)
	if err != nil || !isFile(filepath.Join(dir, "unit.a")) {
		return Built{}, false
	}
	touch(dir, folder)
	said, _ := os.ReadFile(filepath.Join(dir, "said"))
	return Built{Path: path, Plugin: plugin, Bytes: info.Size(), Cached: true, Said: string(said)}, true
}

// build builds a unit and whatever of its surroundings has vanished from the cache.
func (t *Toolchain) build(ctx context.Context, path string, u Unit) (Built, error) {
	if err := t.Prepare(ctx, nil); err != nil {
		return Built{}, err
	}
	for _, dep := range u.Units {
		known, ok := t.unit(dep)
		if !ok {
			return Built{}, fmt.Errorf("%s imports %s, which was not built here", path, dep)
		}
		b, err := t.Build(ctx, known)
		if err != nil {
			return Built{}, err
		}
		if b.Path != dep {
			return Built{}, fmt.Errorf("%s imports %s, which was built with other versions of the session's modules", path, dep)
		}
	}
	b, err := t.assemble(ctx, path, u)
	if _, wrong := errors.AsType[*BuildError](err); err != nil && !wrong && ctx.Err() == nil && t.mend() {
		t.log.Warn("the cache of the native engine was mended", "after", err)
		b, err = t.assemble(ctx, path, u)
	}
	return b, err
}

// assemble compiles and links a unit and puts it into the cache.
func (t *Toolchain) assemble(ctx context.Context, path string, u Unit) (Built, error) {
	units := map[string]Unit{}
	t.reach(u, units)
	imports := needed(append(slices.Collect(maps.Values(units)), u)...)
	archives, err := t.need(ctx, imports)
	if err != nil {
		return Built{}, err
	}
	dir, err := tempDir(filepath.Join(t.dir, "units"))
	if err != nil {
		return Built{}, err
	}
	defer os.RemoveAll(dir)
	start := time.Now()
	if err := t.compile(ctx, dir, path, u, archives); err != nil {
		return Built{}, err
	}
	compiled := time.Now()
	r, _ := t.recipe() // Prepare has made one
	if err := t.link(ctx, r, dir, path, slices.Collect(maps.Keys(units)), closure(archives, imports), archives); err != nil {
		return Built{}, err
	}
	linked := time.Now()
	made, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		return Built{}, err
	}
	if err := errors.Join(private(made...), t.keep(dir, path)); err != nil {
		return Built{}, err
	}
	b, ok := t.built(path)
	if !ok {
		return Built{}, fmt.Errorf("the unit %s vanished from the cache", path)
	}
	b.Cached, b.Compile, b.Link = false, compiled.Sub(start), linked.Sub(compiled)
	return b, nil
}

// keep moves the folder of a unit to where it belongs.
func (t *Toolchain) keep(dir, path string) error {
	err := os.Rename(dir, t.unitDir(path))
	if err == nil || !errors.Is(err, fs.ErrExist) {
		return err
	}
	if _, ok := t.built(path); ok {
		return nil // another process was faster
	}
	return errors.Join(os.RemoveAll(t.unitDir(path)), os.Rename(dir, t.unitDir(path)))
}

// packages are those that a unit imports itself.
func (u Unit) packages() []string {
	if u.Cgo {
		return append(slices.Clone(u.Imports), cgoImports...)
	}
	return u.Imports
}

// needed are the packages that units import, and those that the linker adds.
func needed(units ...Unit) []string {
	paths := []string{"runtime", "runtime/cgo"}
	for _, u := range units {
		paths = append(paths, u.packages()...)
	}
	return paths
}

func (t *Toolchain) unit(path string) (Unit, bool) {
	t.builds.mu.Lock()
	defer t.builds.mu.Unlock()
	u, ok := t.builds.units[path]
	return u, ok
}

// reach collects the units that u imports, directly or not.
func (t *Toolchain) reach(u Unit, in map[string]Unit) {
	for _, path := range u.Units {
		if _, seen := in[path]; !seen {
			in[path], _ = t.unit(path)
			t.reach(in[path], in)
		}
	}
}

// compile makes unit.a in dir.
func (t *Toolchain) compile(ctx context.Context, dir, path string, u Unit, archives map[string]archive) error {
	config := t.config(u.packages(), u.Units, archives)
	err := errors.Join(
		os.WriteFile(filepath.Join(dir, "unit.go"), []byte(u.Source), 0o600),
		os.WriteFile(filepath.Join(dir, "compile.cfg"), config, 0o600))
	if err != nil {
		return err
	}
	g := generated{goFiles: []string{"unit.go"}}
	if u.Cgo {
		if g, err = t.cgo(ctx, dir, path, u.Source); err != nil {
			return err
		}
	}
	// The package is called main, so that %T prints main.T as in a program, though
	// other units import it. -trimpath keeps names of files as they are.
	args := []string{"-p", path, "-o", "unit.a", "-trimpath", dir + "=>", "-lang=" + version.Lang(t.Version()), "-installsuffix", "dynlink",
		"-dynlink", "-c=2", "-nolocalimports", "-importcfg", "compile.cfg", "-pack"}
	args = append(args, u.Flags...)
	// A quarter less time than with the usual GOGC, for some memory; linking gains nothing.
	env := append(t.env, "GOGC=400")
	out, said, err := t.run(ctx, dir, env, t.tool("compile"), append(args, g.goFiles...)...)
	if err != nil {
		said = strings.TrimSpace(string(out) + "\n" + said)
		// What the unit imports is ours to provide.
		if d := diagnostics(said); len(d) > 0 && !strings.Contains(said, "could not import ") {
			return &BuildError{d}
		}
		return toolError("compiling a unit", said, err)
	}
	if said = strings.TrimSpace(string(out) + "\n" + said); said != "" {
		if err := os.WriteFile(filepath.Join(dir, "said"), []byte(said), 0o600); err != nil {
			return err
		}
	}
	for i, object := range g.objects {
		g.objects[i] = filepath.Join(dir, object)
	}
	return addObjects(filepath.Join(dir, "unit.a"), g.objects)
}

// link makes unit.so of unit.a.
func (t *Toolchain) link(ctx context.Context, r recipe, dir, path string, units []string, packages map[string]bool, archives map[string]archive) error {
	config := t.config(slices.Collect(maps.Keys(packages)), units, archives)
	if err := os.WriteFile(filepath.Join(dir, "link.cfg"), config, 0o600); err != nil {
		return err
	}
	args := []string{"-o", "unit.so", "-s", "-w", "-compressdwarf=false", "-importcfg", "link.cfg", "-installsuffix", "dynlink",
		"-buildmode=plugin", "-pluginpath", path, "-extld=" + t.cc(r)}
	if r.Linker != "" {
		args = append(args, "-extldflags=-fuse-ld="+r.Linker)
	}
	out, said, err := t.run(ctx, dir, t.env, t.tool("link"), append(args, "unit.a")...)
	if err != nil {
		return toolError("linking a unit", strings.TrimSpace(string(out)+"\n"+said), err)
	}
	return nil
}

func (t *Toolchain) tool(name string) string { return filepath.Join(t.settings["GOTOOLDIR"], name) }

// config tells the tools where packages and units are.
func (t *Toolchain) config(packages, units []string, archives map[string]archive) []byte {
	var b strings.Builder
	for _, path := range slices.Sorted(slices.Values(packages)) {
		if a := archives[path]; a.File != "" {
			fmt.Fprintf(&b, "packagefile %s=%s\n", path, t.archiveFile(a))
		}
	}
	for _, path := range slices.Sorted(slices.Values(units)) {
		fmt.Fprintf(&b, "packagefile %s=%s\n", path, filepath.Join(t.unitDir(path), "unit.a"))
	}
	return []byte(b.String())
}
