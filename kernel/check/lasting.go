package check

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"
)

// named are functions and variables of packages, by import path.
type named map[string][]string

func (n named) has(obj types.Object) bool { return slices.Contains(n[obj.Pkg().Path()], obj.Name()) }

// lasting are functions of the standard library that change what the process has beside its variables, and what
// leads to such things.
var lasting = named{
	"context":       {"AfterFunc"},
	"database/sql":  {"Register"},
	"encoding/gob":  {"Register", "RegisterName"},
	"expvar":        {"NewFloat", "NewInt", "NewMap", "NewString", "Publish"},
	"flag":          {"CommandLine", "Parse"},
	"image":         {"RegisterFormat"},
	"log":           {"Default", "SetFlags", "SetOutput", "SetPrefix"},
	"log/slog":      {"Default", "SetDefault", "SetLogLoggerLevel"},
	"math/rand":     {"Seed"},
	"mime":          {"AddExtensionType"},
	"net/http":      {"DefaultClient", "DefaultServeMux", "DefaultTransport", "Handle", "HandleFunc"},
	"net/rpc":       {"DefaultServer", "Register", "RegisterName"},
	"os":            {"Clearenv", "Setenv", "Unsetenv"},
	"os/signal":     {"Ignore", "Notify", "NotifyContext", "Reset"},
	"runtime":       {"AddCleanup", "GOMAXPROCS", "SetBlockProfileRate", "SetFinalizer", "SetMutexProfileFraction"},
	"runtime/debug": {"SetGCPercent", "SetMaxThreads", "SetMemoryLimit"},
	"runtime/pprof": {"StartCPUProfile"},
	"runtime/trace": {"Start"},
	"time":          {"AfterFunc"},
}

// Lasting returns what of packages the cell or a live declaration uses that leaves something in the process which no session
// variable holds, such as a timer or a setting: functions and variables known for it, variables of packages that are changed, and every
// package that is not of the standard library, since nothing is known of those. Sorted, each by its name in Go.
func (c *Cell) Lasting() []string { return c.lasting }

// judgeUses looks once at all that the cell and the live declarations use, for [Cell.Lasting] and [Cell.Secluded].
func (b *builder) judgeUses() {
	names := map[string]bool{}
	b.secluded = true
	for _, obj := range b.Info.Uses {
		p := obj.Pkg()
		switch obj := obj.(type) {
		case *types.PkgName:
			path := obj.Imported().Path()
			if first, _, _ := strings.Cut(path, "/"); strings.Contains(first, ".") {
				names[path] = true
				b.secluded = b.secluded && strings.HasPrefix(path, "golang.org/x/")
			}
			b.secluded = b.secluded && path != "C"
			continue
		case *types.Var:
			b.secluded = b.secluded && !timed(obj.Type())
			if obj.IsField() {
				continue
			}
		case *types.Func:
			if obj.Signature().Recv() != nil {
				continue
			}
		default:
			continue
		}
		if p == nil || p == b.pkg {
			continue
		}
		if lasting.has(obj) {
			names[p.Name()+"."+obj.Name()] = true
		}
		b.secluded = b.secluded && !wakers.has(obj)
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
	b.lasting = sortedKeys(names)
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
