package exec

import (
	"runtime/metrics"
	"time"
)

// inUse is the memory that Go's heap and stacks occupy now.
func inUse() int64 {
	s := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}, {Name: "/memory/classes/heap/stacks:bytes"}}
	metrics.Read(s)
	var sum int64
	for _, m := range s {
		if m.Value.Kind() == metrics.KindUint64 {
			sum += int64(m.Value.Uint64())
		}
	}
	return sum
}

// watchPeak looks now and then at how much memory is in use, and returns what ends
// that and tells the most that was seen. A look takes a microsecond.
func watchPeak() (end func() int64) {
	peak := inUse()
	done, seen := make(chan struct{}), make(chan int64)
	go func() {
		// Ever more seldom: a hundred looks while the time becomes e times as long.
		start, most := time.Now(), int64(0)
		for {
			timer := time.NewTimer(max(time.Millisecond, time.Since(start)/100))
			select {
			case <-done:
				timer.Stop()
				seen <- most
				return
			case <-timer.C:
				most = max(most, inUse())
			}
		}
	}()
	return func() int64 {
		now := inUse()
		close(done)
		return max(peak, now, <-seen)
	}
}
