package exec

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// ReadyTime is how long the threads of this process have been ready to run and had
// no core, up to now; 0 where that is not known. Threads that have ended do not count.
func ReadyTime() time.Duration {
	files, err := filepath.Glob("/proc/self/task/*/schedstat")
	if err != nil {
		return 0
	}
	var sum time.Duration
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			continue // the thread has just ended
		}
		// Time on a core, time waiting for one, turns.
		if fields := bytes.Fields(text); len(fields) == 3 {
			if n, err := strconv.ParseInt(string(fields[1]), 10, 64); err == nil {
				sum += time.Duration(n)
			}
		}
	}
	return sum
}
