package nb

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
)

// Normalize brings a notebook into the form in which it can be written as 4.5:
// version 4.5, every cell with a valid id of its own, metadata present,
// neighbouring streams of one name joined, nothing executed in cells that are
// not code. Ids that are valid and unique stay; a new id is derived from the
// cell's place and source, so that the same notebook always gets the same ids.
func (n *Notebook) Normalize() {
	n.Major, n.Minor = Major, Minor
	if n.Metadata == nil {
		n.Metadata = Metadata{}
	}
	taken := make(map[string]bool, len(n.Cells))
	for i := range n.Cells {
		c := &n.Cells[i]
		if !validID(c.ID) || taken[c.ID] {
			c.ID = ""
		}
		taken[c.ID] = true
	}
	for i := range n.Cells {
		c := &n.Cells[i]
		for salt := 0; c.ID == ""; salt++ {
			if id := deriveID(i, salt, c); !taken[id] {
				c.ID, taken[id] = id, true
			}
		}
		if c.Metadata == nil {
			c.Metadata = Metadata{}
		}
		c.normalizeOutputs()
	}
}

func (c *Cell) normalizeOutputs() {
	if c.Type == Markdown || c.Type == Raw {
		c.Outputs, c.ExecutionCount = nil, 0
		return
	}
	outputs := c.Outputs
	c.Outputs = nil
	for _, o := range outputs {
		if (o.Type == DisplayData || o.Type == ExecuteResult) && o.Metadata == nil {
			o.Metadata = Metadata{}
		}
		c.Append(o)
	}
}

// validID reports whether an id has the form that nbformat 4.5 asks for.
func validID(id string) bool {
	if len(id) < 1 || len(id) > 64 {
		return false
	}
	for _, r := range id {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '-', r == '_':
		default:
			return false
		}
	}
	return true
}

func deriveID(place, salt int, c *Cell) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%d %d %s %s", place, salt, c.Type, c.Source))
	return hex.EncodeToString(sum[:4])
}
