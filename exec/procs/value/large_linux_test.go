package value_test

import (
	"bytes"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"lockstep/exec/procs/value"
)

// TestLargeSlices holds large slices to a small multiple of what it takes to
// copy them twice, to bytes and back: 100 MB go in well under a second.
func TestLargeSlices(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	x := make([]float64, 32<<20/8)
	x[5], x[len(x)-1] = 5, 7
	var tries []string
	for range 5 {
		start := threadTime(t)
		copied := slices.Clone(slices.Clone(x))
		reference := threadTime(t) - start
		start = threadTime(t)
		y, size := largeSent(t, x)
		took := threadTime(t) - start
		if len(y) != len(x) || y[5] != 5 || y[len(y)-1] != copied[len(y)-1] {
			t.Fatal("it arrived as something else")
		}
		if extra := size - 8*len(x); extra > 1000 {
			t.Errorf("%d bytes too many", extra)
		}
		if took < 3*reference {
			return
		}
		tries = append(tries, fmt.Sprintf("%v, copying %v", took, reference))
	}
	t.Errorf("sending 32 MB took %s", strings.Join(tries, "; "))
}

func largeSent(t *testing.T, x []float64) (y []float64, size int) {
	t.Helper()
	data, err := value.Encode(variables([]any{&x}), value.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := value.DecodeFrom(bytes.NewReader(data), int64(len(data)), byName([]any{&y}), value.Options{}); err != nil {
		t.Fatal(err)
	}
	return y, len(data)
}

// threadTime is the CPU time of the current thread.
func threadTime(t *testing.T) time.Duration {
	t.Helper()
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_THREAD, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
