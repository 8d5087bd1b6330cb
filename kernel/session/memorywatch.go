package session

import (
	"errors"
	"fmt"
	"runtime/debug"
	"runtime/metrics"
	"time"

	"lockstep/kernel/pipe"
)

// overrunError is the cause with which the watch stops code that uses too much memory.
type overrunError string

func (e overrunError) Error() string { return string(e) }

// errStack is that of a recursion without end.
const errStack = overrunError("stack overflow: the recursion does not end, or is too deep; it was stopped, and the session and its variables stay")

// outOfMemory is that of code that wants more than limit bytes.
func outOfMemory(limit int64) overrunError {
	return overrunError(fmt.Sprintf("out of memory: the session may use %d MB (%%limit shows and changes that); the cell was stopped, and the session and its variables stay", limit/1e6))
}

// overrun is the fault of code that the watch has stopped, nil for every other cause.
func overrun(cause error) *pipe.Fault {
	if e, ok := errors.AsType[overrunError](cause); ok {
		return &pipe.Fault{Kind: "panic", Text: e.Error()}
	}
	return nil
}

const (
	// stackLimit is the memory of stacks, beyond what many goroutines need, at which
	// running code is stopped. A recursion of a hundred million bytes may be meant.
	stackLimit = 192 << 20
	// goroutineStack is what a goroutine that does not recurse has at most.
	goroutineStack = 64 << 10
	// stackFatal is where Go itself ends the process. It is far above the limit, since
	// a stack doubles when it grows and the watch may come late.
	stackFatal = 2_000_000_000
	// stackLook is how often the watch looks: a stack needs some 20 ms from the limit to the next doubling.
	stackLook = 5 * time.Millisecond
)

// watchMemory calls stop when the stacks of the process have grown beyond their limit, or all of its memory
// beyond that of %limit, until done is closed. Go has no way to catch either, and ends the process.
func watchMemory(done <-chan struct{}, stop func(error)) {
	debug.SetMaxStack(stackFatal)
	samples := []metrics.Sample{{Name: "/memory/classes/heap/stacks:bytes"}, {Name: "/sched/goroutines:goroutines"},
		{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	figure := func(i int) uint64 { return samples[i].Value.Uint64() }
	metrics.Read(samples)
	b := stackBudget{before: figure(0)}
	before := figure(2) - figure(3)
	tick := time.NewTicker(stackLook)
	defer tick.Stop()
	for {
		select {
		case <-done:
			return
		case <-tick.C:
		}
		metrics.Read(samples)
		if b.exceeded(figure(0), figure(1)) {
			stop(errStack)
			return
		}
		limit := memoryLimit.Load()
		if used := figure(2) - figure(3); limit > 0 && used > uint64(limit) && used > before+someMemory {
			stop(outOfMemory(limit))
			return
		}
	}
}

// someMemory is what a cell may take when there was too much already, so that a cell
// can let go of what an earlier one has left.
const someMemory = 64 << 20

// stackBudget is what the stacks of running code may come to. Those of goroutines that have
// ended count until the garbage collector has been there, as Go's figure does: of this code, and
// of what ran before it.
type stackBudget struct {
	before uint64 // bytes
	most   uint64 // goroutines that there were at the same time
}

func (b *stackBudget) exceeded(stacks, goroutines uint64) bool {
	b.most = max(b.most, goroutines)
	return stacks > b.before+stackLimit+b.most*goroutineStack
}
