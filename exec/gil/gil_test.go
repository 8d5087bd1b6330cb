package gil

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// wait waits until no thread of g is left.
func wait(t testing.TB, g *Group) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	if err := g.Wait(ctx); err != nil {
		t.Fatalf("threads still there: %d (%v)", g.Threads(), err)
	}
}

// check is a checkpoint as rewritten code has it.
func check(b *Breaker) {
	if b.Raised() {
		Checkpoint()
	}
}

// holders finds out whether two threads ever ran at once.
type holders struct{ now, most atomic.Int32 }

// step is a bit of work between two checkpoints.
func (h *holders) step(work func()) {
	n := h.now.Add(1)
	for {
		most := h.most.Load()
		if n <= most || h.most.CompareAndSwap(most, n) {
			break
		}
	}
	work()
	h.now.Add(-1)
}
