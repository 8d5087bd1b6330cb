package display

import "strings"

// lineWidth is the width beyond which a value with values inside is broken into
// lines, one for each element.
const lineWidth = 100

// node is a formatted value before it is laid out: a leaf, or an opening text,
// items and a closing text.
type node struct {
	text  string // the leaf, or what opens the value: "[]int{"
	items []item
	note  string // after the items: "… 9,990 more"
	close string // "" for a leaf
}

type item struct {
	label string // "A: ", or ""
	value *node
}

func leaf(text string) *node { return &node{text: text} }

func (n *node) isLeaf() bool { return n.close == "" }

// nested reports whether an item has items of its own.
func (n *node) nested() bool {
	for _, it := range n.items {
		if len(it.value.items) > 0 {
			return true
		}
	}
	return false
}

// labelled reports whether the items have names or keys.
func (n *node) labelled() bool { return len(n.items) > 0 && n.items[0].label != "" }

func (n *node) flat(b *strings.Builder) {
	b.WriteString(n.text)
	if n.isLeaf() {
		return
	}
	for i, it := range n.items {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(it.label)
		it.value.flat(b)
	}
	if n.note != "" {
		if len(n.items) > 0 {
			b.WriteString(", ")
		}
		b.WriteString(n.note)
	}
	b.WriteString(n.close)
}

// lay writes n as gofmt would: on one line if it fits or has only plain
// elements, else an element a line.
func (n *node) lay(b *strings.Builder, indent int) {
	var line strings.Builder
	n.flat(&line)
	if n.isLeaf() || 4*indent+line.Len() <= lineWidth || !n.nested() && !n.labelled() {
		b.WriteString(line.String())
		return
	}
	inner := strings.Repeat("    ", indent+1)
	b.WriteString(n.text)
	b.WriteByte('\n')
	for _, it := range n.items {
		b.WriteString(inner)
		b.WriteString(it.label)
		it.value.lay(b, indent+1)
		b.WriteString(",\n")
	}
	if n.note != "" {
		b.WriteString(inner)
		b.WriteString(n.note)
		b.WriteByte('\n')
	}
	b.WriteString(strings.Repeat("    ", indent))
	b.WriteString(n.close)
}
