package live

import (
	"context"
	"runtime/debug"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"lockstep/exec"
	"lockstep/kernel/cell"
	"lockstep/kernel/check"
	"lockstep/kernel/display"
	"lockstep/kernel/lang"
	"lockstep/kernel/magic"
	"lockstep/kernel/pipe"
)

// Complete implements lang.Interpreter: magics and their flags and files, and
// Go as it stands in the session's scope. No process is asked.
func (s *Session) Complete(_ context.Context, code string, pos int) (c lang.Completion) {
	defer s.survive("completion", code, pos)
	if c, ok := magic.Complete(code, pos, s.directory()); ok {
		return c
	}
	src := goAt(code, pos)
	start, end, items := s.current().Complete(src.text, src.offset, src.place)
	// Counted from the cursor, since what goAt blanked has other code points.
	c = lang.Completion{Start: src.pos - utf8.RuneCountInString(src.text[start:src.offset]), End: src.pos + utf8.RuneCountInString(src.text[src.offset:end])}
	for _, i := range items {
		c.Items = append(c.Items, lang.CompletionItem{Text: i.Text, Kind: string(i.Kind), Signature: i.Signature})
	}
	return c
}

// Inspect implements lang.Interpreter. The value of a session variable is part of
// the answer where no cell is running that could be changing it.
func (s *Session) Inspect(ctx context.Context, code string, pos, detail int) (display.Bundle, bool) {
	return s.inspect(code, pos, detail, func(v *check.Var) string { return s.idleValue(ctx, v) })
}

func (s *Session) inspect(code string, pos, detail int, value func(*check.Var) string) (b display.Bundle, found bool) {
	defer s.survive("inspection", code, pos)
	if b, ok := magic.Inspect(code, pos); ok {
		return b, true
	}
	if _, taken := magic.Complete(code, pos, s.directory()); taken {
		return display.Bundle{}, false // a magic's words, or a cell that is not Go
	}
	src := goAt(code, pos)
	d, ok := s.current().Describe(src.text, src.offset, src.place)
	if !ok {
		return display.Bundle{}, false
	}
	p := page{Description: d, detail: detail}
	if d.Var != nil {
		p.value = value(d.Var)
	}
	return p.bundle(&s.docs), true
}

// survive keeps the kernel alive where go/types meets a half-written text that
// it cannot bear: no question is worth the session. Nothing of the user's runs here.
func (s *Session) survive(what, code string, pos int) {
	if r := recover(); r != nil {
		s.log.Error(what, "panic", r, "code", code, "pos", pos, "stack", string(debug.Stack()))
	}
}

// valueWait is how long an answer waits for a variable's value. A session
// process that is slower than this is busy after all.
const valueWait = 300 * time.Millisecond

// idleValue asks the session process for a variable's value, "" while a cell runs.
func (s *Session) idleValue(ctx context.Context, v *check.Var) string {
	if !s.running.TryLock() {
		return ""
	}
	select {
	case <-s.booted:
	default:
		s.running.Unlock()
		return ""
	}
	p, internal := s.proc, s.engine.variable(v.Name)
	s.running.Unlock()
	// A cell may start from here on: its request then waits behind this short one.
	req, err := describeOne(s.current(), v, internal)
	if err != nil {
		return ""
	}
	answer := make(chan string, 1)
	go func() {
		// Without a context, since ending that would interrupt, and end, the process.
		reply, died := p.call(context.Background(), req)
		if died == nil && len(reply.Texts) == 1 {
			answer <- reply.Texts[0]
		}
		close(answer)
	}()
	ctx, cancel := context.WithTimeout(ctx, valueWait)
	defer cancel()
	select {
	case text := <-answer:
		return text
	case <-ctx.Done():
		return ""
	}
}

// value asks for a variable's value from within a cell's magic.
func (e *env) value(ctx context.Context, v *check.Var) string {
	req, err := describeOne(e.scope, v, e.engine.variable(v.Name))
	if err != nil {
		return ""
	}
	reply, err := e.ask(ctx, req)
	if err != nil || len(reply.Texts) != 1 {
		return ""
	}
	return reply.Texts[0]
}

func describeOne(scope *check.Scope, v *check.Var, internal string) (pipe.Describe, error) {
	checked, err := empty(scope)
	if err != nil {
		return pipe.Describe{}, err
	}
	req := pipe.Describe{Names: []string{internal}}
	req.Types, req.IDs = described([]*check.Var{v}, checked)
	return req, nil
}

// source is the Go of a cell around a cursor.
type source struct {
	text   string // as many bytes as the cell
	offset int    // of the cursor
	pos    int    // the same in code points of the cell
	place  check.Place
}

// goAt returns the Go of a cell with everything else blanked: magics and shell
// lines, but not the Go behind a magic on the cursor's line.
func goAt(code string, pos int) source {
	code = strings.ReplaceAll(code, "\r\n", " \n")
	runes := []rune(code)
	pos = max(0, min(pos, len(runes)))
	src := source{offset: len(string(runes[:pos])), pos: pos, place: check.TopLevel}
	parts, err := cell.Split(code)
	if err != nil {
		parts = []cell.Part{{Kind: cell.Source, Text: code, TextLine: 1}} // mended like the rest
	}
	starts := lineStarts(code)
	out := []byte(blank(code))
	for _, p := range parts {
		if p.Text != "" && p.TextLine <= len(starts) {
			copy(out[starts[p.TextLine-1]:], p.Text)
		}
		if p.Kind == cell.CellMagic && isMeasurement(p.Name) {
			src.place = check.Workload
			if strings.Contains(p.Args, "--tasks") {
				src.place = check.Tasks
			}
		}
		if p.Kind == cell.Source || p.Kind == cell.Shell || p.Line > len(starts) {
			continue
		}
		from := starts[p.Line-1]
		to := from + len(strings.SplitN(code[from:], "\n", 2)[0])
		if from <= src.offset && src.offset <= to {
			copy(out[from:], behindMagic(code[from:to]))
		}
	}
	src.text = string(out)
	return src
}

// isMeasurement reports whether the body of the cell magic is a workload.
func isMeasurement(name string) bool {
	return name == "compare" || slices.ContainsFunc(exec.Modes(), func(m exec.ModeInfo) bool { return string(m.Mode) == name })
}

// behindMagic blanks a line up to the Go in it: the magic's name and flags, a
// flag's number, or the question marks of a request for help.
func behindMagic(line string) string {
	line = strings.ReplaceAll(line, "?", " ")
	out := []byte(line)
	for at, skip := 0, true; skip && at < len(line); {
		end := at + len(line[at:]) - len(strings.TrimLeft(line[at:], " \t"))
		word := line[end:]
		if i := strings.IndexAny(word, " \t"); i >= 0 {
			word = word[:i]
		}
		number := word != "" && at > 0 && strings.Trim(word, "0123456789,.smnuµ") == ""
		skip = strings.HasPrefix(word, "%") || strings.HasPrefix(word, "-") || number && strings.HasPrefix(lastWord(line[:at]), "-")
		if skip {
			copy(out[end:], blank(word))
		}
		at = end + max(1, len(word))
	}
	return string(out)
}

func lastWord(s string) string {
	f := strings.Fields(s)
	if len(f) == 0 {
		return ""
	}
	return f[len(f)-1]
}

func lineStarts(s string) []int {
	starts := []int{0}
	for i := range len(s) {
		if s[i] == '\n' {
			starts = append(starts, i+1)
		}
	}
	return starts
}

// blank keeps the lines and the number of bytes of s, and nothing else.
func blank(s string) string {
	b := []byte(s)
	for i, c := range b {
		if c != '\n' {
			b[i] = ' '
		}
	}
	return string(b)
}

// directory is the session's working directory, for names of files.
func (s *Session) directory() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.dir
}

func (s *Session) setDirectory(dir string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dir = dir
}
