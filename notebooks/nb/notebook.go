// Package nb reads and writes Jupyter notebooks (nbformat 4.5).
//
// [Read] and [Parse] turn a file into a [Notebook]; [Write] and
// [Notebook.Encode] turn it back into the bytes that Jupyter's own nbformat
// would write: keys sorted, one space of indentation, text as lists of lines, a
// newline at the end. Keys that the package does not know are kept. Multi-line
// text may come as a string or as a list of strings and is one string in
// memory.
//
// The package executes nothing, renders nothing and validates only what it has
// to understand. Its values are plain data: they are not safe for use by several
// goroutines while one of them writes.
package nb

import "strings"

// The format version that [New] and [Notebook.Normalize] produce.
const (
	Major = 4
	Minor = 5
)

// A Notebook is a whole document. The zero value is an empty notebook of
// version 0.0; use [New] for one that can be written.
type Notebook struct {
	Cells    []Cell
	Metadata Metadata
	// Major and Minor are the nbformat version of the file.
	Major, Minor int
	// Extra holds the top-level keys that the format does not define.
	Extra map[string]any
}

// New returns a notebook of version 4.5 with the given cells, which have ids
// afterwards.
func New(cells ...Cell) *Notebook {
	n := &Notebook{Cells: cells, Metadata: Metadata{}, Major: Major, Minor: Minor}
	n.Normalize()
	return n
}

// ClearOutputs removes every output and execution count, and what clients noted
// about the execution (metadata "execution").
func (n *Notebook) ClearOutputs() {
	for i := range n.Cells {
		c := &n.Cells[i]
		c.Outputs, c.ExecutionCount = nil, 0
		delete(c.Metadata, "execution")
	}
}

// Title returns the text of the first Markdown heading, without its markers, or
// "" when the notebook has none.
func (n *Notebook) Title() string {
	for i := range n.Cells {
		if n.Cells[i].Type != Markdown {
			continue
		}
		fence := ""
		for line := range strings.Lines(n.Cells[i].Source) {
			line = strings.TrimSpace(line)
			switch {
			case fence != "":
				if strings.HasPrefix(line, fence) {
					fence = ""
				}
			case strings.HasPrefix(line, "```"), strings.HasPrefix(line, "~~~"):
				fence = line[:3]
			default:
				if text := headingText(line); text != "" {
					return text
				}
			}
		}
	}
	return ""
}

// headingText returns the text of an ATX heading line, or "".
func headingText(line string) string {
	text := strings.TrimLeft(line, "#")
	level := len(line) - len(text)
	if level == 0 || level > 6 || !strings.HasPrefix(text, " ") {
		return ""
	}
	return strings.TrimSpace(strings.TrimRight(text, "# "))
}

// Language returns the programming language that the metadata name, in lower
// case, or "" when they name none.
func (n *Notebook) Language() string {
	if name := n.Metadata.Text("language_info", "name"); name != "" {
		return strings.ToLower(name)
	}
	return strings.ToLower(n.Metadata.Text("kernelspec", "language"))
}

// KernelName returns the name of the kernelspec in the metadata, or "".
func (n *Notebook) KernelName() string { return n.Metadata.Text("kernelspec", "name") }

// Metadata is a JSON object of metadata. Numbers that come from a file are
// [encoding/json.Number]. The nil map reads as an empty one.
type Metadata map[string]any

// Lookup returns the value at the end of a path of keys.
func (m Metadata) Lookup(path ...string) (any, bool) {
	if len(path) == 0 {
		return m, m != nil
	}
	v, ok := m[path[0]]
	if !ok || len(path) == 1 {
		return v, ok
	}
	return object(v).Lookup(path[1:]...)
}

// Text returns the string at the end of a path of keys, or "" when there is
// none.
func (m Metadata) Text(path ...string) string {
	v, _ := m.Lookup(path...)
	s, _ := v.(string)
	return s
}

// Flag reports whether the value at the end of a path of keys is true.
func (m Metadata) Flag(path ...string) bool {
	v, _ := m.Lookup(path...)
	b, _ := v.(bool)
	return b
}

// Set stores a value at the end of a path of keys and makes the objects on the
// way there. It panics on a nil map or an empty path, as an assignment would.
func (m Metadata) Set(value any, path ...string) {
	if len(path) == 1 {
		m[path[0]] = value
		return
	}
	next := object(m[path[0]])
	if next == nil {
		next = Metadata{}
		m[path[0]] = map[string]any(next)
	}
	next.Set(value, path[1:]...)
}

// object returns v as an object, or nil when it is none.
func object(v any) Metadata {
	switch v := v.(type) {
	case Metadata:
		return v
	case map[string]any:
		return v
	}
	return nil
}
