package check

import (
	"go/types"
	"strings"
)

// wakers are functions of the standard library after which something else than a goroutine may wake one that waits.
var wakers = map[string]bool{
	"time.After": true, "time.AfterFunc": true, "time.NewTicker": true, "time.NewTimer": true, "time.Tick": true,
	"context.AfterFunc": true, "context.WithDeadline": true, "context.WithDeadlineCause": true, "context.WithTimeout": true,
	"context.WithTimeoutCause": true, "os/signal.Notify": true, "os/signal.NotifyContext": true,
}

// Secluded reports whether only other goroutines of cells can wake one of the cell's that waits in its own code for a
// channel, a mutex or the like: neither it nor a live declaration uses a timer, a context, which may have a deadline,
// signals, C, or a module other than the Go project's, of which nothing is known.
func (c *Cell) Secluded() bool { return c.secluded }

func (b *builder) findSecluded() bool {
	for _, obj := range b.Info.Uses {
		switch obj := obj.(type) {
		case *types.Func:
			if wakers[obj.FullName()] {
				return false
			}
		case *types.PkgName:
			path := obj.Imported().Path()
			if first, _, _ := strings.Cut(path, "/"); path == "C" || strings.Contains(first, ".") && !strings.HasPrefix(path, "golang.org/x/") {
				return false
			}
		case *types.Var:
			if timed(obj.Type()) {
				return false
			}
		}
	}
	return true
}

// timed reports whether a timer may be behind a value of a type.
func timed(t types.Type) bool {
	t = types.Unalias(t)
	if p, ok := t.(*types.Pointer); ok {
		t = types.Unalias(p.Elem())
	}
	if c, ok := t.(*types.Chan); ok {
		t = types.Unalias(c.Elem())
		return types.TypeString(t, nil) == "time.Time"
	}
	if n, ok := t.(*types.Named); ok {
		switch types.TypeString(n, nil) {
		case "time.Timer", "time.Ticker", "context.Context":
			return true
		}
	}
	return false
}
