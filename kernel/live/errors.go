package live

import (
	"errors"
	"fmt"
	"maps"
	"strings"
	"sync"

	"lockstep/kernel/cell"
	"lockstep/kernel/check"
	"lockstep/kernel/lang"
	"lockstep/kernel/pipe"
)

// Colours of tracebacks; clients show them by ANSI codes.
const (
	red   = "\x1b[31m"
	dim   = "\x1b[2m"
	plain = "\x1b[0m"
)

// userError is a fault in words for the notebook.
func userError(name, value string, more ...string) *lang.Error {
	return &lang.Error{Name: name, Value: value, Traceback: append([]string{red + name + plain + ": " + value}, more...)}
}

func interrupted(text string) *lang.Error { return userError("interrupted", text) }

// listError shows all errors of a list under one heading.
func listError(name string, list check.ErrorList, text string, line int) *lang.Error {
	lines := list.Render(text, line)
	if len(lines) > 0 {
		lines[0] = red + name + plain + ": " + lines[0]
	}
	return &lang.Error{Name: name, Value: list.Error(), Traceback: lines}
}

func magicSyntaxError(err error, code string) *lang.Error {
	var se *cell.SyntaxError
	if !errors.As(err, &se) {
		return userError("syntax error", err.Error())
	}
	list := check.ErrorList{{Msg: se.Msg}}
	list[0].Pos.Line, list[0].Pos.Column = se.Line, se.Column
	return listError("syntax error", list, code, 1)
}

// fault turns what the session process reports into the cell's error, with the
// line of the cell where it is known.
func (s *Session) fault(f *pipe.Fault) *lang.Error {
	value := f.Text
	first, rest, _ := strings.Cut(value, "\n")
	e := userError(f.Kind, first)
	if rest != "" {
		e.Traceback = append(e.Traceback, strings.Split(rest, "\n")...)
	}
	e.Value = first
	if f.Line > 0 {
		e.Traceback = append(e.Traceback, s.place("at", f.Cell, f.Line)...)
	}
	e.Traceback = append(e.Traceback, s.callers(f.Callers)...)
	return e
}

// How many callers of a place are shown: the nearest and the last, which is in the cell that ran.
const nearCallers, farCallers = 8, 2

func (s *Session) callers(places []pipe.Place) (lines []string) {
	for i, p := range places {
		switch left := len(places) - nearCallers - farCallers; {
		case left <= 1 || i < nearCallers || i >= nearCallers+left:
			lines = append(lines, s.place("called at", p.Cell, p.Line)...)
		case i == nearCallers:
			lines = append(lines, fmt.Sprintf("%s… and at %d more places …%s", dim, left, plain))
		}
	}
	return lines
}

// place shows a line of a cell, and says what is there.
func (s *Session) place(what, cellName string, line int) []string {
	out := []string{fmt.Sprintf("%s%s %s, line %d%s", dim, what, cellName, line, plain)}
	lines := strings.Split(s.cells.textOf(cellName), "\n")
	if line >= 1 && line <= len(lines) {
		out = append(out, fmt.Sprintf("%5d | %s", line, strings.TrimRight(lines[line-1], "\r")))
	}
	return out
}

// stuck tells where all goroutines of a cell wait for each other.
func (s *Session) stuck(places []pipe.Place) string {
	text := "note: all goroutines of this cell wait, and nothing but an interrupt can end that\n"
	for _, p := range places {
		lines := s.place("at", p.Cell, p.Line)
		if p.Count > 1 {
			lines[0] += fmt.Sprintf(": %d goroutines", p.Count)
		}
		text += "      " + strings.Join(lines, "\n      ") + "\n"
	}
	return text
}

// texts are those of the latest cells, for lines of them that are shown. The zero value is ready, and may be used concurrently.
type texts struct {
	mu    sync.Mutex
	of    map[string]string
	names []string // from the oldest on
	size  int
}

// keptText is how many bytes of earlier cells are kept, and keptTexts of how many cells.
const (
	keptText  = 16 << 20
	keptTexts = 10_000
)

// keep keeps the text of a cell, which may cost the oldest ones theirs.
func (t *texts) keep(cell, text string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for len(t.names) > 0 && (t.size > keptText || len(t.names) >= keptTexts) {
		t.size -= len(t.of[t.names[0]])
		delete(t.of, t.names[0])
		t.names = t.names[1:]
	}
	if t.of == nil {
		t.of = map[string]string{}
	}
	if old, again := t.of[cell]; again {
		t.size -= len(old)
	} else {
		t.names = append(t.names, cell)
	}
	t.of[cell] = text
	t.size += len(text)
}

// all are the texts that are kept, by cell.
func (t *texts) all() map[string]string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return maps.Clone(t.of)
}

// textOf is the text of a cell, "" if it is not kept.
func (t *texts) textOf(cell string) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.of[cell]
}
