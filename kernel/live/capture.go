package live

import (
	"context"
	"slices"
	"strings"
	"sync"

	"lockstep/kernel/display"
	"lockstep/kernel/lang"
	"lockstep/kernel/pipe"
)

// capture is the output of a cell under %%capture. What is neither printed nor
// displayed goes to the cell's own.
type capture struct {
	lang.Output

	mu      sync.Mutex
	streams map[string]*strings.Builder
	shown   []display.Message
	clear   bool // when the next output arrives
}

// Stream implements lang.Output.
func (c *capture) Stream(name, text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.arrive()
	if c.streams[name] == nil {
		c.streams[name] = &strings.Builder{}
	}
	c.streams[name].WriteString(text)
}

// Display implements lang.Output as a client's output area would.
func (c *capture) Display(m display.Message) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch m.Action {
	case display.ClearLater:
		c.clear = true
		return
	case display.ClearNow:
		c.clear = true
		c.arrive()
		return
	case display.Update:
		for i := range c.shown {
			if c.shown[i].ID == m.ID {
				c.shown[i].Bundle = m.Bundle
			}
		}
		return
	}
	c.arrive()
	c.shown = append(c.shown, m)
}

// arrive makes room if that was asked for. The caller holds c.mu.
func (c *capture) arrive() {
	if c.clear {
		c.clear, c.shown = false, nil
		clear(c.streams)
	}
}

func (c *capture) captured() display.Captured {
	c.mu.Lock()
	defer c.mu.Unlock()
	text := func(name string) string {
		if b := c.streams[name]; b != nil {
			return b.String()
		}
		return ""
	}
	out := display.Captured{Stdout: text("stdout"), Stderr: text("stderr")}
	for _, m := range c.shown {
		out.Shown = append(out.Shown, m.Bundle)
	}
	return out
}

// Capture implements magic.Env.
func (e *env) Capture(run func() lang.Result) (display.Captured, lang.Result) {
	own := e.out
	c := &capture{Output: own, streams: map[string]*strings.Builder{}}
	e.out = c
	e.outputs.set(e.label, c)
	defer func() {
		// What goroutines of the cell print later is the cell's again.
		e.out = own
		e.outputs.set(e.label, own)
	}()
	r := run()
	out := c.captured()
	if r.Value != nil {
		out.Shown = append(slices.Clip(out.Shown), *r.Value)
		r.Value = nil
	}
	return out, r
}

// BindCaptured implements magic.Env.
func (e *env) BindCaptured(ctx context.Context, name string, c display.Captured) error {
	return e.bind(ctx, name, "display.Captured", pipe.Bind{Captured: &c})
}
