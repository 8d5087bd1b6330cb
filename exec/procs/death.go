package procs

import (
	"strings"

	"lockstep/exec/measure"
)

// death waits for the end of a process that came to no result, and tells how it
// ended. What it leaves empty in Error the caller has brought about.
func (p *process) death(explain func(report string) string) measure.Outcome {
	p.settle()
	state := p.cmd.ProcessState
	o := measure.Outcome{
		CPUUser:   max(state.UserTime()-p.atReady.User, 0),
		CPUSystem: max(state.SystemTime()-p.atReady.System, 0),
		PeakBytes: max(peak(state, usedNow().PeakBytes), p.atReady.PeakBytes),
	}
	died(state, &o)
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
