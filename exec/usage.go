package exec

import (
	"runtime/metrics"
	"time"

	"lockstep/exec/measure"
)

// usage is what the process has used up to a moment.
type usage struct {
	user, system, gc time.Duration
	ready            time.Duration
}

func usageNow() usage {
	var u usage
	u.user, u.system = cpuTime()
	u.ready = ReadyTime()
	// What the collector does on cores that would idle costs the workload nothing.
	s := []metrics.Sample{{Name: "/cpu/classes/gc/total:cpu-seconds"}, {Name: "/cpu/classes/gc/mark/idle:cpu-seconds"}}
	metrics.Read(s)
	if s[0].Value.Kind() == metrics.KindFloat64 && s[1].Value.Kind() == metrics.KindFloat64 {
		u.gc = time.Duration((s[0].Value.Float64() - s[1].Value.Float64()) * float64(time.Second))
	}
	return u
}

// since adds to s what was used from u on. The runtime accounts for the
// garbage collector at the end of each cycle, and may count the idle time that
// it used; so the collector's time is at most the CPU time.
func (u usage) since(s *measure.Sample) {
	now := usageNow()
	s.CPUUser, s.CPUSystem = now.user-u.user, now.system-u.system
	s.Ready = max(0, now.ready-u.ready)
	s.GC = max(0, min(now.gc-u.gc, s.CPUUser+s.CPUSystem))
}
