package procs

import (
	"fmt"
	"strings"
	"time"

	"lockstep/exec/measure"
)

// ending is how a process ended, and what it had used.
type ending struct {
	code         int    // its exit status, or the number of the signal that ended it as a negative one, as Python has it
	signal       string // the name of that
	user, system time.Duration
	peakBytes    int64 // at least that of the process that started it, whose memory it shared for a moment
}

// peak is the peak memory of the process, if it can be told; own is that of this process, from which it may have
// inherited the figure.
func (e *ending) peak(own int64) int64 {
	if e.peakBytes > own {
		return e.peakBytes
	}
	return 0
}

// death waits for the end of a process that came to no result, and tells how it
// ended. What it leaves empty in Error the caller has brought about.
func (p *process) death(explain func(report string) string) measure.Outcome {
	p.settle()
	e := p.ending
	o := measure.Outcome{
		CPUUser:   max(e.user-p.atReady.User, 0),
		CPUSystem: max(e.system-p.atReady.System, 0),
		PeakBytes: max(e.peak(usedNow().PeakBytes), p.atReady.PeakBytes),
	}
	if e.signal != "" {
		o.Failure, o.Error = measure.Signaled, fmt.Sprintf("killed by signal %d (%s)", -e.code, e.signal)
	} else {
		o.Failure, o.ExitCode, o.Error = measure.Exited, e.code, fmt.Sprintf("exit status %d", e.code)
		if e.code == 0 {
			o.Error += " before it had a result"
		}
	}
	p.mu.Lock()
	killed := p.killed
	p.mu.Unlock()
	switch {
	case killed:
		o.Failure, o.Error = measure.Signaled, ""
	case p.crash != "":
		o.Stack = p.crash
		o.Error = explain(p.crash)
		if strings.HasPrefix(fault(p.crash), "panic: ") {
			o.Failure = measure.Panicked
		}
	}
	return o
}

// share divides what a process has used among its workers: only the sum is
// known.
func (u Used) share(outcomes []measure.Outcome) {
	n := len(outcomes)
	for i := range outcomes {
		o := &outcomes[i]
		o.CPUUser += part(u.User, i, n)
		o.CPUSystem += part(u.System, i, n)
		o.GC += part(u.GC, i, n)
		o.Ready += part(u.Ready, i, n)
		o.PeakBytes += part(u.PeakBytes, i, n)
	}
}

// part is the i-th of n parts of a sum. The first has what is left over.
func part[T ~int64](sum T, i, n int) T {
	each := sum / T(n)
	if i == 0 {
		return sum - each*T(n-1)
	}
	return each
}
