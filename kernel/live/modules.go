package live

import (
	"context"
	"errors"
	"go/ast"
	"go/token"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"lockstep/exec/procs"
	"lockstep/kernel/cell"
	"lockstep/kernel/check"
	"lockstep/kernel/lang"
	"lockstep/kernel/native"
)

// module is the session's own Go module, in a folder that ends with the session.
type module struct {
	*native.Module
	importer *native.Importer
	folder   *procs.Folder
}

// module returns the session's module, which is made when it is first wanted. The error
// says why there is none; what begins it.
func (c *call) module(ctx context.Context, what string) (*module, error) {
	if err := c.toolchain(ctx, what); err != nil {
		return nil, err
	}
	if c.mod != nil {
		return c.mod, nil
	}
	folder, err := procs.NewFolder("module", c.guard)
	if err != nil {
		return nil, err
	}
	m, err := c.tools.Module(folder.Path)
	var tools *native.Toolchain
	if err == nil {
		tools, err = m.Toolchain(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, folder.Remove())
	}
	tools = tools.WithTags(c.flags.Tags)
	c.mod = &module{m, tools.Importer(c.importer), folder}
	c.over(tools)
	return c.mod, nil
}

// toolchain sees to it that there is a toolchain and that it is ready, or says why not.
func (c *call) toolchain(ctx context.Context, what string) error {
	switch {
	case c.tools == nil && c.missing != "":
		return userError("not supported", what+" take a Go toolchain, and there is none: "+c.missing)
	case c.tools == nil:
		return userError("not supported", what+" take a Go toolchain, and this session was started without one")
	}
	if err := c.tools.Prepare(ctx, c.preparing); err != nil {
		if ctx.Err() != nil {
			return interrupted("the toolchain was not ready yet")
		}
		return userError("not supported", what+" take a Go toolchain, and it cannot be made ready: "+err.Error())
	}
	return nil
}

// preparing tells the cell how a toolchain is made ready.
func (c *call) preparing(text string) { c.out.Stream("stderr", "native engine: "+text+"\n") }

// compiles sees to it that the native engine runs the session, or says why it does not.
func (c *call) compiles(ctx context.Context, what string) error {
	if err := c.toolchain(ctx, what); err != nil {
		return err
	}
	if c.wanted == Interp {
		return userError("not supported", what+" take the native engine: %engine auto goes over to it")
	}
	return (&env{c}).SetEngine(ctx, c.wanted)
}

// units returns the session's module for units to import its packages.
func (c *call) units(ctx context.Context, what string) (*module, error) {
	if err := c.compiles(ctx, what); err != nil {
		return nil, err
	}
	return c.module(ctx, what)
}

// over has units built by another state of the toolchain from now on.
func (s *Session) over(tools *native.Toolchain) {
	s.tools = tools
	if e, ok := s.engine.(*compiled); ok {
		next := *e
		next.tools = tools
		s.engine = &next
	}
}

// imports are the import specs of a parsed cell.
func imports(g *cell.Go) (specs []*ast.ImportSpec) {
	for _, d := range g.Decls {
		if gen, ok := d.Node.(*ast.GenDecl); ok && gen.Tok == token.IMPORT {
			for _, s := range gen.Specs {
				specs = append(specs, s.(*ast.ImportSpec))
			}
		}
	}
	return specs
}

// provide makes the third-party packages that a cell imports known to the checker,
// and gets their modules where go.mod lacks them. It comes before the check, since it
// may cost the session's variables.
func (c *call) provide(ctx context.Context, g *cell.Go) *lang.Error {
	for _, spec := range imports(g) {
		path, err := strconv.Unquote(spec.Path.Value)
		switch {
		case err == nil && path == "C":
			err = c.compiles(ctx, "cells with C code")
		case err != nil || !check.Foreign(path):
			continue // the checker has something to say about it, or knows it
		default:
			if _, err := c.packages.Import(path); err == nil {
				continue
			}
			err = c.fetch(ctx, path)
		}
		var faulty *lang.Error
		switch {
		case err == nil:
		case ctx.Err() != nil:
			return interrupted("package " + path + " was not there yet; nothing of the cell ran")
		case errors.As(err, &faulty) && faulty.Name != "not supported":
			return faulty
		default:
			msg := err.Error()
			if faulty != nil {
				msg = faulty.Value
			}
			list := check.ErrorList{{Pos: g.Fset.Position(spec.Path.Pos()), Msg: "package " + path + ": " + msg}}
			return listError("import error", list, c.at.text, c.at.line)
		}
	}
	return nil
}

// fetch makes one package known.
func (c *call) fetch(ctx context.Context, path string) error {
	m, err := c.units(ctx, "third-party packages")
	if err != nil {
		return err
	}
	pkg, err := m.importer.ImportContext(ctx, path)
	if errors.Is(err, native.ErrLacking) {
		var changes []string
		if changes, err = c.get(ctx, path); err != nil {
			return err
		}
		c.out.Stream("stderr", "note: got "+path+": "+strings.Join(changes, ", ")+"\n")
		pkg, err = c.mod.importer.ImportContext(ctx, path)
	}
	if err != nil {
		return errors.New(goSaid(err))
	}
	c.packages.add(path, pkg, c.sourceOf(ctx, path))
	return nil
}

// sourceOf finds the source of a package of the session's module, for its documentation.
func (c *call) sourceOf(ctx context.Context, path string) string {
	dir, err := c.mod.Source(ctx, path)
	if err != nil {
		c.log.Warn("a package is not documented", "err", err)
	}
	return dir
}

// sourceDir is where the source of a third-party package is, "" for others.
func (s *Session) sourceDir(path string) string {
	if p, ok := s.current().Packages().(*packages); ok {
		return p.dir(path)
	}
	return ""
}

// get changes requirements of the session's module, and tells what has changed.
func (c *call) get(ctx context.Context, queries ...string) (said []string, err error) {
	m, err := c.units(ctx, "modules")
	if err != nil {
		return nil, err
	}
	undo, err := m.Undo()
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, undo())
		}
	}()
	queries, said, err = c.replace(ctx, m, queries)
	if err != nil {
		return nil, err
	}
	changes, err := m.Get(ctx, queries...)
	if err != nil && ctx.Err() == nil {
		if errors.Is(err, native.ErrSum) {
			return nil, errors.New(goSaid(err))
		}
		local, failed := m.GetLocal(ctx, queries...)
		if failed != nil {
			return nil, errors.New(goSaid(err))
		}
		c.out.Stream("stderr", "note: taken from this machine's module cache, since there is no other source: "+firstLine(goSaid(err))+"\n")
		changes, err = local, nil
	}
	if err != nil {
		return nil, err
	}
	for _, change := range changes {
		said = append(said, change.String())
	}
	if err := c.adopt(ctx, m); err != nil {
		return nil, err
	}
	paths, failed := m.Packages(ctx)
	if failed != nil {
		c.log.Warn("packages of modules are not completed", "err", failed)
	}
	c.packages.offer(paths)
	return said, nil
}

// replace has folders among queries stand for the modules that are in them, and tells which of them are new.
func (c *call) replace(ctx context.Context, m *module, queries []string) (all, said []string, err error) {
	for _, q := range queries {
		if !native.IsFolder(q) {
			all = append(all, q)
			continue
		}
		dir, err := (&env{c}).Getwd(ctx)
		if err != nil {
			return nil, nil, err
		}
		if filepath.IsAbs(q) {
			dir = ""
		}
		path, query, changed, err := m.Replace(filepath.Join(dir, q))
		if err != nil {
			return nil, nil, err
		}
		all = append(all, query)
		if changed {
			said = append(said, path+" is what is in "+q+" now")
		}
	}
	return all, said, nil
}

// adopt has the session work with its module as it stands. Where something that its process
// has loaded is another version now, the process is started anew.
func (c *call) adopt(ctx context.Context, m *module) error {
	tools, err := m.Toolchain(ctx)
	if err != nil {
		return err
	}
	tools = tools.WithTags(c.flags.Tags)
	why := "the session's own program is built with one of these modules"
	if tools.Host() != c.tools.Host() {
		if err := tools.Prepare(ctx, c.preparing); err != nil {
			return err
		}
	}
	importer, changed := m.importer.Over(ctx, tools)
	if err := context.Cause(ctx); err != nil {
		return err
	}
	anew := tools.Host() != c.tools.Host()
	if !anew && len(changed) > 0 {
		anew, why = true, "the session has loaded other versions of "+strings.Join(changed, ", ")
	}
	if !anew {
		m.importer = importer
		c.over(tools)
		return nil
	}
	packages := newPackages(c.importer)
	for _, path := range c.packages.paths() {
		if pkg, err := importer.ImportContext(ctx, path); err == nil {
			packages.add(path, pkg, c.sourceOf(ctx, path))
		}
	}
	next := c.scope.With(packages)
	if err := lacks(c.scope, next); err != nil {
		return c.checkError(err, "", 1)
	}
	m.importer, c.packages = importer, packages
	c.over(tools)
	c.out.Stream("stderr", "note: "+why+", so its process is started anew\n")
	c.setScope(next)
	return c.moved(c.engine.fresh())
}

// lacks is what declarations lack in the next scope: they would be lost, all of them. Variables that
// none of them uses may be.
func lacks(scope, next *check.Scope) error {
	checked, err := empty(scope)
	if err != nil {
		return nil // it is broken already
	}
	used := usedVars(checked, scope.Vars())
	var others []string
	for _, v := range scope.Vars() {
		if !slices.Contains(used, v.Name) {
			others = append(others, v.Name)
		}
	}
	if len(others) > 0 {
		next = next.WithoutVars(others)
	}
	_, err = empty(next)
	return err
}

// goSaid is an error of the go command without what only a terminal's user wants to know.
func goSaid(err error) string {
	var kept []string
	for line := range strings.Lines(err.Error()) {
		line = strings.TrimSpace(line)
		if line = strings.TrimPrefix(line, "go: "); line != "" && !strings.HasPrefix(line, "downloading ") {
			kept = append(kept, line)
		}
	}
	return strings.Join(kept, "\n\t")
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}

// Get implements magic.Env.
func (e *env) Get(ctx context.Context, queries []string) ([]string, error) {
	said, err := e.get(ctx, queries...)
	if err != nil && ctx.Err() != nil {
		return nil, interrupted("no module was changed")
	}
	return said, err
}

// Mod implements magic.Env.
func (e *env) Mod(ctx context.Context) (string, error) {
	m, err := e.units(ctx, "modules")
	if err != nil {
		return "", err
	}
	return m.Mod()
}
