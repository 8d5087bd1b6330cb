package run_test

import (
	"strings"
	"testing"

	"lockstep/notebooks/nb"
	"lockstep/notebooks/run"
)

func TestSetParameters(t *testing.T) {
	const declarations = "size := 1000\nname, rate := \"World\", 0.5\nvar wait time.Duration\nvar title string\npause := 2 * time.Second\nids := []string{\"a\"}\nvar on bool"
	tests := []struct {
		name   string
		set    []string
		source string // of the new cell
		err    string
	}{
		{"number", []string{"size=5"}, "// Parameters\nsize = 5", ""},
		{"expression", []string{"size=10*1_000"}, "// Parameters\nsize = 10*1_000", ""},
		{"text", []string{`name=the "gopher"`}, "// Parameters\nname = \"the \\\"gopher\\\"\"", ""},
		{"text that looks like a number", []string{"title=42"}, "// Parameters\ntitle = \"42\"", ""},
		{"text with =", []string{"name=a=b"}, "// Parameters\nname = \"a=b\"", ""},
		{"empty text", []string{"name="}, "// Parameters\nname = \"\"", ""},
		{"time", []string{"wait=1.5s"}, "// Parameters\nwait = time.Duration(1500000000) // 1.5s", ""},
		{"time in place of an expression", []string{"pause=3ms"}, "// Parameters\npause = time.Duration(3000000) // 3ms", ""},
		{"slice", []string{`ids=[]string{"x", "y"}`}, "// Parameters\nids = []string{\"x\", \"y\"}", ""},
		{"several, in their order", []string{"on=true", "rate=0.25"}, "// Parameters\non = true\nrate = 0.25", ""},
		{"unknown", []string{"sise=5"}, "", "cell 2, the parameters, declares no sise, but ids, name, on, pause, rate, size, title, wait"},
		{"no expression", []string{"size=5 apples"}, "", "size=5 apples: this is no Go expression"},
		{"nothing", []string{"size="}, "", "this is no Go expression"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			n := nb.New()
			n.Cells = []nb.Cell{nb.NewCell(nb.Markdown, "# Title"), nb.NewCell(nb.Code, declarations), nb.NewCell(nb.Code, "size")}
			n.Cells[1].AddTag("parameters")
			old := nb.NewCell(nb.Code, "size = 7")
			old.AddTag("injected-parameters")
			n.Cells = append(n.Cells, old)
			var all []run.Parameter
			for _, text := range tt.set {
				p, err := run.ParseParameter(text)
				if err != nil {
					t.Fatal(err)
				}
				all = append(all, p)
			}
			err := run.SetParameters(n, all)
			if tt.err != "" {
				if err == nil || !strings.Contains(err.Error(), tt.err) {
					t.Fatalf("got error %v, want %q", err, tt.err)
				}
				if len(n.Cells) != 4 {
					t.Errorf("the notebook was changed all the same: %d cells", len(n.Cells))
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if len(n.Cells) != 4 || n.Cells[2].Source != tt.source || !n.Cells[2].HasTag("injected-parameters") {
				t.Errorf("got %d cells, the third %q (%v), want %q", len(n.Cells), n.Cells[2].Source, n.Cells[2].Tags(), tt.source)
			}
		})
	}
}

func TestParametersNeedACell(t *testing.T) {
	n := nb.New()
	n.Cells = []nb.Cell{nb.NewCell(nb.Code, "size := 5")}
	err := run.SetParameters(n, []run.Parameter{{Name: "size", Value: "6"}})
	if err == nil || !strings.Contains(err.Error(), `no code cell has the tag "parameters"`) {
		t.Errorf("got %v", err)
	}
	for _, text := range []string{"size", "=5", "a b=5", "5=a", ""} {
		if p, err := run.ParseParameter(text); err == nil {
			t.Errorf("%q: got %v, want an error", text, p)
		}
	}
}
