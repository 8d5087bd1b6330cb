package rewrite

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"slices"

	"lockstep/kernel/rewrite/mark"
)

// walk edits one declaration or body.
type walk struct {
	*writer
	edits    *edits
	top      bool                       // the statements at hand are a cell's own
	fn       *function                  // the function being walked
	skip     map[ast.Node]bool          // type assertions whose second value is wanted; functions called where they stand
	pair     map[*ast.UnaryExpr]bool    // receives whose second value is wanted
	streams  map[*ast.SelectorExpr]bool // os.Stdin and its likes that become the cell's own
	selected map[*ast.Ident]bool        // what stands behind a dot
	rename   map[types.Object]string    // variables that go by another name where the walk is
	label    string                     // of the statement about to be walked
	// labelled is where that label begins.
	labelled token.Pos
	at       token.Pos     // the statement being walked
	listed   ast.Stmt      // that statement, which stands in a list
	topped   ast.Stmt      // the latest of a cell's own statements
	sub      *substitution // of the instance being written, nil for none
	info     *types.Info   // what is known of the nodes walked
	loops    int           // loops over functions so far
	selects  int           // select statements so far
}

func (w *writer) walk(e *edits) *walk {
	return &walk{writer: w, info: w.info, edits: e, fn: &function{leave: "return"}, skip: map[ast.Node]bool{}, pair: map[*ast.UnaryExpr]bool{}, streams: map[*ast.SelectorExpr]bool{}, rename: map[types.Object]string{}, selected: map[*ast.Ident]bool{}}
}

// statements walks a statement list; statements that may panic or wait for ever get a line mark.
func (wk *walk) statements(list []ast.Stmt) {
	top := wk.top
	last := 0
	for _, st := range list {
		if line := wk.line(st); line != 0 {
			if line != last {
				wk.fn.lines = true
				wk.edits.statement(st.Pos(), fmt.Sprintf("*%sl = %d; ", mark.Mark, line))
			}
			last = line
		}
		if compound(st) {
			last = 0
		}
		if top {
			wk.topDefine(st)
			wk.topped = st
		}
		wk.top, wk.at, wk.listed = false, st.Pos(), st
		wk.stmt(st)
		wk.top = top
	}
}

// clause walks the body of a clause. The engine does not find a label there that is not
// in a block.
func (wk *walk) clause(body []ast.Stmt) {
	inner := body
	if n := len(body); n > 0 {
		if b, ok := body[n-1].(*ast.BranchStmt); ok && b.Tok == token.FALLTHROUGH {
			inner = body[:n-1]
		}
	}
	if slices.ContainsFunc(inner, func(st ast.Stmt) bool { _, ok := st.(*ast.LabeledStmt); return ok }) {
		wk.edits.statement(inner[0].Pos(), "{ ")
		wk.edits.after(inner[len(inner)-1].End(), " }")
	}
	wk.statements(body)
}

// compound reports whether code of other lines may run inside st.
func compound(st ast.Stmt) bool {
	switch st.(type) {
	case *ast.AssignStmt, *ast.IncDecStmt, *ast.SendStmt:
		return false
	}
	return true
}

// line returns the number that marks st's place when st itself may panic or wait for ever, else
// 0; see [mark.Line] for the number.
func (wk *walk) line(st ast.Stmt) int {
	if !wk.mayStay(st) {
		return 0
	}
	return lineOf(wk.cell.Source.Fset.Position(st.Pos()))
}

func (wk *walk) stmt(st ast.Stmt) {
	if st != nil {
		wk.expr(st)
	}
}

// expr walks any node.
func (wk *walk) expr(root ast.Node) {
	ast.Inspect(root, func(n ast.Node) bool {
		if e, ok := n.(ast.Expr); ok && wk.fold(e) {
			return false
		}
		switch n := n.(type) {
		case *ast.Ident:
			wk.ident(n)
		case *ast.FuncLit:
			wk.literal(n)
			return false
		case *ast.BlockStmt:
			wk.statements(n.List)
			return false
		case *ast.CaseClause:
			for _, e := range n.List {
				wk.expr(e)
			}
			wk.clause(n.Body)
			return false
		case *ast.IfStmt:
			wk.elseIf(n)
		case *ast.ForStmt:
			wk.forStmt(n)
			return false
		case *ast.RangeStmt:
			wk.rangeStmt(n)
			return false
		case *ast.SwitchStmt:
			wk.switchStmt(n)
			return false
		case *ast.TypeSwitchStmt:
			wk.typeSwitch(n)
			return false
		case *ast.BranchStmt:
			wk.branch(n)
			return false
		case *ast.LabeledStmt:
			wk.label, wk.labelled = n.Label.Name, n.Pos()
			wk.stmt(n.Stmt)
			wk.label, wk.labelled = "", token.NoPos
			return false
		case *ast.SelectStmt:
			at := wk.start(n)
			wk.within(&target{label: wk.takeLabel()}, func() { wk.selectStmt(n, at) })
			return false
		case *ast.GoStmt:
			wk.goStmt(n)
			return false
		case *ast.DeferStmt:
			wk.deferStmt(n)
			return false
		case *ast.DeclStmt:
			switch gen := n.Decl.(*ast.GenDecl); gen.Tok {
			case token.CONST:
				wk.edits.drop(n.Pos(), n.End())
				return false
			case token.TYPE:
				wk.declareLocal(gen)
				return false
			case token.VAR:
				wk.varDecl(gen, wk.topped == n)
				return false
			}
		case *ast.ReturnStmt:
			wk.returnStmt(n)
		case *ast.SendStmt:
			wk.send(n)
		case *ast.AssignStmt:
			if wk.assignTuple(n) {
				return false
			}
			wk.assign(n)
		case *ast.ValueSpec:
			wk.valueSpec(n)
		case *ast.UnaryExpr:
			if n.Op == token.ARROW {
				wk.receive(n)
			}
			wk.elementAddress(n)
		case *ast.BinaryExpr:
			wk.binary(n)
		case *ast.TypeAssertExpr:
			wk.assertion(n)
		case *ast.CallExpr:
			return wk.call(n)
		case *ast.StructType:
			wk.structLit(n, "")
			return false
		case *ast.CompositeLit:
			wk.composite(n)
		case *ast.IndexListExpr:
			return !wk.generics(n)
		case *ast.IndexExpr:
			if wk.generics(n) {
				return false
			}
			if m, ok := wk.info.TypeOf(n.X).Underlying().(*types.Map); ok {
				wk.key(n.Index, m)
			}
		case *ast.SelectorExpr:
			wk.selected[n.Sel] = true
			if wk.generics(n) {
				return false
			}
			if wk.methodExpr(n) || wk.fatal(n) {
				return false
			}
			if !wk.methodValue(n) {
				wk.promoted(n)
			}
			return wk.selector(n)
		}
		return true
	})
}

// start is where a statement begins, its label included.
func (wk *walk) start(st ast.Stmt) token.Pos {
	if wk.label != "" {
		return wk.labelled
	}
	return st.Pos()
}

// elseIf gives "else if" a block of its own, in which its condition can have a line.
func (wk *walk) elseIf(n *ast.IfStmt) {
	chained, ok := n.Else.(*ast.IfStmt)
	if !ok {
		return
	}
	if line := wk.line(chained); line != 0 {
		wk.fn.lines = true
		wk.edits.statement(chained.Pos(), fmt.Sprintf("{ *%sl = %d; ", mark.Mark, line))
		wk.edits.after(chained.End(), " }")
	}
}
