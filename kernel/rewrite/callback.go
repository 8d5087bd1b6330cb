package rewrite

import (
	"go/ast"
	"go/types"
)

// elsewhere are functions of the library that call a function in a goroutine of their own: which argument
// that is, and what of the run time makes the goroutine the cell's: so that it runs under the lock, that it
// can be stopped, and that a panic in it is the cell's error.
var elsewhere = map[string]struct {
	argument int
	helper   string
}{
	"(*sync.WaitGroup).Go":                      {0, "Callback"},
	"time.AfterFunc":                            {1, "Callback"},
	"context.AfterFunc":                         {1, "Callback"},
	"(*golang.org/x/sync/errgroup.Group).Go":    {0, "CallbackError"},
	"(*golang.org/x/sync/errgroup.Group).TryGo": {0, "CallbackError"},
}

// callback has the argument of a call of such a function go through the helper; rt names the run time, and
// has it imported.
func (e *edits) callback(f *types.Func, arguments []ast.Expr, rt func() string) {
	if f == nil {
		return
	}
	if to, ok := elsewhere[f.FullName()]; ok && to.argument < len(arguments) {
		a := arguments[to.argument]
		e.before(a.Pos(), rt()+"."+to.helper+"(")
		e.after(a.End(), ")")
	}
}
