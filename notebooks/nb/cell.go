package nb

import (
	"slices"
	"strings"
)

// A CellType says what a cell holds.
type CellType string

// The cell types of nbformat 4.
const (
	Code     CellType = "code"
	Markdown CellType = "markdown"
	Raw      CellType = "raw"
)

// A Cell is one cell of a notebook.
type Cell struct {
	// ID is unique in the notebook; files before nbformat 4.5 have none.
	ID       string
	Type     CellType
	Source   string
	Metadata Metadata
	// Attachments holds the images that a Markdown or raw cell names as
	// attachment:NAME, by that name. Nil means that the key is absent.
	Attachments map[string]Bundle
	// ExecutionCount is the number of the prompt of a code cell; 0 means null,
	// a cell that was not executed.
	ExecutionCount int
	Outputs        []Output
	// Extra holds the keys that the format does not define.
	Extra map[string]any
}

// NewCell returns a cell with empty metadata and no id; [Notebook.Normalize]
// gives it one.
func NewCell(t CellType, source string) Cell {
	return Cell{Type: t, Source: source, Metadata: Metadata{}}
}

// Tags returns the cell's tags, in the order of the file.
func (c *Cell) Tags() []string {
	v, _ := c.Metadata.Lookup("tags")
	switch v := v.(type) {
	case []string:
		return v
	case []any:
		var tags []string
		for _, t := range v {
			if s, ok := t.(string); ok {
				tags = append(tags, s)
			}
		}
		return tags
	}
	return nil
}

// HasTag reports whether the cell has the tag.
func (c *Cell) HasTag(tag string) bool { return slices.Contains(c.Tags(), tag) }

// AddTag adds a tag unless the cell has it already.
func (c *Cell) AddTag(tag string) {
	if c.HasTag(tag) {
		return
	}
	if c.Metadata == nil {
		c.Metadata = Metadata{}
	}
	tags := make([]any, 0, 1)
	for _, t := range c.Tags() {
		tags = append(tags, t)
	}
	c.Metadata["tags"] = append(tags, tag)
}

// SourceHidden reports whether the source is folded away in the client.
func (c *Cell) SourceHidden() bool { return c.Metadata.Flag("jupyter", "source_hidden") }

// OutputsHidden reports whether the outputs are folded away in the client:
// JupyterLab's jupyter.outputs_hidden or the older "collapsed".
func (c *Cell) OutputsHidden() bool {
	return c.Metadata.Flag("jupyter", "outputs_hidden") || c.Metadata.Flag("collapsed")
}

// Empty reports whether the source is white space only.
func (c *Cell) Empty() bool { return strings.TrimSpace(c.Source) == "" }

// Append adds an output. A stream that follows a stream of the same name
// continues it, as in a client.
func (c *Cell) Append(o Output) {
	if k := len(c.Outputs) - 1; k >= 0 && o.continues(c.Outputs[k]) {
		c.Outputs[k].Text += o.Text
		return
	}
	c.Outputs = append(c.Outputs, o)
}

// OutputText returns the outputs as plain text, one after the other, each with
// a newline at its end unless it is a stream.
func (c *Cell) OutputText() string {
	var b strings.Builder
	for _, o := range c.Outputs {
		text := o.PlainText()
		b.WriteString(text)
		if o.Type != Stream && text != "" && !strings.HasSuffix(text, "\n") {
			b.WriteByte('\n')
		}
	}
	return b.String()
}
