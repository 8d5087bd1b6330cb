package check

import "go/types"

// wakers are functions of the standard library after which something else than a goroutine may wake one that waits.
var wakers = named{
	"context":   {"AfterFunc", "WithDeadline", "WithDeadlineCause", "WithTimeout", "WithTimeoutCause"},
	"os/signal": {"Notify", "NotifyContext"},
	"time":      {"After", "AfterFunc", "NewTicker", "NewTimer", "Tick"},
}

// timers are types behind whose values there may be one.
var timers = named{"time": {"Ticker", "Timer"}, "context": {"Context"}}

// Secluded reports whether only other goroutines of cells can wake one of the cell's that waits in its own code for a
// channel, a mutex or the like: neither it nor a live declaration uses a timer, a context, which may have a deadline,
// signals, C, or a module other than the Go project's, of which nothing is known.
func (c *Cell) Secluded() bool { return c.secluded }

// timed reports whether a timer may be behind a value of a type.
func timed(t types.Type) bool {
	t = types.Unalias(t)
	switch x := t.(type) {
	case *types.Pointer:
		t = types.Unalias(x.Elem())
	case *types.Chan:
		n, ok := types.Unalias(x.Elem()).(*types.Named)
		return ok && n.Obj().Name() == "Time" && n.Obj().Pkg() != nil && n.Obj().Pkg().Path() == "time"
	}
	n, ok := t.(*types.Named)
	return ok && n.Obj().Pkg() != nil && timers.has(n.Obj())
}
