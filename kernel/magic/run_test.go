package magic

import (
	"context"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"lockstep/kernel/cell"
)

var update = flag.Bool("update", false, "rewrite testdata and docs/magics.md with what the magics do now")

// TestCells runs the cells of testdata: in each archive a file is a cell, and the file
// of the same name with .out is what the session saw and the cell showed. A cell
// with several magics shares its session among them.
func TestCells(t *testing.T) {
	paths, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(paths) == 0 {
		t.Fatalf("got %v and no archive in testdata", err)
	}
	for _, path := range paths {
		archive, err := txtar.ParseFile(path)
		if err != nil {
			t.Fatal(err)
		}
		want := map[string]string{}
		for _, f := range archive.Files {
			want[f.Name] = string(f.Data)
		}
		var rewritten []txtar.File
		for _, f := range archive.Files {
			if strings.HasSuffix(f.Name, ".out") {
				continue
			}
			t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar")+"/"+f.Name, func(t *testing.T) {
				env := newFakeEnv(t)
				if err := os.CopyFS(env.root, os.DirFS("testdata/work")); err != nil {
					t.Fatal(err)
				}
				runCell(t.Context(), t, env, string(f.Data))
				rewritten = append(rewritten, f, txtar.File{Name: f.Name + ".out", Data: []byte(env.log.String())})
				if diff := cmp.Diff(env.log.String(), want[f.Name+".out"]); diff != "" && !*update {
					t.Errorf("got (-) want (+)\n%s", diff)
				}
			})
		}
		if *update {
			archive.Files = rewritten
			if err := os.WriteFile(path, txtar.Format(archive), 0o666); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// runCell runs a cell's magics in order, as the live session does, and notes how
// each ended.
func runCell(ctx context.Context, t *testing.T, env *fakeEnv, code string) {
	t.Helper()
	parts, err := cell.Split(code)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range parts {
		c := Call{Kind: Line, Name: p.Name, Args: p.Args, Body: p.Text, Line: p.Line, BodyLine: p.TextLine, Whole: code}
		switch p.Kind {
		case cell.Line:
			line := strings.Split(code, "\n")[p.Line-1]
			c.Column = strings.LastIndex(line, p.Args) + 1
		case cell.CellMagic:
			c.Kind = Cell
			line := strings.Split(code, "\n")[p.Line-1]
			c.Column = strings.LastIndex(line, p.Args) + 1
		case cell.Shell:
			c.Name = "!"
		case cell.Help:
			c.Args = p.Name
			c.Name = []string{"?", "??"}[p.Detail]
		default:
			env.ended(env.Run(ctx, p.Text, p.Line))
			continue
		}
		env.ended(Run(ctx, env, c))
	}
}
