package magic

import (
	"context"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"lockstep/kernel/lang"
)

// Kind says where a magic stands.
type Kind uint8

// The kinds. A magic may be of both.
const (
	Line Kind = 1 << iota // %name: the line
	Cell                  // %%name: the cell's first line, and everything below
)

// Prefix is how a magic of the kind is marked: "%" or "%%".
func (k Kind) Prefix() string {
	if k == Cell {
		return "%%"
	}
	return "%"
}

// String is "line", "cell" or "line and cell".
func (k Kind) String() string {
	switch k {
	case Line:
		return "line"
	case Cell:
		return "cell"
	default:
		return "line and cell"
	}
}

// Magic is one row of the table.
type Magic struct {
	Name     string // without percent signs
	Aliases  []string
	Kind     Kind
	Group    string // heading under which help lists it
	Summary  string // one line
	LineArgs string // what may follow the flags of %name, as usage shows it: "[DIR]"
	CellArgs string // what may follow those of %%name
	Text     string // what else help says, in Markdown
	Examples []string

	// rest says that what follows the flags is one text, kept as written (Go source,
	// a pattern), not words.
	rest bool
	// values completes an argument that is not a file name.
	values func() []string
	// names says that the arguments are Go names of the session.
	names bool
	// text says that the cell is not Go.
	text bool
	// files completes arguments as names of files.
	files bool
	// tool are flags of another program: what is on the line is for that, and nothing of it is
	// parsed here. Those listed are for help and completion.
	tool []toolFlag
	// setup declares the flags and returns what runs after they are parsed. It
	// is called for each use, so that flags need no state of their own.
	setup func(*pflag.FlagSet) runner
}

// toolFlag is a flag of another program.
type toolFlag struct{ name, usage string }

// runner runs a magic whose flags have been parsed.
type runner func(ctx context.Context, in *invocation) lang.Result

// The groups, in the order in which help lists them.
const (
	groupMeasure = "Comparing modes of execution"
	groupTime    = "Timing"
	groupSession = "The session"
	groupCode    = "Code and modules"
	groupSystem  = "Files, commands and environment"
	groupHelp    = "Help"
)

var groups = []string{groupMeasure, groupTime, groupSession, groupCode, groupSystem, groupHelp}

// Magics returns the table, in the order in which help lists it: by group. A
// fresh slice, whose rows the caller may not change.
func Magics() []Magic {
	// A function, not a variable: %help reads the table that it stands in.
	rows := slices.Concat(measuring(), advising(), timing(), sessions(), histories(), declarations(), formats(), tools(), modules(), systems(), captures(), files(), shells(), helps())
	slices.SortStableFunc(rows, func(a, b Magic) int {
		return slices.Index(groups, a.Group) - slices.Index(groups, b.Group)
	})
	return rows
}

// find looks a magic up by name or alias.
func find(name string) (Magic, bool) {
	for _, m := range Magics() {
		if m.Name == name || slices.Contains(m.Aliases, name) {
			return m, true
		}
	}
	return Magic{}, false
}

// Title is the magic's name as a cell of kind k writes it: "%time", "%%time",
// "!". A kind that the magic is not of gives the one that it is of.
func (m Magic) Title(k Kind) string {
	if !isWord(m.Name) {
		return m.Name
	}
	if m.Kind&k == 0 {
		k = m.Kind
	}
	return k.Prefix() + m.Name
}

// Titles is every way to write the magic's name.
func (m Magic) Titles() []string {
	var ts []string
	for _, k := range m.kinds() {
		ts = append(ts, m.Title(k))
	}
	return ts
}

func (m Magic) kinds() []Kind {
	var ks []Kind
	for _, k := range []Kind{Line, Cell} {
		if m.Kind&k != 0 {
			ks = append(ks, k)
		}
	}
	return ks
}

// Usage is the magic's synopsis, one for each kind; … stands for the rest of
// the cell.
func (m Magic) Usage() string {
	var lines []string
	for _, k := range m.kinds() {
		parts := []string{m.Title(k)}
		if m.flags().HasFlags() || m.tool != nil {
			parts = append(parts, "[flags]")
		}
		if args := m.args(k); args != "" {
			parts = append(parts, args)
		}
		lines = append(lines, strings.Join(parts, " "))
		if k == Cell {
			lines = append(lines, "…")
		}
	}
	return strings.Join(lines, "\n")
}

// args is what may follow the flags in a cell of kind k.
func (m Magic) args(k Kind) string {
	if k == Cell {
		return m.CellArgs
	}
	return m.LineArgs
}
