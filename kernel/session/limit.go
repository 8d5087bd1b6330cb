package session

import (
	"fmt"
	"math"
	"os"
	"runtime/debug"
	"strconv"
	"sync/atomic"

	"lockstep/kernel/pipe"
)

// limitFromEnviron applies what [pipe.MemoryVariable] says.
func limitFromEnviron() error {
	text := os.Getenv(pipe.MemoryVariable)
	if text == "" {
		return nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n <= 0 {
		return fmt.Errorf("%s: want a number of bytes, got %q", pipe.MemoryVariable, text)
	}
	return limitMemory(n)
}

const (
	// nearLimit is from which part of the limit on the garbage collector does what it can, since the
	// heap else grows to twice of what is alive.
	nearLimit = 0.9
	// overLimit is how far the system lets the process go beyond the limit, in bytes: so that what runs is stopped before that,
	// and there is still room for threads, and for what the heap reserves in large pieces.
	overLimit = 512 << 20
)

// memoryLimit is that of this process; 0: none.
var memoryLimit atomic.Int64

// limitMemory has code stopped that wants more than n bytes, and if it is too quick for
// that, this process end with Go's "out of memory"; 0 takes the limit away.
func limitMemory(n int64) error {
	memoryLimit.Store(n)
	collector, data := int64(math.MaxInt64), int64(0)
	if n > 0 {
		collector, data = int64(nearLimit*float64(n)), n+overLimit
	}
	if os.Getenv("GOMEMLIMIT") == "" { // else the user has said so
		debug.SetMemoryLimit(collector)
	}
	return setDataLimit(data)
}

// limitStacks has Go end this process for a recursion without end before it ends it for the memory
// that this takes: a stack that grows needs three times its size for a moment. In a session, which is to
// stay, watchMemory stops the recursion instead.
func limitStacks() {
	if n := memoryLimit.Load(); n > 0 {
		debug.SetMaxStack(int(min(n/4, goMaxStack)))
	}
}

// goMaxStack is Go's own limit of a stack on machines of 64 bits.
const goMaxStack = 1_000_000_000

// limit answers a request to change the limit, which processes that are started from now on inherit.
func (s *Session) limit(b pipe.Limit) pipe.Reply {
	err := limitMemory(b.Bytes)
	if err == nil {
		err = os.Setenv(pipe.MemoryVariable, strconv.FormatInt(b.Bytes, 10))
		if b.Bytes == 0 {
			err = os.Unsetenv(pipe.MemoryVariable)
		}
	}
	if err != nil {
		return pipe.Reply{Err: &pipe.Fault{Kind: "error", Text: err.Error()}}
	}
	return pipe.Reply{}
}
