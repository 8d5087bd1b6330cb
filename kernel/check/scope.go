// Package check type-checks cells with go/types over a session's live
// declarations, as if those and the cell were one Go package, and tells what a
// notebook wants to know of it: the errors at cell positions, which packages to
// import, which session variables come into being, and which earlier
// declarations a redefinition touches.
//
// Reading order: [Scope], [Scope.Check], [Cell], [Decl], [Var], [ErrorList];
// [Scope.Complete] and [Scope.Describe] answer questions about unfinished text.
// The package runs nothing and knows no engine.
package check

import (
	"go/ast"
	"go/token"
	"go/types"
	"maps"
	"sort"
	"strings"

	"lockstep/kernel/cell"
)

// Packages tells what can be imported.
type Packages interface {
	types.Importer
	// ByName returns the paths of the packages called name, nil for none.
	ByName(name string) []string
}

// Kind says what a [Decl] declares.
type Kind int

// The kinds of declarations.
const (
	Type Kind = iota
	Func
	Method
	Const
)

func (k Kind) String() string { return [...]string{"type", "func", "method", "const"}[k] }

// Decl is one live declaration: a type, a function, a method, or a group of constants.
// A Decl never changes once made.
type Decl struct {
	Key   string   // "f", "P", "P.Inc"; of constants the first name
	Names []string // package-level names; of a method none
	Kind  Kind
	Recv  string // of a method: its type's name
	Node  ast.Decl
	File  string // text of the file that Node's positions point into
	Cell  string // file name in positions: "cell 3"
	Text  string // source text, the keyword included
	// Imports are the packages that the declaration uses: name → path.
	Imports map[string]string
	// C is the C code that it uses; nil for none.
	C *Preamble
}

// Component is the unit in which declarations are re-made: a type goes with its methods.
func (d *Decl) Component() string {
	if d.Kind == Method {
		return d.Recv
	}
	return d.Key
}

// Var is one session variable.
type Var struct {
	Name string
	Type types.Type // in terms of the check that made it; see [Scope.VarType]
	Cell string
	// text is the type as source where it mentions session types, else "".
	text    string
	imports map[string]string
	// value is what the variable was declared with, as source, if that is plain; see [Cell.Declaration].
	value struct {
		plain   bool
		text    string // "" for its zero value
		imports map[string]string
		uses    []string // names of the session in it
	}
	// decl is the variable's declaration in a session's file set, parsed from text once.
	decl *parsedVar
}

// Scope is what lives from cell to cell, as the checker sees it. A Scope is
// immutable: [Cell.Commit] gives the next one. Safe for concurrent use.
type Scope struct {
	fset     *token.FileSet
	packages Packages
	imports  map[string]string // explicit imports and those a cell brought: name → path
	blank    map[string]bool   // paths of packages imported as _
	dots     map[string]bool   // paths of packages whose names are imported as the session's own
	c        *Preamble         // of the last import "C"
	decls    map[string]*Decl
	order    []string // keys of decls in the order of their first declaration
	vars     map[string]*Var
}

// NewScope returns an empty scope.
func NewScope(p Packages) *Scope {
	return &Scope{fset: token.NewFileSet(), packages: p, imports: map[string]string{}, blank: map[string]bool{}, dots: map[string]bool{}, decls: map[string]*Decl{}, vars: map[string]*Var{}}
}

// Packages returns what can be imported.
func (s *Scope) Packages() Packages { return s.packages }

// Fset returns the file set of all positions in the scope and its cells.
func (s *Scope) Fset() *token.FileSet { return s.fset }

// Decls returns the live declarations in the order of their first declaration.
func (s *Scope) Decls() []*Decl {
	out := make([]*Decl, 0, len(s.order))
	for _, k := range s.order {
		out = append(out, s.decls[k])
	}
	return out
}

// Vars returns the session variables by name.
func (s *Scope) Vars() []*Var {
	out := make([]*Var, 0, len(s.vars))
	for _, v := range s.vars {
		out = append(out, v)
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Name < out[j].Name })
	return out
}

// Var returns the session variable called name, nil when there is none.
func (s *Scope) Var(name string) *Var { return s.vars[name] }

// Decl returns the live declaration with key, nil when there is none.
func (s *Scope) Decl(key string) *Decl { return s.decls[key] }

// Imports returns the session's imports, name → path.
func (s *Scope) Imports() map[string]string {
	out := map[string]string{}
	for k, v := range s.imports {
		out[k] = v
	}
	return out
}

// Dots returns the paths of the packages whose names cells have imported as their own, sorted.
func (s *Scope) Dots() []string { return sortedKeys(s.dots) }

// Blank returns the paths of the packages that cells have imported as _, sorted.
func (s *Scope) Blank() []string { return sortedKeys(s.blank) }

// With returns the scope over other packages, among them other versions of those of
// third-party modules.
func (s *Scope) With(p Packages) *Scope {
	c := s.clone()
	c.packages = p
	for name, v := range c.vars {
		if v.text != "" || v.Type == nil {
			continue
		}
		w := typeWriter{imports: map[string]string{}}
		text := types.TypeString(v.Type, w.qualify)
		for _, path := range w.imports {
			if Foreign(path) {
				again := *v
				again.text, again.imports, again.decl = text, w.imports, newParsedVar(s.fset, name, text)
				c.vars[name] = &again
			}
		}
	}
	return c
}

// WithoutVars returns a scope that has lost the session variables called
// names, all of them when names is nil.
func (s *Scope) WithoutVars(names []string) *Scope {
	c := s.clone()
	if names == nil {
		clear(c.vars)
	}
	for _, n := range names {
		delete(c.vars, n)
	}
	return c
}

// WithVar returns a scope with one more session variable; typ is Go source such
// as "lab.Result", imports its packages by name.
func (s *Scope) WithVar(name, typ string, imports map[string]string) *Scope {
	c := s.clone()
	v := &Var{Name: name, text: typ, imports: imports}
	v.decl = newParsedVar(s.fset, name, typ)
	c.vars[name] = v
	return c
}

// WithoutDecl returns a scope that has lost the declaration with key, and with a type
// its methods.
func (s *Scope) WithoutDecl(key string) *Scope {
	c := s.clone()
	for k, d := range c.decls {
		if k == key || d.Component() == key {
			delete(c.decls, k)
		}
	}
	c.order = c.order[:0:0]
	for _, k := range s.order {
		if c.decls[k] != nil {
			c.order = append(c.order, k)
		}
	}
	return c
}

func (s *Scope) clone() *Scope {
	c := &Scope{fset: s.fset, packages: s.packages, imports: s.Imports(), blank: maps.Clone(s.blank), dots: maps.Clone(s.dots), c: s.c, decls: map[string]*Decl{}, vars: map[string]*Var{}}
	for k, v := range s.decls {
		c.decls[k] = v
	}
	for k, v := range s.vars {
		c.vars[k] = v
	}
	c.order = append(c.order, s.order...)
	return c
}

// declsOf turns a parsed cell's declarations into Decls; imports and init functions come apart.
func declsOf(g *cell.Go) (decls []*Decl, imports []*ast.ImportSpec, inits []*ast.FuncDecl) {
	for _, d := range g.Decls {
		file := g.Fset.File(d.Node.Pos())
		text := func(from, to token.Pos) string { return d.File[file.Offset(from):file.Offset(to)] }
		switch n := d.Node.(type) {
		case *ast.FuncDecl:
			fd := &Decl{Key: n.Name.Name, Kind: Func, Node: n, File: d.File, Cell: g.Name, Text: text(n.Pos(), n.End())}
			switch {
			case n.Recv != nil:
				fd.Kind, fd.Recv = Method, recvName(n)
				fd.Key = fd.Recv + "." + n.Name.Name
			case n.Name.Name == "init":
				inits = append(inits, n)
				continue
			default:
				fd.Names = []string{n.Name.Name}
			}
			decls = append(decls, fd)
		case *ast.GenDecl:
			switch n.Tok {
			case token.IMPORT:
				for _, s := range n.Specs {
					imports = append(imports, s.(*ast.ImportSpec))
				}
			case token.TYPE:
				doc := d.Spec.Doc
				if doc == nil && !n.Lparen.IsValid() {
					doc = n.Doc
				}
				decls = append(decls, &Decl{Key: d.Spec.Name.Name, Names: []string{d.Spec.Name.Name}, Kind: Type,
					Node: &ast.GenDecl{Doc: doc, Tok: token.TYPE, TokPos: d.Spec.Pos(), Specs: []ast.Spec{d.Spec}},
					File: d.File, Cell: g.Name, Text: "type " + text(d.Spec.Name.Pos(), d.Spec.End())})
			case token.CONST:
				cd := &Decl{Kind: Const, Node: n, File: d.File, Cell: g.Name, Text: text(n.Pos(), n.End())}
				for _, s := range n.Specs {
					for _, id := range s.(*ast.ValueSpec).Names {
						if id.Name != "_" {
							cd.Names = append(cd.Names, id.Name)
						}
					}
				}
				cd.Key = strings.Join(cd.Names, ",")
				decls = append(decls, cd)
			}
		}
	}
	return decls, imports, inits
}

func recvName(f *ast.FuncDecl) string {
	if len(f.Recv.List) == 0 {
		return "_"
	}
	t := f.Recv.List[0].Type
	for {
		switch x := t.(type) {
		case *ast.StarExpr:
			t = x.X
		case *ast.ParenExpr:
			t = x.X
		case *ast.IndexExpr:
			t = x.X
		case *ast.IndexListExpr:
			t = x.X
		case *ast.Ident:
			return x.Name
		default:
			return "_"
		}
	}
}
