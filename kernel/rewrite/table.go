package rewrite

import (
	"go/ast"
	"go/token"
	"go/types"
	"strings"
)

// blockingMethods are the methods and functions that wait, by their full
// names; blockingVerbs those of whole packages, by how their names begin.
var blockingMethods = map[string]bool{
	"(*sync.Mutex).Lock": true, "(*sync.RWMutex).Lock": true, "(*sync.RWMutex).RLock": true,
	"(sync.Locker).Lock": true, "(*sync.WaitGroup).Wait": true, "(*sync.Cond).Wait": true,
	// It waits while another one runs the function, which may give the lock up and want it again.
	"(*sync.Once).Do": true, "(*golang.org/x/sync/singleflight.Group).Do": true,
	"(*golang.org/x/sync/errgroup.Group).Wait": true, "(*golang.org/x/sync/semaphore.Weighted).Acquire": true,
	"(*encoding/json.Decoder).Decode": true, "(*encoding/gob.Decoder).Decode": true, "(*encoding/xml.Decoder).Decode": true,
	"(*crypto/tls.Conn).Handshake": true, "(*net/rpc.Client).Call": true,
}

var blockingVerbs = map[string][]string{
	"net":                    {"Dial", "Listen", "Lookup", "Accept", "Read", "Write", "Close"},
	"net/http":               {"Get", "Post", "Head", "Do", "ListenAndServe", "Serve", "Shutdown"},
	"os":                     {"Read", "Write", "Open", "Create", "Remove", "Rename", "Mkdir", "Stat", "Lstat", "Sync", "Truncate", "Wait", "CopyFS"},
	"os/exec":                {"Run", "Wait", "Output", "CombinedOutput", "Start"},
	"io":                     {"Copy", "Read", "Write"},
	"io/ioutil":              {"Read", "Write"},
	"bufio":                  {"Read", "Scan", "Peek", "Flush"},
	"fmt":                    {"Fscan"},
	"syscall":                {"Accept", "Connect", "Flock", "Nanosleep", "Pread", "Pwrite", "Read", "Recvfrom", "Select", "Sendto", "Wait4", "Write"},
	"crypto/tls":             {"Dial", "Read", "Write"},
	"database/sql":           {"Query", "Exec", "Ping", "Begin", "Commit", "Rollback", "Prepare"},
	"golang.org/x/time/rate": {"Wait"},
}

// blocks reports whether the function is known to wait for something outside Go code.
func blocks(f *types.Func) bool {
	if f == nil || f.Pkg() == nil {
		return false
	}
	if blockingMethods[f.FullName()] {
		return true
	}
	if f.Pkg().Path() == "net/http" && (f.Name() == "Header" || strings.HasPrefix(f.Name(), "ServeHTTP")) {
		return false
	}
	for _, verb := range blockingVerbs[f.Pkg().Path()] {
		if strings.HasPrefix(f.Name(), verb) {
			return true
		}
	}
	return false
}

// calm are packages whose functions do not panic on any ordinary argument, so
// that calls of them need no line mark.
var calm = map[string]bool{"math": true, "math/rand": true, "math/rand/v2": true, "fmt": true, "time": true, "strconv": true, "errors": true, "unicode": true, "os": true}

// mayStay reports whether st itself, its nested blocks and function literals
// aside, has an operation that can panic, or wait for ever.
func (wk *walk) mayStay(st ast.Stmt) bool {
	found := false
	ast.Inspect(st, func(n ast.Node) bool {
		if found {
			return false
		}
		switch n := n.(type) {
		case *ast.FuncLit, *ast.BlockStmt, *ast.CaseClause, *ast.CommClause:
			return false
		case *ast.IfStmt:
			if n != st {
				return false
			}
		case *ast.IndexExpr:
			if tv, ok := wk.info.Types[n.X]; ok && tv.IsValue() {
				switch tv.Type.Underlying().(type) {
				case *types.Map:
					found = isAssigned(st, n)
				case *types.Signature:
				default:
					found = true
				}
			}
		case *ast.SliceExpr, *ast.StarExpr:
			found = true
		case *ast.SelectorExpr:
			if sel := wk.info.Selections[n]; sel != nil {
				_, ptr := sel.Recv().Underlying().(*types.Pointer)
				found = ptr || sel.Indirect() || types.IsInterface(sel.Recv())
			}
		case *ast.TypeAssertExpr:
			found = n.Type != nil
		case *ast.BinaryExpr:
			found = dividesByVariable(wk.info, n.Op, n.X, n.Y)
		case *ast.AssignStmt:
			if len(n.Lhs) == 1 {
				found = dividesByVariable(wk.info, n.Tok, n.Lhs[0], n.Rhs[0])
			}
		case *ast.SendStmt:
			found = true
		case *ast.UnaryExpr:
			found = n.Op == token.ARROW
		case *ast.SelectStmt:
			found = n == st
		case *ast.RangeStmt:
			if n == st {
				_, found = wk.info.TypeOf(n.X).Underlying().(*types.Chan)
			}
		case *ast.CallExpr:
			found = wk.callMayPanic(n)
		}
		return !found
	})
	return found
}

func isAssigned(st ast.Stmt, e ast.Expr) bool {
	switch st := st.(type) {
	case *ast.AssignStmt:
		for _, l := range st.Lhs {
			if l == e {
				return true
			}
		}
	case *ast.IncDecStmt:
		return st.X == e
	}
	return false
}

func dividesByVariable(info *types.Info, op token.Token, x, y ast.Expr) bool {
	switch op {
	case token.QUO, token.REM, token.QUO_ASSIGN, token.REM_ASSIGN:
		b, ok := info.TypeOf(x).Underlying().(*types.Basic)
		return ok && b.Info()&types.IsInteger != 0 && info.Types[y].Value == nil
	}
	return false
}

func (wk *walk) callMayPanic(n *ast.CallExpr) bool {
	tv := wk.info.Types[n.Fun]
	if tv.IsType() {
		return false
	}
	if tv.IsBuiltin() {
		id, ok := ast.Unparen(n.Fun).(*ast.Ident)
		return ok && (id.Name == "panic" || id.Name == "close" || id.Name == "make")
	}
	f := wk.callee(n)
	switch {
	case f == nil:
		_, lit := ast.Unparen(n.Fun).(*ast.FuncLit)
		return !lit
	case f.Pkg() == wk.pkg:
		return false // its own lines are marked
	case f.Pkg() != nil && calm[f.Pkg().Path()] && f.Name() != "Exit":
		return false
	}
	return true
}
