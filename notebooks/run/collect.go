package run

import (
	"bytes"
	"encoding/json"
	"fmt"

	"lockstep/kernel/wire"
	"lockstep/notebooks/nb"
)

// A collector puts what a kernel publishes into the cells of a notebook. It is
// for one goroutine.
type collector struct {
	n        *nb.Notebook
	cells    map[string]*collected // by the id of the request that ran the cell
	displays map[string][]place
	streams  int // most bytes of text that a cell keeps
}

// collected is what a collector knows about a cell that ran.
type collected struct {
	index   int
	clear   bool // before the next output
	streams int  // bytes so far
}

// place is where an output with a display id is.
type place struct{ cell, output int }

func newCollector(n *nb.Notebook, streams int) *collector {
	return &collector{n: n, cells: make(map[string]*collected), displays: make(map[string][]place), streams: streams}
}

// own takes a message whose parent is the request that runs the cell at index.
func (c *collector) own(index int, m *wire.Message) error {
	parent, err := m.Parent()
	if err != nil {
		return err
	}
	cell := c.cells[parent.MsgID]
	if cell == nil {
		cell = &collected{index: index}
		c.cells[parent.MsgID] = cell
	}
	return c.take(cell, m)
}

// other takes any other message. Goroutines that an earlier cell started go on
// printing into that cell.
func (c *collector) other(m *wire.Message) error {
	parent, err := m.Parent()
	if err != nil {
		return err
	}
	if cell := c.cells[parent.MsgID]; cell != nil && m.Header.MsgType != wire.Status {
		return c.take(cell, m)
	}
	return nil
}

// last takes a message that came too late to tell whose it is: that of the cell
// at index, unless it is known to be another's.
func (c *collector) last(index int, m *wire.Message) error {
	parent, err := m.Parent()
	if err != nil || parent.MsgID == "" {
		return err
	}
	if c.cells[parent.MsgID] != nil {
		return c.other(m)
	}
	return c.own(index, m)
}

// take handles one message that belongs to a cell. Types that make no output,
// such as those of comms, are ignored.
func (c *collector) take(cell *collected, m *wire.Message) error {
	switch m.Header.MsgType {
	case wire.Status:
		s, err := wire.Decode[wire.StatusContent](m)
		switch {
		case err != nil:
			return err
		case s.ExecutionState == wire.StateBusy:
			c.time(cell, "iopub.status.busy", m)
		case s.ExecutionState == wire.StateIdle:
			// The reply is sent just before idle.
			c.time(cell, "shell.execute_reply", m)
			c.time(cell, "iopub.status.idle", m)
		}
	case wire.ExecuteInput:
		in, err := wire.Decode[wire.ExecuteInputContent](m)
		if err != nil {
			return err
		}
		c.n.Cells[cell.index].ExecutionCount = in.ExecutionCount
		c.time(cell, "iopub.execute_input", m)
	case wire.Stream:
		s, err := wire.Decode[wire.StreamContent](m)
		if err != nil {
			return err
		}
		c.stream(cell, s)
	case wire.DisplayData:
		d, err := wire.Decode[wire.DisplayDataContent](m)
		if err != nil {
			return err
		}
		return c.show(cell, d.Transient, nb.Output{Type: nb.DisplayData}, d.Data, d.Metadata)
	case wire.ExecuteResult:
		r, err := wire.Decode[wire.ExecuteResultContent](m)
		if err != nil {
			return err
		}
		return c.show(cell, r.Transient, nb.Output{Type: nb.ExecuteResult, ExecutionCount: r.ExecutionCount}, r.Data, r.Metadata)
	case wire.UpdateDisplayData:
		u, err := wire.Decode[wire.UpdateDisplayDataContent](m)
		if err != nil {
			return err
		}
		var o nb.Output
		if err := fill(&o, u.Data, u.Metadata); err != nil {
			return err
		}
		c.update(u.Transient.DisplayID, o)
	case wire.Error:
		e, err := wire.Decode[wire.ErrorContent](m)
		if err != nil {
			return err
		}
		c.add(cell, nb.Output{Type: nb.Error, ErrName: e.EName, ErrValue: e.EValue, Traceback: e.Traceback})
	case wire.ClearOutput:
		clear, err := wire.Decode[wire.ClearOutputContent](m)
		if err != nil {
			return err
		}
		if clear.Wait {
			cell.clear = true
		} else {
			c.clear(cell)
		}
	}
	return nil
}

// time notes when m was sent, as nbclient does.
func (c *collector) time(cell *collected, key string, m *wire.Message) {
	target := &c.n.Cells[cell.index]
	if target.Metadata == nil {
		target.Metadata = nb.Metadata{}
	}
	target.Metadata.Set(m.Header.Date, "execution", key)
}

// stream adds printed text, as long as there is room for it.
func (c *collector) stream(cell *collected, s wire.StreamContent) {
	if cell.clear {
		c.clear(cell)
	}
	if cell.streams > c.streams {
		return
	}
	cell.streams += len(s.Text)
	c.add(cell, nb.Output{Type: nb.Stream, Name: string(s.Name), Text: s.Text})
	if cell.streams > c.streams {
		c.add(cell, nb.Output{Type: nb.Stream, Name: string(wire.Stderr),
			Text: fmt.Sprintf("\n… the cell printed more than %d bytes; the rest is left out\n", c.streams)})
	}
}

// show adds an output with data. If it has the display id of earlier outputs,
// they show the same from now on.
func (c *collector) show(cell *collected, t *wire.Transient, o nb.Output, data, metadata wire.Bundle) error {
	if err := fill(&o, data, metadata); err != nil {
		return err
	}
	id := ""
	if t != nil {
		id = t.DisplayID
	}
	if id != "" {
		c.update(id, o)
	}
	c.add(cell, o)
	if id != "" {
		c.displays[id] = append(c.displays[id], place{cell.index, len(c.n.Cells[cell.index].Outputs) - 1})
	}
	return nil
}

// update replaces the data of all outputs in the notebook that have a display
// id. That there are none is no error: they may have been cleared.
func (c *collector) update(id string, by nb.Output) {
	for _, p := range c.displays[id] {
		o := &c.n.Cells[p.cell].Outputs[p.output]
		o.Data, o.Metadata = by.Data, by.Metadata
	}
}

// add appends an output to a cell.
func (c *collector) add(cell *collected, o nb.Output) {
	if cell.clear {
		c.clear(cell)
	}
	c.n.Cells[cell.index].Append(o)
}

// clear removes the outputs of a cell.
func (c *collector) clear(cell *collected) {
	cell.clear, cell.streams = false, 0
	c.n.Cells[cell.index].Outputs = nil
	for id, places := range c.displays {
		var left []place
		for _, p := range places {
			if p.cell != cell.index {
				left = append(left, p)
			}
		}
		c.displays[id] = left
	}
}

// fill sets the data and metadata of an output.
func fill(o *nb.Output, data, metadata wire.Bundle) error {
	d, err := plain(data)
	if err != nil {
		return err
	}
	m, err := plain(metadata)
	o.Data, o.Metadata = d, m
	return err
}

// plain returns a bundle as package nb has it: with JSON as Go values.
func plain(b wire.Bundle) (map[string]any, error) {
	out := make(map[string]any, len(b))
	for key, v := range b {
		if raw, ok := v.(json.RawMessage); ok {
			dec := json.NewDecoder(bytes.NewReader(raw))
			dec.UseNumber() // a float64 would change large integers
			v = nil
			if err := dec.Decode(&v); err != nil {
				return nil, fmt.Errorf("%s: %w", key, err)
			}
		}
		out[key] = v
	}
	return out, nil
}
