package exec

import (
	"bytes"
	"os"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// ReadyTime is how long the threads of this process have been ready to run and had
// no core, up to now; 0 where that is not known. Threads that have ended do not count.
//
// It is asked for with each task of a cluster, so it takes no more of the system than it must: three calls a thread.
func ReadyTime() time.Duration {
	tasks, err := os.Open("/proc/self/task")
	if err != nil {
		return 0
	}
	defer tasks.Close()
	threads, err := tasks.Readdirnames(-1)
	if err != nil {
		return 0
	}
	var sum time.Duration
	var text [128]byte // three numbers
	for _, thread := range threads {
		fd, err := unix.Openat(int(tasks.Fd()), thread+"/schedstat", unix.O_RDONLY|unix.O_CLOEXEC, 0)
		if err != nil {
			continue // the thread has just ended
		}
		n, err := unix.Read(fd, text[:])
		_ = unix.Close(fd) // nothing was written
		if err != nil {
			continue
		}
		// Time on a core, time waiting for one, turns.
		if fields := bytes.Fields(text[:n]); len(fields) == 3 {
			if n, err := strconv.ParseInt(string(fields[1]), 10, 64); err == nil {
				sum += time.Duration(n)
			}
		}
	}
	return sum
}
