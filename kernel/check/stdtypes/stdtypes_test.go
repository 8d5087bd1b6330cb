package stdtypes_test

import (
	"errors"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lockstep/kernel/check/stdtypes"
)

// TestEveryPackage decodes all of the data through one importer, in an order
// in which most packages are mentioned before they are imported.
func TestEveryPackage(t *testing.T) {
	var im stdtypes.Importer
	paths := stdtypes.Packages()
	if len(paths) < 170 {
		t.Fatalf("got %d packages, want the whole standard library (at least 170)", len(paths))
	}
	if !slices.IsSorted(paths) {
		t.Error("Packages is not sorted")
	}
	slices.Reverse(paths)
	for _, path := range paths {
		p, err := im.Import(path)
		if err != nil {
			t.Error(err)
			continue
		}
		name, ok := stdtypes.Name(path)
		if p.Path() != path || !p.Complete() || !ok || p.Name() != name {
			t.Errorf("%s: got path %s, name %s, complete %v; index says name %s", path, p.Path(), p.Name(), p.Complete(), name)
		}
		if strings.Contains(path, "internal") || strings.HasPrefix(path, "vendor/") || strings.HasPrefix(path, "cmd/") {
			t.Errorf("%s cannot be imported by a cell", path)
		}
		if again, err := im.Import(path); again != p || err != nil {
			t.Errorf("%s: a second Import gave another package", path)
		}
	}
}

// TestAgainstSource compares with what go/types makes of the source text.
func TestAgainstSource(t *testing.T) {
	var im stdtypes.Importer
	fromSource := importer.ForCompiler(token.NewFileSet(), "source", nil)
	for _, path := range []string{
		"bufio", "cmp", "container/list", "encoding/json", "errors", "fmt", "io", "iter", "maps", "math",
		"math/rand/v2", "reflect", "slices", "sort", "strings", "sync", "sync/atomic", "time", "unique",
		"lockstep/kernel/display",
	} {
		want, err := fromSource.Import(path)
		if err != nil {
			t.Fatal(err)
		}
		got, err := im.Import(path)
		if err != nil {
			t.Error(err)
			continue
		}
		g, w := exported(got), exported(want)
		if len(w) == 0 {
			t.Errorf("%s: nothing exported in the source", path)
		}
		if diff := cmp.Diff(w, g); diff != "" {
			t.Errorf("%s (-source +data):\n%s", path, diff)
		}
	}
}

// exported writes out what a package exports: declarations with the values of
// constants (as go/constant shortens them: export data has 512 bits of math.Pi),
// fields with tags, and method sets, every package name in full.
func exported(p *types.Package) []string {
	var lines []string
	// json.Token is declared as any, and types.ObjectString writes that name only
	// for types that come from source.
	noAny := strings.NewReplacer("interface{}", "any")
	full := func(p *types.Package) string { return p.Path() }
	for _, name := range p.Scope().Names() {
		o := p.Scope().Lookup(name)
		if !o.Exported() {
			continue
		}
		line := types.ObjectString(o, full)
		if c, ok := o.(*types.Const); ok {
			line += " = " + c.Val().String()
		}
		lines = append(lines, noAny.Replace(line))
		if _, ok := o.(*types.TypeName); ok {
			set := types.NewMethodSet(types.NewPointer(o.Type()))
			for i := range set.Len() {
				if set.At(i).Obj().Exported() {
					lines = append(lines, types.SelectionString(set.At(i), full))
				}
			}
		}
	}
	return lines
}

func TestByName(t *testing.T) {
	for _, tt := range []struct {
		name string
		want []string
	}{
		{"rand", []string{"crypto/rand", "math/rand", "math/rand/v2"}},
		{"template", []string{"html/template", "text/template"}},
		{"fmt", []string{"fmt"}},
		{"display", []string{"lockstep/kernel/display"}},
		{"v2", nil},
		{"", nil},
	} {
		if got := stdtypes.ByName(tt.name); !slices.Equal(got, tt.want) {
			t.Errorf("ByName(%q): got %v, want %v", tt.name, got, tt.want)
		}
	}
}

func TestUnknownPackage(t *testing.T) {
	var im stdtypes.Importer
	for _, path := range []string{"", "index", "nosuch", "internal/abi", "C", "lockstep/kernel"} {
		p, err := im.Import(path)
		if !errors.Is(err, stdtypes.ErrUnknown) || !strings.Contains(err.Error(), path) {
			t.Errorf("Import(%q): got %v, %v, want an error that is ErrUnknown and names the path", path, p, err)
		}
		if _, ok := stdtypes.Name(path); ok {
			t.Errorf("Name(%q): got ok", path)
		}
	}
}

// TestConcurrentChecks runs type checks over one importer at once, as
// completion beside execution does; it counts under -race.
func TestConcurrentChecks(t *testing.T) {
	var im stdtypes.Importer
	cells := []string{
		`import ("net/http"; "io"); var _ io.Reader = (&http.Request{}).Body`,
		`import ("crypto/tls"; "net"); var _ net.Conn = (*tls.Conn)(nil)`,
		`import ("net/http/httptest"; "net/http"); var _ http.ResponseWriter = httptest.NewRecorder()`,
		`import ("slices"; "maps"); var _ = slices.Sorted(maps.Keys(map[string]int{}))`,
		`import ("os/exec"; "context"); var _ = exec.CommandContext(context.Background(), "a")`,
		`import "fmt"; var _ fmt.Stringer = fmt.Formatter(nil)`, // does not hold
	}
	var wg sync.WaitGroup
	for i, cell := range cells {
		wg.Go(func() {
			fset := token.NewFileSet()
			f, err := parser.ParseFile(fset, "cell", "package cell; "+cell, 0)
			if err != nil {
				t.Error(err)
				return
			}
			cfg := types.Config{Importer: &im}
			_, err = cfg.Check("cell", fset, []*ast.File{f}, nil)
			if last := i == len(cells)-1; (err != nil) != last {
				t.Errorf("%s: got %v", cell, err)
			}
		})
	}
	wg.Wait()
}

func BenchmarkImport(b *testing.B) {
	for _, path := range []string{"fmt", "net/http"} {
		b.Run(path, func(b *testing.B) {
			for b.Loop() {
				var im stdtypes.Importer
				if _, err := im.Import(path); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("all", func(b *testing.B) {
		for b.Loop() {
			var im stdtypes.Importer
			for _, path := range stdtypes.Packages() {
				if _, err := im.Import(path); err != nil {
					b.Fatal(err)
				}
			}
		}
	})
}
