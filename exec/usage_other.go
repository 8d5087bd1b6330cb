//go:build !unix

package exec

import "time"

// cpuTime returns the CPU time that the process has used: not known here.
func cpuTime() (user, system time.Duration) { return 0, 0 }
