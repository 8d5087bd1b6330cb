// Package mark is what rewritten source and the engines that run it must agree
// on: the path of the run-time package, the mark of made-up names, and how a line number carries
// its cell.
package mark

import (
	"fmt"
	"strings"
)

// Runtime is the import path of the run-time package that units call.
const Runtime = "lockstep/rt"

// Mark begins every name that the rewrite makes up and what it adds to names. It
// is a letter to Go and on nobody's keyboard.
const Mark = "ˑ"

// Flag is the variable that interpreted code tests at each checkpoint. The engine has it before the first unit.
const Flag = Mark + Mark + "flag" // no package is imported under that name

// Tags of struct fields: Mark itself names the type on the first field of a declared one; TypeTag is
// how Go programs print that name, where it is another; FieldTag is the name of a field that is not exported; EmbedTag
// is on embedded fields.
const (
	TypeTag  = Mark + "t"
	FieldTag = Mark + "n"
	EmbedTag = Mark + "e"
	// MethodTag is on fields of a type that interp does not know by its name and that has methods by which values print:
	// its name, or ! and the name where the type of the field only holds it.
	MethodTag = Mark + "m"
)

// Plain takes the rewrite's marks out of an engine's message.
func Plain(text string) string {
	for {
		i := strings.Index(text, Mark)
		if i < 0 {
			return text
		}
		end := i + len(Mark)
		for end < len(text) && '0' <= text[end] && text[end] <= '9' {
			end++
		}
		text = text[:i] + text[end:]
	}
}

// Go takes line numbers up to lastNumber. cellLines is the most lines a cell can have for its errors to be placed: with more
// there would be fewer cells in a session that can be told apart.
const (
	cellLines  = 20_000
	lastNumber = 1 << 30
)

// Number is the line number that stands for a line of a cell in a unit: later lines than a cell can have count as its last, and
// cells that are too many as none. All units have one file name, since yaegi keeps imports by file name.
func Number(cell, line int) int {
	line = min(line, cellLines-1)
	if cell >= lastNumber/cellLines {
		return line
	}
	return cell*cellLines + line
}

// Line tells which cell and which line of it a number stands for; cell is ""
// for a line that is no cell's.
func Line(number int) (cell string, line int) {
	if number < cellLines {
		return "", 0
	}
	return fmt.Sprintf("cell %d", number/cellLines), number % cellLines
}

// NamedTypes is how many types over one basic type a session can have in
// interp, earlier versions of redefined ones included.
const NamedTypes = 40

// NamedType is the name in the run-time package of the i-th type over a basic
// type: interp has no types of its own over those, see package session/named.
func NamedType(kind string, i int) string {
	return fmt.Sprintf("%s%sN%d", strings.ToUpper(kind[:1]), kind[1:], i)
}

// Symbols is the import path under which a plain cell finds what the native
// engine has compiled; each cell has one of its own, since an engine keeps what it has looked up.
func Symbols(serial int) string { return fmt.Sprintf("lockstep/native/v%s%d", Mark, serial) }

// Slot is the symbol of a slot's pointer in that package, Function that of the function in it.
func Slot(name string) string { return "S" + name }

// Function is the symbol of a function.
func Function(name string) string { return "F" + name }

// Literal is the symbol of a function that makes a composite literal.
func Literal(i int) string { return fmt.Sprint("L", i) }

// Index stands among the numbers of fields for an element of a slice or an array.
const Index = -1

// Field is the symbol of a function that returns a pointer to a field, or what that points to.
func Field(i int) string { return fmt.Sprint("P", i) }

// ThisCell is the file name of a compiled unit's own cell in positions. It is no
// number, since the same text in another cell is the same unit.
const ThisCell = "cell 0"
