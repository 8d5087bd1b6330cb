package magic

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/spf13/pflag"

	"lockstep/kernel/lang"
)

// Kinds of completions, as lang.CompletionItem has them.
const (
	kindMagic = "magic"
	kindFlag  = "flag"
	kindPath  = "path"
	kindValue = "keyword"
)

// Annotations of flags, for completion.
const (
	flagValues = "values" // what the flag can be, or each part of it between commas
	flagFile   = "file"   // the value is a file name
)

// Complete completes names of magics, their flags, values and files at pos, in
// code points of the whole cell. dir is the session's working directory, "" for
// the kernel's. ok is false where a cell holds Go, also behind a magic such as
// %time.
func Complete(code string, pos int, dir string) (c lang.Completion, ok bool) {
	p, ok := placeAt(code, pos)
	if !ok {
		return lang.Completion{Start: pos, End: pos}, inText(code, pos)
	}
	if p.inName {
		return p.names(), true
	}
	m, known := find(bare(p.name))
	if !known {
		return lang.Completion{Start: pos, End: pos}, true
	}
	if m.Name == "!" {
		return p.paths(dir), true
	}
	flags := m.flags()
	before := p.words[:len(p.words)-1]
	if f := waiting(flags, before); f != nil {
		return p.flagValue(f, p.last(), dir), true
	}
	if name, _, found := strings.Cut(p.last().text, "="); found && strings.HasPrefix(name, "--") {
		if f := flags.Lookup(name[2:]); f != nil {
			value := p.last()
			value.start += len(name) + 1
			value.text = value.text[len(name)+1:]
			return p.flagValue(f, value, dir), true
		}
	}
	switch {
	case p.inRest(m):
		return lang.Completion{}, false
	case m.tool != nil && strings.HasPrefix(p.last().text, "-"):
		var names []string
		for _, f := range m.tool {
			names = append(names, f.name)
		}
		return p.offer(p.last(), kindFlag, names), true
	case strings.HasPrefix(p.last().text, "-"):
		return p.offer(p.last(), kindFlag, flagNames(flags)), true
	case m.values != nil:
		return p.offer(p.last(), kindValue, m.values()), true
	case m.files:
		return p.paths(dir), true
	case m.names:
		return lang.Completion{}, false
	}
	return lang.Completion{Start: pos, End: pos}, true
}

// place is where in a magic's line the cursor stands.
type place struct {
	name   string // with its percent signs, whole
	inName bool   // the cursor is in the name or right behind it
	first  bool   // the line is the cell's first, where %% is possible
	typed  string // the name up to the cursor
	start  int    // code point where the name begins
	pos    int    // code point of the cursor
	args   string // text from the end of the name to the cursor
	from   int    // code point where args begins
	words  []word // of args; the last one, perhaps empty, is at the cursor
}

// placeAt finds the magic in whose line pos stands.
func placeAt(code string, pos int) (place, bool) {
	runes := []rune(code)
	pos = max(0, min(pos, len(runes)))
	begin := pos
	for begin > 0 && runes[begin-1] != '\n' {
		begin--
	}
	p := place{pos: pos, first: strings.TrimSpace(string(runes[:begin])) == ""}
	if inText(code, begin) {
		return p, false
	}
	if begin == len(runes) || runes[begin] != '%' && runes[begin] != '!' {
		return p, false
	}
	p.start = begin
	end := begin + 1
	if runes[begin] == '%' {
		for end < len(runes) && !strings.ContainsRune(" \t\n", runes[end]) {
			end++
		}
	}
	p.name = string(runes[begin:end])
	p.typed = string(runes[begin:min(pos, end)])
	p.inName = pos <= end && runes[begin] == '%'
	if !p.inName && pos >= end {
		p.args, p.from = string(runes[end:pos]), end
	}
	p.words = words(p.args)
	if n := len(p.words); n == 0 || !p.words[n-1].open && p.words[n-1].end < len(p.args) {
		p.words = append(p.words, word{start: len(p.args), end: len(p.args)})
	}
	return p, true
}

// inText reports whether pos is in the body of a cell magic whose cell is not
// Go.
func inText(code string, pos int) bool {
	trimmed := strings.TrimLeft(code, " \t\r\n")
	line, _, more := strings.Cut(trimmed, "\n")
	fields := strings.Fields(line)
	if !more || len(fields) == 0 || !strings.HasPrefix(fields[0], "%%") {
		return false
	}
	m, ok := find(bare(fields[0]))
	bodyStart := utf8.RuneCountInString(code[:len(code)-len(trimmed)+len(line)+1])
	return ok && m.text && pos >= bodyStart
}

func (p place) last() word { return p.words[len(p.words)-1] }

// inRest reports whether the cursor is in the text that m keeps as written.
func (p place) inRest(m Magic) bool {
	if !m.rest || m.Name == "!" {
		return false
	}
	flags := m.flags()
	for i, w := range p.words {
		if strings.HasPrefix(w.text, "-") || waiting(flags, p.words[:i]) != nil {
			continue
		}
		return true
	}
	return !flags.HasFlags()
}

// waiting returns the flag that still needs its value after these words.
func waiting(flags *pflag.FlagSet, before []word) *pflag.Flag {
	if len(before) == 0 {
		return nil
	}
	text := before[len(before)-1].text
	var f *pflag.Flag
	switch {
	case strings.Contains(text, "="):
		return nil
	case strings.HasPrefix(text, "--"):
		f = flags.Lookup(text[2:])
	case len(text) == 2 && text[0] == '-':
		f = flags.ShorthandLookup(text[1:])
	}
	if f == nil || f.NoOptDefVal != "" {
		return nil
	}
	return f
}

// names offers the magics whose name begins as typed.
func (p place) names() lang.Completion {
	var fits []string
	for _, t := range titles() {
		cell := strings.HasPrefix(t, "%%")
		if cell && !p.first {
			continue
		}
		// After one percent sign both kinds are offered: who looks for
		// %%compare may have typed %comp.
		if strings.HasPrefix(t, p.typed) || cell && strings.HasPrefix(t, "%"+p.typed) {
			fits = append(fits, t)
		}
	}
	slices.SortStableFunc(fits, func(a, b string) int { return strings.Compare(bare(a), bare(b)) })
	return completion(p.start, p.pos, kindMagic, fits)
}

// flagValue offers what a flag can be.
func (p place) flagValue(f *pflag.Flag, w word, dir string) lang.Completion {
	if _, ok := f.Annotations[flagFile]; ok {
		return p.files(w, dir)
	}
	if comma := strings.LastIndexByte(w.text, ','); comma >= 0 {
		w.start += comma + 1
		w.text = w.text[comma+1:]
	}
	return p.offer(w, kindValue, f.Annotations[flagValues])
}

// offer offers the choices that begin like w.
func (p place) offer(w word, kind string, choices []string) lang.Completion {
	var fits []string
	for _, c := range choices {
		if strings.HasPrefix(c, w.text) {
			fits = append(fits, c)
		}
	}
	return completion(p.column(w), p.pos, kind, fits)
}

// column is the code point where w begins.
func (p place) column(w word) int {
	return p.from + utf8.RuneCountInString(p.args[:w.start])
}

func completion(start, end int, kind string, texts []string) lang.Completion {
	c := lang.Completion{Start: start, End: end}
	for _, t := range texts {
		c.Items = append(c.Items, lang.CompletionItem{Text: t, Kind: kind})
	}
	return c
}

func (p place) paths(dir string) lang.Completion { return p.files(p.last(), dir) }

// files offers the files whose name begins like w; folders end in a slash.
func (p place) files(w word, dir string) lang.Completion {
	parent, prefix := "", w.text
	if slash := strings.LastIndexFunc(w.text, func(r rune) bool { return r < utf8.RuneSelf && os.IsPathSeparator(uint8(r)) }); slash >= 0 {
		parent, prefix = w.text[:slash+1], w.text[slash+1:]
	}
	where, err := home(parent)
	if err == nil && !filepath.IsAbs(where) {
		where = filepath.Join(dir, where)
	}
	var fits []string
	entries, _ := os.ReadDir(filepath.Join(where, ".")) // a folder that cannot be read has nothing to offer
	for _, e := range entries {
		name := e.Name()
		if !strings.HasPrefix(name, prefix) || strings.HasPrefix(name, ".") && prefix == "" {
			continue
		}
		if info, err := os.Stat(filepath.Join(where, name)); err == nil && info.IsDir() {
			name += "/"
		}
		fits = append(fits, strings.NewReplacer(" ", `\ `, `"`, `\"`, `'`, `\'`).Replace(parent+name))
	}
	return completion(p.column(w), p.pos, kindPath, fits)
}
