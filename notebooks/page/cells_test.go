package page

import (
	"bytes"
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"lockstep/notebooks/nb"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// One red pixel.
const pixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="

func stdout(text string) nb.Output { return nb.Output{Type: nb.Stream, Name: "stdout", Text: text} }
func stderr(text string) nb.Output { return nb.Output{Type: nb.Stream, Name: "stderr", Text: text} }

func display(data nb.Bundle) nb.Output { return nb.Output{Type: nb.DisplayData, Data: data} }

func result(n int, data nb.Bundle) nb.Output {
	return nb.Output{Type: nb.ExecuteResult, Data: data, ExecutionCount: n}
}

func codeCell(source string, outputs ...nb.Output) nb.Cell {
	c := nb.NewCell(nb.Code, source)
	c.ExecutionCount, c.Outputs = 1, outputs
	return c
}

func tagged(c nb.Cell, tags ...string) nb.Cell {
	for _, t := range tags {
		c.AddTag(t)
	}
	return c
}

func with(c nb.Cell, value any, path ...string) nb.Cell {
	c.Metadata.Set(value, path...)
	return c
}

// body returns cells as HTML, without the page around them.
func body(t *testing.T, cells ...nb.Cell) string {
	t.Helper()
	for i := range cells {
		cells[i].ID = "x"
	}
	p := Source{Name: "test", Notebook: &nb.Notebook{Cells: cells}}
	out, err := newWriter(p, Options{Language: "go"}, nil, newMarkdown()).cells(p.Notebook)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// The golden file shows how each kind of cell and output comes out. A picture
// and a drawing stand in it as they do in a page.
func TestCellsGolden(t *testing.T) {
	attached := nb.NewCell(nb.Markdown, "![a dot](attachment:dot.png) ![gone](attachment:gone.png)")
	attached.Attachments = map[string]nb.Bundle{"dot.png": {"image/png": pixel}}
	unexecuted := codeCell("x")
	unexecuted.ExecutionCount = 0
	cells := []struct {
		name string
		cell nb.Cell
	}{
		{"code", codeCell("// c\nfor i := range 3 { f(\"s\", 1.5) }")},
		{"code, not executed", unexecuted},
		{"code, empty", codeCell(" \n")},
		{"cell magic", codeCell("%%compare -n 2 <3>\nreturn nil")},
		{"shell magic", codeCell("%%bash\necho \"$HOME\" # c")},
		{"line magics", codeCell("%time f(1)\n!ls -l\nfmt.Println?\nx := 1 % 2")},
		{"streams joined", codeCell("f()", stdout("a\n"), stdout("\x1b[31mb\x1b[0m\n"), stderr("c\n"), stdout("d\n"))},
		{"stream, empty", codeCell("f()", stdout(""))},
		{"stream, first line empty", codeCell("f()", stdout("\n\na"))},
		{"error", codeCell("f()", nb.Output{Type: nb.Error, ErrName: "panic", ErrValue: "no", Traceback: []string{"\x1b[31mpanic\x1b[0m: no <here>", "line 2"}})},
		{"error without traceback", codeCell("f()", nb.Output{Type: nb.Error, ErrName: "panic", ErrValue: "<no>"})},
		{"plain result", codeCell("f()", result(7, nb.Bundle{"text/plain": "[]int{1}\n"}))},
		{"html", codeCell("f()", display(nb.Bundle{"text/html": "<table><tr><td>1</table><p>open <b>tag</div>", "text/plain": "no"}))},
		{"markdown", codeCell("f()", display(nb.Bundle{"text/markdown": "# not in the contents\n*x*"}))},
		{"svg", codeCell("f()", display(nb.Bundle{"image/svg+xml": "<?xml version=\"1.0\"?><!DOCTYPE svg><svg xmlns=\"http://www.w3.org/2000/svg\" width=\"4\" height=\"3\"><title>a <!-- -->title</title><path d=\"M0 0\"/></svg>", "text/plain": "bars"}))},
		{"svg in the page's colour", codeCell("f()", display(nb.Bundle{"image/svg+xml": "<svg viewBox=\"0 0 1 1\" fill=\"currentColor\"/>"}))},
		{"svg, broken", codeCell("f()", display(nb.Bundle{"image/svg+xml": "<svg><g></svg>", "text/plain": "bars"}))},
		{"png", codeCell("f()", nb.Output{Type: nb.DisplayData, Data: nb.Bundle{"image/png": pixel + "\n", "text/plain": "<Image>"}, Metadata: nb.Metadata{"image/png": map[string]any{"width": 20.0, "alt": "a \"dot\""}}})},
		{"jpeg", codeCell("f()", display(nb.Bundle{"image/jpeg": "/9j/", "text/plain": "a photograph"}))},
		{"gif", codeCell("f()", display(nb.Bundle{"image/gif": "R0lG"}))},
		{"png, broken", codeCell("f()", display(nb.Bundle{"image/png": "!", "text/plain": "dot"}))},
		{"latex", codeCell("f()", display(nb.Bundle{"text/latex": "so $x<1$ & \\(y\\)\n\\begin{align}a\\end{align}", "text/plain": "no"}))},
		{"json", codeCell("f()", display(nb.Bundle{"application/json": map[string]any{"b": []any{1.0, nil}, "a<": "x<y", "e": []any{}}, "text/plain": "no"}))},
		{"javascript", codeCell("f()", display(nb.Bundle{"application/javascript": "element.innerHTML = '<b></b><!--</script>'", "text/html": "no"}))},
		{"vendor result", codeCell("f()", display(nb.Bundle{"application/vnd.lockstep.result+json": map[string]any{"a": 1.0}, "text/html": "<i>x</i>"}))},
		{"vendor result alone", codeCell("f()", display(nb.Bundle{"application/vnd.lockstep.result+json": map[string]any{"a": 1.0}}))},
		{"other text", codeCell("f()", display(nb.Bundle{"text/csv": "a,<b>"}))},
		{"unknown type", codeCell("f()", display(nb.Bundle{"application/x-<new>": "a"}))},
		{"unknown output", codeCell("f()", nb.Output{Type: "<new>"})},
		{"empty bundle", codeCell("f()", display(nb.Bundle{}))},
		{"attachments", attached},
		{"raw", nb.NewCell(nb.Raw, "<b>\n")},
		{"raw html", with(nb.NewCell(nb.Raw, "<b>x"), "text/html", "raw_mimetype")},
		{"raw markdown", with(nb.NewCell(nb.Raw, "*x*"), "text/markdown", "format")},
		{"raw for TeX", with(nb.NewCell(nb.Raw, "x"), "text/latex", "format")},
		{"hide-input", tagged(codeCell("f()", stdout("a")), "hide-input")},
		{"hide-output", tagged(codeCell("f()", stdout("a")), "hide-output")},
		{"hide-cell", tagged(nb.NewCell(nb.Markdown, "x"), "hide-cell")},
		{"solution", tagged(codeCell("f()", stdout("a")), "solution")},
		{"remove-input", tagged(codeCell("f()", stdout("a")), "remove-input")},
		{"remove-output", tagged(codeCell("f()", stdout("a")), "remove-output")},
		{"remove-cell", tagged(codeCell("f()", stdout("a")), "remove-cell")},
		{"source hidden", with(codeCell("f()", stdout("a")), true, "jupyter", "source_hidden")},
		{"outputs hidden", with(codeCell("f()", stdout("a")), true, "jupyter", "outputs_hidden")},
		{"collapsed", with(codeCell("f()", stdout("a")), true, "collapsed")},
	}
	var got txtar.Archive
	for _, tt := range cells {
		out := body(t, tt.cell)
		balanced(t, tt.name, out)
		got.Files = append(got.Files, txtar.File{Name: tt.name, Data: []byte(out)})
	}
	golden(t, "testdata/cells.golden", &got)
}

func golden(t *testing.T, path string, got *txtar.Archive) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, txtar.Format(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := txtar.ParseFile(path)
	if err != nil {
		t.Fatal(err)
	}
	rest := map[string]string{}
	for _, f := range want.Files {
		rest[f.Name] = string(f.Data)
	}
	for _, f := range got.Files {
		w, ok := rest[f.Name]
		if !ok {
			t.Errorf("%s: not in %s (go test -update)", f.Name, path)
		}
		if diff := cmp.Diff(w, string(f.Data)); diff != "" && ok {
			t.Errorf("%s (-want +got):\n%s", f.Name, diff)
		}
		delete(rest, f.Name)
	}
	for name := range rest {
		t.Errorf("%s: in %s, but no longer tested", name, path)
	}
}

func TestMIMEChoice(t *testing.T) {
	// Each representation says its own name; the first of the order must show.
	order := []struct {
		mime  string
		value any
		shown string
	}{
		{"application/javascript", "js()", "js()"},
		{"text/html", "as-html", "as-html"},
		{"text/markdown", "as-markdown", "as-markdown"},
		{"image/svg+xml", "<svg/>", "<svg>"},
		{"text/latex", "as-latex", "as-latex"},
		{"image/png", pixel, "data:image/png"},
		{"image/jpeg", "/9j/", "data:image/jpeg"},
		{"image/gif", "R0lG", "data:image/gif"},
		{"image/webp", "UklG", "data:image/webp"},
		{"application/json", "as-json", "as-json"},
		{"text/plain", "as-plain", "as-plain"},
		{"application/vnd.other+json", "as-vendor", "as-vendor"},
	}
	for i, first := range order {
		bundle := nb.Bundle{}
		for _, r := range order[i:] {
			bundle[r.mime] = r.value
		}
		out := body(t, codeCell("", display(bundle)))
		if !strings.Contains(out, first.shown) {
			t.Errorf("%s is not shown: %s", first.mime, out)
		}
		for _, r := range order[i+1:] {
			if strings.Contains(out, r.shown) && r.mime != "text/plain" {
				t.Errorf("%s is shown beside %s: %s", r.mime, first.mime, out)
			}
		}
	}
}

func TestLongOutputIsCut(t *testing.T) {
	var b strings.Builder
	for i := range 100_000 {
		b.WriteString("line " + strings.Repeat("x", i%50) + "\n")
	}
	long := stdout("first\n" + b.String() + "last\n")
	out := body(t, codeCell("", long))
	for _, want := range []string{"first\n", "\nlast</pre>", "… 99602 lines left out of this page …", ` tabindex="0"`} {
		if !strings.Contains(out, want) {
			t.Errorf("want %q in the output", want)
		}
	}
	cells := make([]nb.Cell, 50)
	for i := range cells {
		cells[i] = codeCell("", nb.Output{Type: nb.Stream, Text: strings.Repeat(strings.Repeat("y", 200)+"\n", 1000)})
	}
	var page bytes.Buffer
	if err := Render(&page, Source{Notebook: &nb.Notebook{Cells: cells}}, Options{}); err != nil {
		t.Fatal(err)
	}
	if page.Len() > 1<<20 {
		t.Errorf("page of %d bytes, want at most a megabyte", page.Len())
	}
	if got := strings.Count(page.String(), "left out of this page"); got != len(cells) {
		t.Errorf("%d outputs say that they were cut, want %d", got, len(cells))
	}
}
