//go:build unix

package procs

import (
	"os"
	"runtime"
	"runtime/metrics"
	"strconv"
	"strings"
	"syscall"
	"time"

	"lockstep/exec"
)

// usedNow is what this process has used up to now.
func usedNow() Used {
	var u Used
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err == nil {
		u.User, u.System = time.Duration(r.Utime.Nano()), time.Duration(r.Stime.Nano())
		u.PeakBytes = maxRSS(&r)
	}
	u.Ready = exec.ReadyTime()
	if peak := highWater(); peak > 0 {
		u.PeakBytes = peak
	}
	// What the collector does on cores that would idle costs the workload nothing.
	s := []metrics.Sample{{Name: "/cpu/classes/gc/total:cpu-seconds"}, {Name: "/cpu/classes/gc/mark/idle:cpu-seconds"}}
	if metrics.Read(s); s[0].Value.Kind() == metrics.KindFloat64 && s[1].Value.Kind() == metrics.KindFloat64 {
		u.GC = time.Duration((s[0].Value.Float64() - s[1].Value.Float64()) * float64(time.Second))
	}
	return u
}

// maxRSS is the peak memory of a process in bytes. On Linux it is at least that
// of the process that started it, whose memory it shared for a moment.
func maxRSS(r *syscall.Rusage) int64 {
	if runtime.GOOS == "darwin" || runtime.GOOS == "ios" {
		return int64(r.Maxrss)
	}
	return int64(r.Maxrss) << 10
}

// highWater is this process's own peak memory as Linux knows it; 0 elsewhere.
func highWater() int64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kB, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")), 10, 64)
			if err == nil {
				return kB << 10
			}
		}
	}
	return 0
}
