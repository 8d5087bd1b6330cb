package check

import (
	"go/ast"
	"go/token"
	"go/types"
	"strings"
)

// lasting are functions of the standard library that change what the process has beside its variables, and what
// leads to such things.
var lasting = map[string]bool{
	"time.AfterFunc": true, "context.AfterFunc": true, "runtime.AddCleanup": true, "runtime.SetFinalizer": true,
	"os/signal.Notify": true, "os/signal.NotifyContext": true, "os/signal.Ignore": true, "os/signal.Reset": true,
	"os.Setenv": true, "os.Unsetenv": true, "os.Clearenv": true,
	"net/http.Handle": true, "net/http.HandleFunc": true, "net/rpc.Register": true, "net/rpc.RegisterName": true,
	"log.SetFlags": true, "log.SetOutput": true, "log.SetPrefix": true, "log/slog.SetDefault": true, "log/slog.SetLogLoggerLevel": true,
	"runtime.GOMAXPROCS": true, "runtime/debug.SetGCPercent": true, "runtime/debug.SetMemoryLimit": true, "runtime/debug.SetMaxThreads": true,
	"runtime/pprof.StartCPUProfile": true, "runtime/trace.Start": true, "runtime.SetBlockProfileRate": true, "runtime.SetMutexProfileFraction": true,
	"math/rand.Seed": true, "database/sql.Register": true, "encoding/gob.Register": true, "encoding/gob.RegisterName": true,
	"expvar.Publish": true, "expvar.NewInt": true, "expvar.NewFloat": true, "expvar.NewMap": true, "expvar.NewString": true,
	"log.Default": true, "log/slog.Default": true, "net/http.DefaultServeMux": true, "net/http.DefaultClient": true, "net/http.DefaultTransport": true,
	"net/rpc.DefaultServer": true, "flag.CommandLine": true,
	"mime.AddExtensionType": true, "image.RegisterFormat": true, "flag.Parse": true,
}

// Lasting returns what of packages the cell or a live declaration uses that leaves something in the process which no session
// variable holds, such as a timer or a setting: functions and variables known for it, variables of packages that are changed, and every
// package that is not of the standard library, since nothing is known of those. Sorted, each by its name in Go.
func (c *Cell) Lasting() []string { return c.lasting }

func (b *builder) lastingUses() []string {
	names := map[string]bool{}
	for _, obj := range b.Info.Uses {
		switch p := obj.Pkg(); obj := obj.(type) {
		case *types.Func:
			if lasting[obj.FullName()] {
				names[p.Name()+"."+obj.Name()] = true
			}
		case *types.Var:
			if p != nil && lasting[p.Path()+"."+obj.Name()] && !obj.IsField() {
				names[p.Name()+"."+obj.Name()] = true
			}
		case *types.PkgName:
			if first, _, _ := strings.Cut(obj.Imported().Path(), "/"); strings.Contains(first, ".") {
				names[obj.Imported().Path()] = true
			}
		}
	}
	for _, f := range b.files {
		ast.Inspect(f, func(n ast.Node) bool {
			var changed []ast.Expr
			switch n := n.(type) {
			case *ast.AssignStmt:
				changed = n.Lhs
			case *ast.IncDecStmt:
				changed = []ast.Expr{n.X}
			case *ast.RangeStmt:
				changed = []ast.Expr{n.Key, n.Value}
			case *ast.UnaryExpr:
				if n.Op == token.AND { // who has the address may change it
					changed = []ast.Expr{n.X}
				}
			}
			for _, to := range changed {
				if v := b.foreign(to); v != nil {
					names[v.Pkg().Name()+"."+v.Name()] = true
				}
			}
			return true
		})
	}
	return sortedKeys(names)
}

// foreign is the variable of another package that an assignment to e changes, nil if it changes none.
func (b *builder) foreign(e ast.Expr) *types.Var {
	for e != nil {
		switch x := ast.Unparen(e).(type) {
		case *ast.IndexExpr:
			e = x.X
		case *ast.StarExpr:
			e = x.X
		case *ast.SelectorExpr:
			if v, ok := b.Info.Uses[x.Sel].(*types.Var); ok && !v.IsField() {
				return v
			}
			e = x.X
		default:
			return nil
		}
	}
	return nil
}
