package main

import (
	"bytes"
	"go/constant"
	"go/token"
	"go/types"
	"go/version"
	"math/big"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"lockstep/kernel/session/stdsym"
)

// TestFresh fails when the committed tables are not what the program would
// write now. The packages of the standard library stand for the kinds of tables: with interfaces, with
// compositions, generic, and different on each system and processor.
func TestFresh(t *testing.T) {
	// A patch release does not change what packages export.
	if got, want := version.Lang(stdsym.GoVersion()), version.Lang(runtime.Version()); got != want {
		t.Fatalf("tables of %s, toolchain is %s; the tables are stale: run go generate ./kernel/session/stdsym", got, want)
	}
	pkgs, err := load(platform{"linux", "amd64"}, "errors", "io", "slices", "syscall", "lockstep/lab", "lockstep/kernel/display", "lockstep/exec/measure")
	if err != nil {
		t.Fatal(err)
	}
	for path, file := range map[string]string{
		"errors":                  "stdsym/zz_errors.go",
		"io":                      "stdsym/zz_io.go",
		"slices":                  "stdsym/zz_slices.go",
		"syscall":                 "stdsym/zz_syscall_linux_amd64.go",
		"lockstep/lab":            "cellsym/zz_lockstep_lab.go",
		"lockstep/kernel/display": "cellsym/zz_lockstep_kernel_display.go",
		"lockstep/exec/measure":   "cellsym/zz_lockstep_exec_measure.go",
	} {
		in, _, _ := strings.Cut(file, "/")
		want, err := render(in, pkgs[path])
		if err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(filepath.Join("../..", file))
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s is stale (%v): run go generate ./kernel/session/%s", file, err, in)
		}
	}
}

func TestLiteral(t *testing.T) {
	for _, tt := range []struct {
		kind       types.BasicKind
		value      constant.Value
		want, text string
	}{
		{types.UntypedInt, constant.MakeUint64(1<<64 - 1), "INT", "18446744073709551615"},
		{types.UntypedRune, constant.MakeInt64('/'), "INT", "47"},
		{types.UntypedString, constant.MakeString("a\"b"), "STRING", `"a\"b"`},
		{types.UntypedFloat, constant.MakeInt64(3), "FLOAT", "3"},
		{types.UntypedFloat, constant.Make(big.NewRat(1, 4)), "FLOAT", "0.25"},
		// go/constant keeps a whole number as an integer, however large.
		{types.UntypedFloat, constant.Shift(constant.MakeInt64(1), token.SHL, 100), "FLOAT", "1267650600228229401496703205376"},
	} {
		kind, text := literal(types.Typ[tt.kind], tt.value)
		if kind != tt.want || text != tt.text {
			t.Errorf("%v: got %s %s, want %s %s", tt.value, kind, text, tt.want, tt.text)
		}
	}
}

// TestWrapRefuses has the interfaces for which no wrapper can be written.
func TestWrapRefuses(t *testing.T) {
	pkg := types.NewPackage("p", "p")
	hidden := types.NewNamed(types.NewTypeName(0, types.NewPackage("p/internal/q", "q"), "T", nil), types.Typ[types.Int], nil)
	method := func(name string, param types.Type) *types.Func {
		params := types.NewTuple(types.NewVar(0, pkg, "", param))
		return types.NewFunc(0, pkg, name, types.NewSignatureType(nil, nil, nil, params, nil, false))
	}
	for _, tt := range []struct {
		name   string
		method *types.Func
		want   bool
	}{
		{"exported", method("M", types.Typ[types.Int]), true},
		{"unexported method", method("m", types.Typ[types.Int]), false},
		{"internal type", method("M", hidden), false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := &file{pkg: pkg, imports: make(map[string]bool)}
			iface := types.NewInterfaceType([]*types.Func{tt.method}, nil).Complete()
			if got := f.wrap("w", iface); got != tt.want || len(f.imports) != 0 || (f.decls.Len() > 0) != tt.want {
				t.Errorf("got %v, imports %v, declarations %q", got, f.imports, &f.decls)
			}
		})
	}
}
