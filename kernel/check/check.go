package check

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"

	"lockstep/kernel/cell"
)

// Place says where a cell's statements stand.
type Place int

const (
	// TopLevel statements are the session's: what they declare lives on.
	TopLevel Place = iota
	// Workload statements are the body of a function of worker and workers; what they
	// declare, and what the cell declares beside them, is gone afterwards.
	Workload
	// Tasks statements are a workload that is executed once for each task: a function of worker,
	// workers and task.
	Tasks
	// Program is a whole program: a package of its own, which sees nothing of the session and
	// leaves nothing there. See [Scope.CheckProgram].
	Program
)

// isWork reports whether the statements are a workload.
func (p Place) isWork() bool { return p == Workload || p == Tasks }

// Names of the functions that stand for a cell's statements and its value in
// the checked package. A user's cell cannot spell them by accident.
const (
	bodyName = "ˑcell"
	showName = "ˑshow"
	oldMark  = "ˑold"
)

// Cell is a checked cell. Its AST is the parser's, with one change: a use of a
// variable that the same cell redefines later refers to the old one.
type Cell struct {
	Source *cell.Go
	Place  Place
	Pkg    *types.Package
	Info   *types.Info
	Decls  []*Decl         // what the cell declares, unchanged repetitions included
	Inits  []*ast.FuncDecl // func init, in order
	// Vars are the session variables that the cell's statements define, in order.
	Vars []*Var
	// Last is the cell's last statement when it is an expression, nil else; LastType is
	// its type: a *types.Tuple for several values, nil for none.
	Last     ast.Expr
	LastType types.Type
	// Imports are the packages that the statements use: name → path.
	Imports map[string]string
	// C is the C code that the cell's statements use; nil for none.
	C *Preamble
	// Blank are the packages that the cell imports for what their init functions do.
	Blank []string
	// Remake holds the components (see [Decl.Component]) that this cell makes or
	// changes, and those that depend on them.
	Remake map[string]bool
	// Retyped are the session variables that get a new type by this cell;
	// Reset are those whose values cannot be carried over to it.
	Retyped, Reset []string

	// Unused are the places of local variables that the cell, or a live declaration, declares and
	// never uses: an error to Go, none in a notebook.
	Unused map[token.Pos]bool

	scope   *Scope // before the cell
	next    *Scope // after it
	within  *Scope // next, and with a workload also what that declares for itself
	uses    map[string]map[string]bool
	sent    map[*ast.CallExpr]string // functions for other processes, by the call
	lasting []string

	secluded bool
}

// Check type-checks a parsed cell. The error is an [ErrorList].
func (s *Scope) Check(g *cell.Go, place Place) (*Cell, error) {
	c, errs := s.check(g, place, s.clone())
	if len(errs) > 0 {
		return nil, errs.finish()
	}
	return c, nil
}

// check checks a cell over live declarations, which are s's or fewer.
func (s *Scope) check(g *cell.Go, place Place, live *Scope) (*Cell, ErrorList) {
	c := &Cell{Source: g, Place: place, Unused: map[token.Pos]bool{}, scope: s}
	b := &builder{Cell: c, live: live, pkg: types.NewPackage("main", "main")}
	if err := b.collect(); len(err) > 0 {
		return nil, err
	}
	b.assemble()
	c.Pkg = b.pkg
	c.Info = &types.Info{Types: map[ast.Expr]types.TypeAndValue{}, Defs: map[*ast.Ident]types.Object{}, Uses: map[*ast.Ident]types.Object{},
		Selections: map[*ast.SelectorExpr]*types.Selection{}, Instances: map[*ast.Ident]types.Instance{}, Implicits: map[ast.Node]types.Object{}, Scopes: map[ast.Node]*types.Scope{}}
	var errs ErrorList
	conf := types.Config{
		Importer: s.packages, DisableUnusedImportCheck: true, FakeImportC: true,
		Error: func(err error) {
			if e, ok := b.judge(err); ok {
				errs = append(errs, e)
			}
		},
	}
	_ = types.NewChecker(&conf, s.fset, b.pkg, c.Info).Files(b.files)
	if len(errs) > 0 {
		return nil, errs
	}
	if errs := b.sends(); len(errs) > 0 {
		return nil, errs
	}
	b.judgeUses()
	b.conclude()
	if errs := b.typesOfC(); len(errs) > 0 {
		return nil, errs
	}
	return c, nil
}

// CheckProgram type-checks a cell that begins with a package clause, as a
// package of its own. The error is an [ErrorList].
func (s *Scope) CheckProgram(g *cell.Go) (*Cell, error) {
	alone := NewScope(s.packages)
	alone.fset = s.fset
	c, err := alone.Check(g, Program)
	if err != nil {
		return nil, err
	}
	if f, ok := c.Pkg.Scope().Lookup("main").(*types.Func); !ok || f.Signature().Params().Len()+f.Signature().Results().Len() > 0 {
		return nil, ErrorList{{Pos: s.fset.Position(g.Decls[0].Node.Pos()), Msg: "function main is undeclared in the main package"}}
	}
	return c, nil
}

// Commit returns the scope after the cell. ran names the cell's variables that
// came into being; nil means all of them.
func (c *Cell) Commit(ran []string) *Scope {
	if ran == nil {
		return c.next
	}
	next := c.next.clone()
	for _, v := range c.Vars {
		if !slices.Contains(ran, v.Name) {
			if old := c.scope.vars[v.Name]; old != nil {
				next.vars[v.Name] = old
			} else {
				delete(next.vars, v.Name)
			}
		}
	}
	return next
}

// Before returns the scope that the cell was checked in.
func (c *Cell) Before() *Scope { return c.scope }

// Within returns the scope that the cell's statements see: that after the
// cell, and with a workload also what that declares for itself.
func (c *Cell) Within() *Scope { return c.within }

// After returns the scope after the cell with all its variables.
func (c *Cell) After() *Scope { return c.next }

// Uses returns the package-level names (components and variables) that a
// component of the scope after the cell uses.
func (c *Cell) Uses(component string) map[string]bool { return c.uses[component] }

// OldName strips the mark of a variable that the same cell redefines.
func OldName(name string) (string, bool) { return strings.CutSuffix(name, oldMark) }
