package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/jedib0t/go-pretty/v6/text"
	"golang.org/x/term"

	"lockstep/notebooks/run"
)

// A reporter shows how far the notebooks of a command are. Its methods, and
// those of its tasks, may be called from any goroutine.
type reporter interface {
	begin(f file, cells int) task
	note(line string)
	close()
}

// A task is a notebook that is being executed.
type task interface {
	cell(run.Progress)
	note(line string)
	end(outcome)
}

// newProgress returns bars for a terminal and lines for anything else.
func newReporter(w io.Writer, files []file) reporter {
	if f, ok := w.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		width, _, err := term.GetSize(int(f.Fd()))
		if err != nil {
			width = 0
		}
		return newBars(w, files, width)
	}
	return &lines{w: w}
}

// lines tells of each notebook when it begins and when it has ended.
type lines struct {
	mu sync.Mutex
	w  io.Writer
}

func (l *lines) note(line string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	fmt.Fprintln(l.w, line)
}

func (l *lines) close() {}

func (l *lines) begin(f file, cells int) task {
	l.note(fmt.Sprintf("run   %s (%s)", f.path, count(cells, "cell")))
	return lineTask{l, f}
}

type lineTask struct {
	*lines
	file file
}

func (t lineTask) cell(run.Progress) {}

func (t lineTask) note(line string) { t.lines.note(t.file.path + ": " + line) }

func (t lineTask) end(oc outcome) {
	if oc.err == nil {
		t.lines.note(fmt.Sprintf("ok    %s (%s)", oc.path, seconds(oc.elapsed)))
		return
	}
	t.lines.note(text.StripEscape(report(oc)))
}

// report says at length why a notebook did not pass: where, and what the cell
// shows.
func report(oc outcome) string {
	verb := "FAIL"
	if oc.end == interruptedEnd {
		verb = "stop"
	}
	failure := oc.failure()
	if m, ok := errors.AsType[*run.MismatchError](oc.err); ok {
		out := fmt.Sprintf("%s  %s: %s", verb, oc.path, oc.problem())
		for _, c := range m.Cells {
			out += fmt.Sprintf("\n      cell %d\n%s", c.Place, indent(c.Diff))
		}
		return out
	}
	if failure == nil {
		return fmt.Sprintf("%s  %s: %s", verb, oc.path, oc.message())
	}
	shown := strings.Join(failure.Traceback, "\n")
	if shown == "" {
		shown = failure.Problem()
	}
	out := fmt.Sprintf("%s  %s: cell %d\n%s", verb, oc.path, failure.Place, indent(shown))
	// Beside the cell's error there may be one of writing the notebook.
	if oc.err != error(failure) {
		out += "\n" + indent(oc.message())
	}
	return out
}

func indent(s string) string {
	return "      " + strings.ReplaceAll(strings.TrimRight(s, "\n"), "\n", "\n      ")
}

// seconds shows a time as people read it.
func seconds(d time.Duration) string {
	switch {
	case d < 10*time.Second:
		return fmt.Sprintf("%.2f s", d.Seconds())
	case d < time.Minute:
		return fmt.Sprintf("%.1f s", d.Seconds())
	}
	return d.Round(time.Second).String()
}
