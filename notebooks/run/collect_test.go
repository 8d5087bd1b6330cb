package run_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lockstep/kernel/wire"
	"lockstep/kernel/wire/wiretest"
	"lockstep/notebooks/nb"
	"lockstep/notebooks/run"
)

// sent is one message of a scripted kernel; cell is the number of the request
// that it belongs to, from 1, or 0 for the running one.
type sent struct {
	cell    int
	typ     wire.MsgType
	content any
}

func text(s string) wire.Bundle { return wire.Bundle{"text/plain": s} }

func show(id, s string) sent {
	c := wire.DisplayDataContent{Data: text(s)}
	if id != "" {
		c.Transient = &wire.Transient{DisplayID: id}
	}
	return sent{0, wire.DisplayData, c}
}

func update(id, s string) sent {
	return sent{0, wire.UpdateDisplayData, wire.UpdateDisplayDataContent{Data: text(s), Transient: wire.Transient{DisplayID: id}}}
}

func stream(name wire.StreamName, s string) sent {
	return sent{0, wire.Stream, wire.StreamContent{Name: name, Text: s}}
}

func result(id, s string) sent {
	c := wire.ExecuteResultContent{ExecutionCount: 7, Data: text(s)}
	if id != "" {
		c.Transient = &wire.Transient{DisplayID: id}
	}
	return sent{0, wire.ExecuteResult, c}
}

func clearOutput(wait bool) sent {
	return sent{0, wire.ClearOutput, wire.ClearOutputContent{Wait: wait}}
}

func of(cell int, s sent) sent {
	s.cell = cell
	return s
}

// scripted answers kernel_info and each execute_request with the messages of
// the next cell, and returns a client.
func scripted(t *testing.T, cells [][]sent) *wire.Client {
	t.Helper()
	sockets, client := wiretest.Start(t)
	done := make(chan struct{})
	t.Cleanup(func() {
		sockets.Close(0)
		<-done
	})
	check := func(err error) {
		// A run that fails does not wait for the rest.
		if err != nil && !errors.Is(err, wire.ErrClosed) {
			t.Error(err)
		}
	}
	go func() {
		defer close(done)
		requests := []*wire.Message{nil}
		for m := range sockets.Receive(wire.Shell) {
			check(sockets.Publish(m, wire.Status, wire.StatusContent{ExecutionState: wire.StateBusy}))
			if m.Header.MsgType == wire.KernelInfoRequest {
				check(sockets.Reply(m, wire.KernelInfoReplyContent{Status: wire.StatusOK, LanguageInfo: wire.LanguageInfo{Name: "words"}}))
			} else {
				requests[0] = m
				requests = append(requests, m)
				for _, s := range cells[len(requests)-2] {
					check(sockets.Publish(requests[s.cell], s.typ, s.content))
				}
				check(sockets.Reply(m, wire.ExecuteReplyContent{Status: wire.StatusOK, ExecutionCount: len(requests) - 1}))
			}
			check(sockets.Publish(m, wire.Status, wire.StatusContent{ExecutionState: wire.StateIdle}))
		}
	}()
	return client
}

func TestOutputs(t *testing.T) {
	const out, err = wire.Stdout, wire.Stderr
	for _, tt := range []struct {
		name  string
		cells [][]sent
		want  []string // outputs of each cell
	}{
		{"streams of one name join", [][]sent{{stream(out, "a\n"), stream(out, "b"), stream(err, "c"), stream(out, "d")}},
			[]string{`stdout "a\nb" stderr "c" stdout "d"`}},
		{"carriage returns stay", [][]sent{{stream(out, "10%"), stream(out, "\r20%")}}, []string{`stdout "10%\r20%"`}},
		{"a display parts streams", [][]sent{{stream(out, "a"), show("", "x"), stream(out, "b")}},
			[]string{`stdout "a" display x stdout "b"`}},
		{"result and display differ", [][]sent{{show("", "x"), result("", "y")}}, []string{`display x result 7 y`}},
		{"error", [][]sent{{{0, wire.Error, wire.ErrorContent{EName: "E", EValue: "v", Traceback: []string{"t"}}}}}, []string{`error E: v`}},

		{"update", [][]sent{{show("a", "1"), show("b", "2"), update("a", "3")}}, []string{`display 3 display 2`}},
		{"update in another cell", [][]sent{{show("a", "1"), stream(out, "x")}, {update("a", "2"), stream(out, "y")}},
			[]string{`display 2 stdout "x"`, `stdout "y"`}},
		{"update of all with the id", [][]sent{{show("a", "1"), show("a", "2")}, {show("a", "3")}, {update("a", "4")}},
			[]string{`display 4 display 4`, `display 4`, ``}},
		{"display again under the id", [][]sent{{show("a", "1")}, {show("a", "2")}}, []string{`display 2`, `display 2`}},
		{"update of a result", [][]sent{{result("a", "1"), update("a", "2")}}, []string{`result 7 2`}},
		{"update of an unknown id", [][]sent{{show("a", "1"), update("b", "2")}}, []string{`display 1`}},

		{"clear", [][]sent{{stream(out, "a"), clearOutput(false)}}, []string{``}},
		{"clear and go on", [][]sent{{stream(out, "a"), clearOutput(false), stream(out, "b")}}, []string{`stdout "b"`}},
		{"clear of this cell alone", [][]sent{{stream(out, "a")}, {stream(out, "b"), clearOutput(false)}}, []string{`stdout "a"`, ``}},
		{"clear later", [][]sent{{stream(out, "a"), clearOutput(true), stream(out, "b")}}, []string{`stdout "b"`}},
		{"clear later, and nothing comes", [][]sent{{stream(out, "a"), clearOutput(true)}, {stream(out, "b")}},
			[]string{`stdout "a"`, `stdout "b"`}},
		{"clear later clears once", [][]sent{{stream(out, "a"), clearOutput(true), stream(out, "b"), show("", "c")}},
			[]string{`stdout "b" display c`}},
		{"clear later, then now", [][]sent{{stream(out, "a"), clearOutput(true), clearOutput(false), stream(out, "b"), stream(out, "c")}},
			[]string{`stdout "bc"`}},
		{"clear later waits for an output, not an update", [][]sent{{show("a", "1"), clearOutput(true), update("a", "2")}},
			[]string{`display 2`}},
		{"a cleared display is not updated", [][]sent{{show("a", "1"), clearOutput(false), stream(out, "x"), update("a", "2")}},
			[]string{`stdout "x"`}},
		{"displays of other cells survive a clear", [][]sent{{show("a", "1")}, {show("a", "2"), clearOutput(false)}, {update("a", "3")}},
			[]string{`display 3`, ``, ``}},

		{"output of an earlier cell", [][]sent{{stream(out, "a")}, {stream(out, "b"), of(1, stream(out, "late")), stream(out, "c")}},
			[]string{`stdout "alate"`, `stdout "bc"`}},
		{"clear by an earlier cell", [][]sent{{stream(out, "a"), clearOutput(true)}, {stream(out, "b"), of(1, stream(out, "late"))}},
			[]string{`stdout "late"`, `stdout "b"`}},
		{"comms and unknown types", [][]sent{{
			{0, wire.CommOpen, wire.CommOpenContent{CommID: "1", TargetName: "jupyter.widget"}}, {0, "news", struct{}{}}, stream(out, "a")}},
			[]string{`stdout "a"`}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			n := notebook(make([]string, len(tt.cells))...)
			for i := range n.Cells {
				n.Cells[i].Source = "x"
			}
			if _, err := run.Notebook(t.Context(), scripted(t, tt.cells), n, run.Options{}); err != nil {
				t.Fatal(err)
			}
			for i, want := range tt.want {
				if got := strings.TrimSpace(strings.ReplaceAll(shown(n.Cells[i]), "\n", " ")); got != want {
					t.Errorf("cell %d: got %s, want %s", i+1, got, want)
				}
			}
		})
	}
}

func TestBundles(t *testing.T) {
	data := wire.Bundle{
		"text/plain":       "x",
		"image/png":        []byte("\x89PNG"),
		"application/json": map[string]any{"n": json.Number("9007199254740993"), "list": []any{true, nil}},
	}
	metadata := wire.Bundle{"image/png": map[string]any{"width": 3}, "isolated": true}
	n := notebook("x")
	client := scripted(t, [][]sent{{{0, wire.DisplayData, wire.DisplayDataContent{Data: data, Metadata: metadata}}}})
	if _, err := run.Notebook(t.Context(), client, n, run.Options{}); err != nil {
		t.Fatal(err)
	}
	want := []nb.Output{{
		Type: nb.DisplayData,
		Data: nb.Bundle{
			"text/plain":       "x",
			"image/png":        "iVBORw==",
			"application/json": map[string]any{"n": json.Number("9007199254740993"), "list": []any{true, nil}},
		},
		Metadata: nb.Metadata{"image/png": map[string]any{"width": json.Number("3")}, "isolated": true},
	}}
	if diff := cmp.Diff(want, n.Cells[0].Outputs); diff != "" {
		t.Error("want -, got +\n" + diff)
	}
	if _, err := n.Encode(); err != nil {
		t.Error("notebook cannot be written:", err)
	}
}

func TestMalformedOutputEndsTheRun(t *testing.T) {
	client := scripted(t, [][]sent{{{0, wire.Stream, map[string]any{"name": 1, "text": "x"}}}})
	n := notebook("x")
	result, err := run.Notebook(t.Context(), client, n, run.Options{})
	if err == nil || !strings.Contains(err.Error(), `cell 1: stream: field "name"`) {
		t.Errorf("got error %v, want one that names cell, message and field", err)
	}
	if result.Cells[0].State != run.Failed {
		t.Errorf("got state %v, want failed", result.Cells[0].State)
	}
}

func TestTooMuchText(t *testing.T) {
	const out = wire.Stdout
	client := scripted(t, [][]sent{
		{stream(out, "123"), stream(out, "456"), stream(out, "7"), show("", "x"), stream(out, "8")},
		{stream(out, "123"), clearOutput(false), stream(out, "45"), stream(wire.Stderr, "6")},
	})
	n := notebook("x", "y")
	if _, err := run.Notebook(t.Context(), client, n, run.Options{MaxStreamBytes: 5}); err != nil {
		t.Fatal(err)
	}
	want := `stdout "123456"` + "\n" + `stderr "\n… the cell printed more than 5 bytes; the rest is left out\n"` + "\ndisplay x\n"
	if got := shown(n.Cells[0]); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got, want := shown(n.Cells[1]), `stdout "45"`+"\n"+`stderr "6"`+"\n"; got != want {
		t.Errorf("got %s, want all that was not cleared: %s", got, want)
	}
}
