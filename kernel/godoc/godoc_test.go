package godoc

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite own.json")

func TestLookup(t *testing.T) {
	var l Library
	tests := []struct{ path, symbol, member, doc, source string }{
		{"fmt", "", "", "Package fmt implements formatted I/O", ""},
		{"fmt", "Println", "", "Println formats using the default formats", "func Println(a ...any)"},
		{"time", "Second", "", "Common durations", "const ("},
		{"net/http", "StatusTeapot", "", "15.5.19", "const ("},
		{"bytes", "Buffer", "", "A Buffer is a variable-sized buffer of bytes", "type Buffer struct {"},
		{"bytes", "Buffer", "WriteString", "WriteString appends the contents of s", "func (b *Buffer) WriteString("},
		{"bytes", "NewBuffer", "", "NewBuffer creates and initializes", "func NewBuffer("},
		{"net/http", "Client", "Timeout", "Timeout specifies a time limit", "type Client struct {"},
		{"fmt", "Stringer", "", "Stringer is implemented by any value", "type Stringer interface {"},
		{"sort", "Interface", "Less", "Less reports whether the element", "type Interface interface {"},
		{"os", "Args", "", "Args hold the command-line arguments", "var Args"},
		{"builtin", "append", "", "The append built-in function appends elements", "func append("},
		{"builtin", "error", "", "The error built-in interface type", "type error interface {"},
		{"lockstep/lab", "Lock", "", "Lock", ""},
		{"lockstep/lab", "", "", "Package lab", ""},
		{"lockstep/kernel/display", "", "", "Package display", ""},
	}
	for _, tt := range tests {
		e, ok := l.Lookup(tt.path, tt.symbol, tt.member)
		if !ok || !strings.Contains(e.Text().Plain, tt.doc) || !strings.HasPrefix(e.Source(), tt.source) || tt.source == "" && e.Source() != "" {
			t.Errorf("%s.%s.%s: got %q, source %q (%v), want %q and %q", tt.path, tt.symbol, tt.member, e.Text().Plain, e.Source(), ok, tt.doc, tt.source)
		}
	}
	for _, missing := range [][3]string{{"nosuch", "", ""}, {"fmt", "Nosuch", ""}, {"bytes", "Buffer", "Nosuch"}, {"fmt", "newPrinter", ""}, {"../../etc", "", ""}} {
		if e, ok := l.Lookup(missing[0], missing[1], missing[2]); ok {
			t.Errorf("%v: got %q", missing, e.Text().Plain)
		}
	}
}

func TestSourceIsWhole(t *testing.T) {
	e, _ := new(Library).Lookup("strings", "Repeat", "")
	if got := e.Source(); !strings.HasPrefix(got, "func Repeat(") || !strings.HasSuffix(got, "\n}") || !strings.Contains(got, "return") {
		t.Errorf("got %q", got)
	}
}

func TestWithoutToolchain(t *testing.T) {
	l := Library{Root: t.TempDir()}
	if e, ok := l.Lookup("fmt", "Println", ""); ok {
		t.Errorf("got %q", e.Text().Plain)
	}
	if _, ok := l.Lookup("lockstep/lab", "Lock", ""); !ok {
		t.Error("lab.Lock: nothing, though it is embedded")
	}
}

func TestRender(t *testing.T) {
	text := Render("F does it.\n\n# How\n\nAs [strings.Map] does:\n\n\tF(1)\n\nAnd:\n  - one\n  - two\n")
	for _, want := range []string{"#### How\n", "As strings.Map does:", "\tF(1)\n", "  - one"} {
		if !strings.Contains(text.Markdown, want) {
			t.Errorf("Markdown: want %q in %q", want, text.Markdown)
		}
	}
	if !strings.Contains(text.Plain, "# How\n\nAs strings.Map does:\n\n\tF(1)") {
		t.Errorf("text: got %q", text.Plain)
	}
	if Render(" \n") != (Text{}) {
		t.Error("an empty comment gives text")
	}
	var l Library
	if e, _ := l.Lookup("io", "Copy", ""); strings.Contains(e.Text().Plain, "[EOF]") {
		t.Errorf("a name of the same package keeps its brackets: %q", e.Text().Plain)
	}
}

// TestEmbeddedDocs compares own.json with the comments as they are now; -update writes it.
func TestEmbeddedDocs(t *testing.T) {
	all := map[string]map[string]string{}
	for path, dir := range map[string]string{"lockstep/lab": "../../lab", "lockstep/kernel/display": "../display"} {
		p := &pkg{entries: map[string]Entry{}}
		p.read(filepath.FromSlash(dir), path)
		all[path] = map[string]string{}
		for key, e := range p.entries {
			if e.doc != "" {
				all[path][key] = e.doc
			}
		}
	}
	want, err := json.MarshalIndent(all, "", "\t")
	if err != nil {
		t.Fatal(err)
	}
	want = append(want, '\n')
	if *update {
		if err := os.WriteFile("own.json", want, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if !bytes.Equal(want, ownDocs) {
		t.Error("own.json is stale; renew it: go test ./kernel/godoc -run TestEmbeddedDocs -update")
	}
}

func BenchmarkFirstLookup(b *testing.B) {
	for _, path := range []string{"fmt", "net/http"} {
		b.Run(path, func(b *testing.B) {
			for b.Loop() {
				var l Library
				if _, ok := l.Lookup(path, "", ""); !ok {
					b.Fatal("nothing found")
				}
			}
		})
	}
}
