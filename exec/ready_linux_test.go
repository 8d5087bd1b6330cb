package exec_test

import (
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"lockstep/exec"
)

// More threads that compute than there are cores have to wait for one.
func TestReadyTime(t *testing.T) {
	before := exec.ReadyTime()
	var stop atomic.Bool
	threads := 4 * runtime.NumCPU()
	// One thread for each: Go itself would run no more of them than there are cores.
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(threads))
	for range threads {
		go func() {
			for n := 0; !stop.Load(); n++ {
			}
		}()
	}
	defer stop.Store(true)
	for exec.ReadyTime()-before < 20*time.Millisecond { // or the test's own limit
		time.Sleep(time.Millisecond)
	}
}
