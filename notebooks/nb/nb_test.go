package nb_test

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lockstep/notebooks/nb"
)

// The want file was written by Python's nbformat 5.10 from the messy one.
func TestEncodeAsNbformatDoes(t *testing.T) {
	n, err := nb.Read("testdata/messy.ipynb")
	if err != nil {
		t.Fatal(err)
	}
	got, err := n.Encode()
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile("testdata/messy.nbformat.ipynb")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("bytes differ from nbformat's (-want +got):\n%s", diff)
	}
	again, err := nb.Parse(got)
	if err != nil {
		t.Fatal(err)
	}
	// The transient keys are gone after the first writing.
	delete(n.Metadata, "signature")
	delete(n.Metadata, "orig_nbformat")
	delete(n.Cells[1].Metadata, "trusted")
	if diff := cmp.Diff(n, again); diff != "" {
		t.Errorf("notebook changed on the way through a file (-before +after):\n%s", diff)
	}
}

func TestRead(t *testing.T) {
	n, err := nb.Read("testdata/messy.ipynb")
	if err != nil {
		t.Fatal(err)
	}
	c := &n.Cells[1]
	png, _ := c.Outputs[2].Data.Text("image/png")
	checks := []struct {
		name      string
		got, want any
	}{
		{"title", n.Title(), "A title with `code` and ünïcode 😀"},
		{"language", n.Language(), "go"},
		{"kernel", n.KernelName(), "lockstep"},
		{"tags", strings.Join(n.Cells[0].Tags(), " "), "a b"},
		{"source from lines", c.Source, "x := 1\nfmt.Println(\"<&>\")"},
		{"source hidden", c.SourceHidden(), true},
		{"outputs hidden", c.OutputsHidden(), false},
		{"count", c.ExecutionCount, 3},
		{"stream from lines", c.Outputs[1].Text, "tab\there\x1b[1m \b\f\x00\x7f"},
		{"png", png, "iVBORw0KGgo=\n"},
		{"joined png", n.Cells[0].Attachments["p.png"]["image/png"], "iVBORw0KGgo="},
		{"error", c.Outputs[4].PlainText(), "panic: boom"},
		{"unexecuted", n.Cells[2].ExecutionCount, 0},
		{"unknown cell key", c.Extra["vendor"], "kept"},
	}
	for _, tt := range checks {
		if diff := cmp.Diff(tt.want, tt.got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
	if data, err := c.Outputs[2].Data.Bytes("image/png"); err != nil || string(data) != "\x89PNG\r\n\x1a\n" {
		t.Errorf("image bytes: got %q, %v", data, err)
	}
	if text, ok := c.Outputs[2].Data.Text("application/json"); ok {
		t.Errorf("JSON list was joined to %q", text)
	}
}

func TestParseErrors(t *testing.T) {
	tests := []struct {
		name, in, want string
	}{
		{"empty", " \n", "want a notebook, got an empty file"},
		{"not JSON", "{\n  x", "line 2, column 3: want JSON: invalid character 'x' looking for beginning of object key string"},
		{"cut off", `{"cells": [`, "line 1, column 12: want JSON: the file ends in the middle"},
		{"two values", `{"nbformat": 4, "cells": []} {}`, "line 1, column 31: want the end of the file after the notebook, got more"},
		{"latin-1", "{\"a\": \"\xe9\"}", "line 1, column 8: want UTF-8 text, got another encoding"},
		{"list", `[]`, "want a notebook (a JSON object), got a list"},
		{"other JSON", `{"a": 1}`, "nbformat: want a notebook of nbformat 4, got JSON without a version"},
		{"version 3", `{"nbformat": 3, "nbformat_minor": 0, "worksheets": []}`, "nbformat: want 4, got 3: open and save the notebook in JupyterLab, " +
			"or convert it with jupyter nbconvert --to notebook --nbformat 4 FILE"},
		{"version 5", `{"nbformat": 5, "cells": []}`, "nbformat: want 4, got 5, which is newer than this program: save the notebook as nbformat 4"},
		{"no cells", `{"nbformat": 4}`, "cells: want a list of cells, got none"},
		{"cells null", `{"nbformat": 4, "cells": null}`, "cells: want a list of cells, got null"},
		{"cell", `{"nbformat": 4, "cells": [7]}`, "cells[0]: want an object, got the number 7"},
		{"cell type", `{"nbformat": 4, "cells": [{"source": ""}]}`, "cells[0].cell_type: want code, markdown or raw, got none"},
		{"source", `{"nbformat": 4, "cells": [{"cell_type": "raw", "source": ["a", 1]}]}`, "cells[0].source: want a string or a list of strings, got a list"},
		{"count", `{"nbformat": 4, "cells": [{"cell_type": "code", "execution_count": 1.5}]}`, "cells[0].execution_count: want a whole number, got the number 1.5"},
		{"output", `{"nbformat": 4, "cells": [{"cell_type": "code", "outputs": [{}]}]}`, "cells[0].outputs[0].output_type: want stream, display_data, execute_result or error, got none"},
		{"data", `{"nbformat": 4, "cells": [{"cell_type": "code", "outputs": [{"output_type": "display_data", "data": "x"}]}]}`, "cells[0].outputs[0].data: want an object, got a string"},
		{"metadata", `{"nbformat": 4, "metadata": [], "cells": []}`, "metadata: want an object, got a list"},
		{"traceback", `{"nbformat": 4, "cells": [{"cell_type": "code", "outputs": [{"output_type": "error", "traceback": [null]}]}]}`, "cells[0].outputs[0].traceback: want a list of strings, got one with null"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := nb.Parse([]byte(tt.in))
			if err == nil || err.Error() != tt.want {
				t.Errorf("got  %v\nwant %s", err, tt.want)
			}
			path := filepath.Join(t.TempDir(), "x.ipynb")
			if err := os.WriteFile(path, []byte(tt.in), 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := nb.Read(path); err == nil || err.Error() != path+": "+tt.want {
				t.Errorf("Read: got %v, want the path in front", err)
			}
		})
	}
}

func TestReadMissingFile(t *testing.T) {
	if _, err := nb.Read(filepath.Join(t.TempDir(), "none.ipynb")); !os.IsNotExist(err) {
		t.Errorf("got %v, want a not-exist error", err)
	}
}

func TestLenientReading(t *testing.T) {
	n, err := nb.Parse([]byte("\ufeff" + `{"nbformat": 4, "nbformat_minor": 2, "cells": [
		{"cell_type": "code"}, {"cell_type": "widget", "outputs": 3, "source": "s"},
		{"cell_type": "code", "outputs": [{"output_type": "new", "data": [1]}]}]}`))
	if err != nil {
		t.Fatal(err)
	}
	data, err := n.Encode()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"outputs": 3`, `"output_type": "new"`, `"data": [`, `"nbformat_minor": 2`, `"metadata": {}`} {
		if !bytes.Contains(data, []byte(want)) {
			t.Errorf("lost %s:\n%s", want, data)
		}
	}
	if bytes.Contains(data, []byte(`"id"`)) {
		t.Errorf("an id in a notebook of nbformat 4.2:\n%s", data)
	}
}

func TestEncodeRefusesWhatIsNotJSON(t *testing.T) {
	n := nb.New(nb.NewCell(nb.Code, ""))
	n.Cells[0].Metadata.Set(math.NaN(), "a", "b")
	_, err := n.Encode()
	if err == nil || !strings.Contains(err.Error(), "notebook.cells[0].metadata.a.b: want a JSON value") {
		t.Errorf("got %v, want an error that names the place", err)
	}
}

func TestEncodeGoValues(t *testing.T) {
	n := nb.New(nb.NewCell(nb.Raw, ""))
	n.Metadata["x"] = map[string]any{"f": 1.5, "i": int64(3), "s": []string{"<"}, "t": struct{ A string }{"b"}}
	data, err := n.Encode()
	if err != nil {
		t.Fatal(err)
	}
	want := "  \"x\": {\n   \"f\": 1.5,\n   \"i\": 3,\n   \"s\": [\n    \"<\"\n   ],\n   \"t\": {\n    \"A\": \"b\"\n   }\n  }\n"
	if !strings.Contains(string(data), want) {
		t.Errorf("got %s\nwant it to hold %s", data, want)
	}
}

func TestNormalize(t *testing.T) {
	build := func() *nb.Notebook {
		code := nb.NewCell(nb.Code, "x")
		code.ID = "same"
		code.Outputs = []nb.Output{
			{Type: nb.Stream, Name: "stdout", Text: "a"}, {Type: nb.Stream, Name: "stdout", Text: "b"},
			{Type: nb.Stream, Name: "stderr", Text: "c"}, {Type: nb.DisplayData, Data: nb.Bundle{}},
		}
		twin := code
		invalid := nb.Cell{ID: "not valid!", Type: nb.Markdown, ExecutionCount: 2}
		return &nb.Notebook{Major: 4, Minor: 2, Cells: []nb.Cell{code, twin, invalid, {Type: nb.Raw}, {Type: nb.Raw}}}
	}
	n, again := build(), build()
	n.Normalize()
	again.Normalize()
	if diff := cmp.Diff(n, again); diff != "" {
		t.Errorf("not the same twice:\n%s", diff)
	}
	if n.Minor != 5 || n.Metadata == nil || n.Cells[2].Metadata == nil || n.Cells[0].Outputs[2].Metadata == nil {
		t.Errorf("version or metadata missing: %+v", n)
	}
	if n.Cells[2].ExecutionCount != 0 {
		t.Error("a Markdown cell kept an execution count")
	}
	if n.Cells[0].ID != "same" {
		t.Errorf("valid id changed to %q", n.Cells[0].ID)
	}
	seen := map[string]bool{}
	for _, c := range n.Cells {
		if c.ID == "" || c.ID == "not valid!" || seen[c.ID] {
			t.Errorf("id %q is invalid or taken", c.ID)
		}
		seen[c.ID] = true
	}
	if got := n.Cells[0].OutputText(); got != "abc" || len(n.Cells[0].Outputs) != 3 {
		t.Errorf("streams: got %q in %d outputs, want abc in 3", got, len(n.Cells[0].Outputs))
	}
}

func TestCellHelpers(t *testing.T) {
	c := nb.Cell{Type: nb.Code, Source: " \n"}
	c.AddTag("x")
	c.AddTag("y")
	c.AddTag("x")
	if diff := cmp.Diff([]string{"x", "y"}, c.Tags()); diff != "" {
		t.Error(diff)
	}
	if !c.Empty() || !c.HasTag("y") || c.HasTag("z") {
		t.Error("Empty or HasTag is wrong")
	}
	c.Metadata.Set(true, "jupyter", "outputs_hidden")
	if !c.OutputsHidden() || c.SourceHidden() {
		t.Error("hidden flags are wrong")
	}
	c.Append(nb.Output{Type: nb.ExecuteResult, ExecutionCount: 1, Data: nb.Bundle{"text/plain": "1"}})
	c.Append(nb.Output{Type: nb.Error, ErrName: "e", ErrValue: "v"})
	if got := c.OutputText(); got != "1\ne: v\n" {
		t.Errorf("got %q", got)
	}
	c.ExecutionCount = 1
	c.Metadata["execution"] = map[string]any{}
	n := nb.New(c)
	n.ClearOutputs()
	if _, ok := n.Cells[0].Metadata["execution"]; ok || n.Cells[0].Outputs != nil || n.Cells[0].ExecutionCount != 0 {
		t.Errorf("not cleared: %+v", n.Cells[0])
	}
}

func TestWrite(t *testing.T) {
	dir := t.TempDir()
	path, link := filepath.Join(dir, "a.ipynb"), filepath.Join(dir, "link.ipynb")
	if err := os.WriteFile(path, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("a.ipynb", link); err != nil {
		t.Fatal(err)
	}
	n := nb.New(nb.NewCell(nb.Markdown, "# x"))
	if err := nb.Write(link, n); err != nil {
		t.Fatal(err)
	}
	got, err := nb.Read(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(n, got); diff != "" {
		t.Errorf("written notebook differs:\n%s", diff)
	}
	if info, _ := os.Lstat(link); info.Mode()&os.ModeSymlink == 0 {
		t.Error("the link became a file")
	}
	if info, _ := os.Stat(path); info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, want 0600 kept", info.Mode())
	}
	n.Metadata["bad"] = math.Inf(1)
	if err := nb.Write(path, n); err == nil {
		t.Error("want an error for a value that is not JSON")
	}
	if again, err := nb.Read(path); err != nil || !cmp.Equal(got, again) {
		t.Errorf("a refused write touched the file: %v", err)
	}
	if names, _ := os.ReadDir(dir); len(names) != 2 {
		t.Errorf("temporary files left: %v", names)
	}
}

func FuzzParse(f *testing.F) {
	for _, name := range []string{"testdata/messy.ipynb", "testdata/messy.nbformat.ipynb"} {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte(`{"cells":[{"cell_type":"code","execution_count":1,"id":"a","metadata":{},"outputs":[{"output_type":"stream","name":"stdout","text":["x\n"]}],"source":"x"}],"metadata":{},"nbformat":4,"nbformat_minor":5}`))
	f.Add([]byte(`{"cells":[{"cell_type":"markdown","metadata":{},"source":["a\n","b"],"attachments":{}}],"metadata":{"kernelspec":{"name":"lockstep"}},"nbformat":4,"nbformat_minor":4}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		n, err := nb.Parse(data)
		if err != nil {
			return
		}
		first, err := n.Encode()
		if err != nil {
			t.Fatalf("what was read cannot be written: %v", err)
		}
		again, err := nb.Parse(first)
		if err != nil {
			t.Fatalf("what was written cannot be read: %v\n%s", err, first)
		}
		second, err := again.Encode()
		if err != nil || !bytes.Equal(first, second) {
			t.Fatalf("not stable (%v):\n%s\n%s", err, first, second)
		}
	})
}
