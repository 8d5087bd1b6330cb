package lessons

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/shirou/gopsutil/v4/cpu"
)

// Times can be judged only if nobody else uses the machine. Other packages'
// tests run beside this one at first, so that it pays to wait for a while.
const (
	patience = 4 * time.Minute
	busy     = 25.0 // percent of all cores
)

// room reports whether the test's own time limit leaves room for one more try
// that takes as long as the last.
func room(t *testing.T, took time.Duration) bool {
	end, limited := t.Deadline()
	return !limited || time.Until(end) > took*3/2
}

// quiet waits until the machine has had little to do for a second, or ctx ends.
func quiet(ctx context.Context, t *testing.T) {
	t.Helper()
	for {
		now, err := cpu.PercentWithContext(ctx, time.Second, false)
		switch {
		case errors.Is(err, context.DeadlineExceeded):
			return
		case err != nil || len(now) != 1:
			t.Fatalf("how busy the machine is: %v, %v", now, err)
		}
		if now[0] < busy {
			return
		}
	}
}

// meter tells how much of the machine others use.
type meter struct {
	begin    time.Time
	all, own time.Duration
	lacking  float64 // when it was made
}

func newMeter(t *testing.T) meter {
	lacking := lacking()
	return meter{time.Now(), used(t), ownTime(), lacking}
}

// others is the processor time since the meter was made that went neither to this
// process nor to its children that have ended, in percent of all cores; or what the cores lacked
// before or lack now, if that is more.
func (m meter) others(t *testing.T) float64 {
	all, own := used(t)-m.all, ownTime()-m.own
	percent := 100 * (all - own).Seconds() / time.Since(m.begin).Seconds() / float64(runtime.NumCPU())
	return max(percent, m.lacking, lacking())
}

// lacking is by how many percent all cores together count slower than one does alone, times their number: a
// virtual machine's cores may be two halves of one, or shared with other machines, of which this one hears nothing.
func lacking() float64 {
	cores := runtime.NumCPU()
	alone, together := counted(1), counted(cores)
	return max(0, 100*(1-float64(together)/float64(cores)/float64(alone)))
}

// counted is how far several goroutines count in a while, together.
func counted(goroutines int) int64 {
	var all atomic.Int64
	var group sync.WaitGroup
	until := time.Now().Add(100 * time.Millisecond)
	for range goroutines {
		group.Go(func() {
			n := int64(0)
			for time.Now().Before(until) {
				for range 10_000 {
					n++
				}
			}
			all.Add(n)
		})
	}
	group.Wait()
	return all.Load()
}

// used is the processor time that is gone: used by somebody, or kept from this machine by its host.
func used(t *testing.T) time.Duration {
	t.Helper()
	all, err := cpu.Times(false)
	if err != nil || len(all) != 1 {
		t.Fatalf("how busy the machine was: %v, %v", all, err)
	}
	c := all[0]
	return time.Duration((c.User + c.System + c.Nice + c.Irq + c.Softirq + c.Steal) * float64(time.Second))
}
