package live

import (
	"context"
	"fmt"
)

// manyBytes is the memory of loaded units at which the user is told of it.
const manyBytes = 1 << 30

// cost tells how many units the process has loaded, and what they take.
func (p *process) cost() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch u := p.units; u.Count {
	case 0:
		return "no units loaded"
	case 1:
		return fmt.Sprintf("1 unit loaded, which takes %.1f MB of memory", float64(u.Bytes)/1e6)
	default:
		return fmt.Sprintf("%d units loaded, which take %.1f MB of memory", u.Count, float64(u.Bytes)/1e6)
	}
}

// tellUnits tells the user, once in the life of a process, that its units are becoming many: they are
// never unloaded.
func (c *call) tellUnits() {
	p := c.proc
	p.mu.Lock()
	tell := !p.told && (p.units.Count >= c.opt.ManyUnits || p.units.Bytes >= manyBytes)
	p.told = p.told || tell
	p.mu.Unlock()
	if tell {
		c.out.Stream("stderr", "note: "+p.cost()+"; they stay until the session's process ends. "+
			"%engine --restart starts another one with all declarations in one unit and the values that can be sent\n")
	}
}

// Restart implements magic.Env.
func (e *env) Restart(context.Context) error {
	return e.moved(e.engine.fresh())
}
