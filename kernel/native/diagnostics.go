package native

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// A BuildError is what the compiler has against a unit.
type BuildError struct {
	// Diagnostics has one or more, in the order of the compiler.
	Diagnostics []Diagnostic
}

// A Diagnostic is one error of the compiler.
type Diagnostic struct {
	// File, Line and Column are where the unit's //line directives say; Column is 0
	// where it is not known, and File is empty for what is about no place, such as a C library that is not there.
	File         string
	Line, Column int
	// Msg is what the compiler says, which may take several lines.
	Msg string
}

func (d Diagnostic) String() string {
	if d.File == "" {
		return d.Msg
	}
	return fmt.Sprintf("%s:%d:%d: %s", d.File, d.Line, d.Column, d.Msg)
}

func (e *BuildError) Error() string {
	var lines []string
	for _, d := range e.Diagnostics {
		lines = append(lines, d.String())
	}
	return strings.Join(lines, "\n")
}

var diagnostic = regexp.MustCompile(`^(.+?):(\d+)(?::(\d+))?: (.*)$`)

// diagnostics reads what the compiler wrote.
func diagnostics(text string) []Diagnostic {
	var all []Diagnostic
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n")
		if m := diagnostic.FindStringSubmatch(line); m != nil && !strings.HasPrefix(line, "\t") {
			d := Diagnostic{File: m[1], Msg: m[4]}
			d.Line, _ = strconv.Atoi(m[2])
			d.Column, _ = strconv.Atoi(m[3])
			if d.Msg != "too many errors" {
				all = append(all, d)
			}
		} else if len(all) > 0 && strings.HasPrefix(line, "\t") {
			all[len(all)-1].Msg += "\n" + line
		}
	}
	return all
}
