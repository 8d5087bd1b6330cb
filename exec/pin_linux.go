package exec

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"strconv"

	"golang.org/x/sys/unix"
)

// cores returns the numbers of the processor cores that this process may use.
func cores() ([]int, error) {
	var set unix.CPUSet
	if err := unix.SchedGetaffinity(os.Getpid(), &set); err != nil {
		return nil, fmt.Errorf("asking for the cores: %w", err)
	}
	var all []int
	for i := range len(set) * strconv.IntSize {
		if set.IsSet(i) {
			all = append(all, i)
		}
	}
	return all, nil
}

// Pin has this process, and the processes that it starts from then on, run on some cores
// only, by their numbers. release undoes it for this process. Not safe for concurrent use. The error
// wraps [errors.ErrUnsupported] where the system cannot do that.
func Pin(cpus []int) (release func(), err error) {
	before, err := cores()
	if err != nil {
		return nil, err
	}
	procs := runtime.GOMAXPROCS(min(len(cpus), runtime.GOMAXPROCS(0)))
	release = func() {
		// What was possible before is so again; a failure could only leave the
		// process on fewer cores.
		_ = bind(before)
		runtime.GOMAXPROCS(procs)
	}
	if err := bind(cpus); err != nil {
		release()
		return nil, err
	}
	return release, nil
}

// bind moves every thread of the process: each has cores of its own, and new ones
// have those of the thread that makes them.
func bind(cpus []int) error {
	var set unix.CPUSet
	for _, c := range cpus {
		set.Set(c)
	}
	done := map[int]bool{}
	for {
		entries, err := os.ReadDir("/proc/self/task")
		if err != nil {
			return fmt.Errorf("listing the threads: %w", err)
		}
		missed := slices.DeleteFunc(entries, func(e os.DirEntry) bool {
			id, err := strconv.Atoi(e.Name())
			return err != nil || done[id]
		})
		if len(missed) == 0 {
			return nil
		}
		for _, e := range missed {
			id, _ := strconv.Atoi(e.Name())
			done[id] = true
			if err := unix.SchedSetaffinity(id, &set); err != nil && err != unix.ESRCH {
				return fmt.Errorf("moving to the cores %v: %w", cpus, err)
			}
		}
	}
}
