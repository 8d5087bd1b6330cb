package check

import (
	"fmt"
	"go/ast"
	"go/types"
	"slices"
	"strconv"
	"strings"
)

// preferred settles which of several packages of one name a cell means when
// the members that it uses do not.
var preferred = []string{"math/rand/v2", "text/template"}

// addImport takes a cell's import declaration into the live scope.
func (b *builder) addImport(spec *ast.ImportSpec) *Error {
	p, err := strconv.Unquote(spec.Path.Value)
	if err != nil {
		return &Error{Pos: b.position(spec.Path.Pos()), Msg: "invalid import path " + spec.Path.Value}
	}
	if p == "C" {
		b.importC(spec)
		return nil
	}
	pkg, err := b.scope.packages.Import(p)
	if err != nil {
		msg := fmt.Sprintf("package %s is not in std", p)
		if Foreign(p) {
			msg = fmt.Sprintf("package %s: %v", p, err)
		}
		return &Error{Pos: b.position(spec.Path.Pos()), Msg: msg}
	}
	name := pkg.Name()
	if spec.Name != nil {
		name = spec.Name.Name
	}
	switch name {
	case "_":
		b.Blank = append(b.Blank, p)
		b.live.blank[p] = true
		return nil
	case ".":
		b.live.dots[p] = true
		return nil
	}
	b.live.imports[name] = p
	delete(b.live.vars, name)
	b.dropName(name, nil)
	return nil
}

// Foreign reports whether an import path is of a third-party module: unlike the
// standard library's, those begin with a host's name.
func Foreign(path string) bool {
	first, _, _ := strings.Cut(path, "/")
	return strings.Contains(first, ".")
}

// selected notes the members that n selects of names it does not declare.
func (b *builder) selected(n ast.Node) {
	ast.Inspect(n, func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectorExpr); ok {
			if x, ok := sel.X.(*ast.Ident); ok && x.Obj == nil && sel.Sel.Name != hole {
				name, _ := OldName(x.Name)
				if b.members[name] == nil {
					b.members[name] = map[string]bool{}
				}
				b.members[name][sel.Sel.Name] = true
			}
		}
		return true
	})
}

// resolve finds the packages that n uses: name → path. Explicit imports come
// first, then the standard library by name.
func (b *builder) resolve(n ast.Node) map[string]string {
	found := map[string]string{}
	ast.Inspect(n, func(n ast.Node) bool {
		sel, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		x, ok := sel.X.(*ast.Ident)
		if !ok || x.Obj != nil || found[x.Name] != "" || b.isSession(x.Name) {
			return true
		}
		name, _ := OldName(x.Name)
		if p := b.live.imports[name]; p != "" {
			found[x.Name] = p
		} else if p := b.guess(name); p != "" {
			found[x.Name] = p
			b.live.imports[name] = p
		}
		return true
	})
	return found
}

// isPackage reports whether name can only be a package so far, as url is in "url, err := url.Parse(s)".
func (b *builder) isPackage(name string) bool {
	for _, d := range b.live.decls {
		if slices.Contains(d.Names, name) {
			return false
		}
	}
	return b.live.imports[name] != "" || len(b.scope.packages.ByName(name)) > 0
}

// isSession reports whether name is declared in the session or by the cell.
func (b *builder) isSession(name string) bool {
	if b.defines[name] || b.live.vars[name] != nil {
		return true
	}
	for _, d := range b.live.decls {
		for _, n := range d.Names {
			if n == name {
				return true
			}
		}
	}
	return false
}

// guess picks the package called name that has all the members the cell uses.
func (b *builder) guess(name string) string {
	paths := b.scope.packages.ByName(name)
	var fit []string
	for _, p := range paths {
		pkg, err := b.scope.packages.Import(p)
		if err == nil && hasAll(pkg, b.members[name]) {
			fit = append(fit, p)
		}
	}
	if len(fit) == 0 {
		fit = paths // go/types then says which member is missing
	}
	for _, p := range preferred {
		if slices.Contains(fit, p) {
			return p
		}
	}
	if len(fit) > 0 {
		return fit[0]
	}
	return ""
}

func hasAll(pkg *types.Package, members map[string]bool) bool {
	for m := range members {
		if o := pkg.Scope().Lookup(m); o == nil || !o.Exported() {
			return false
		}
	}
	return true
}
