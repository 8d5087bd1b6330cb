package exec_test

import (
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"lockstep/exec"
)

// everywhere returns on how many cores the threads of the process may run, and
// fails if they differ.
func everywhere(t *testing.T) int {
	t.Helper()
	var first unix.CPUSet
	if err := unix.SchedGetaffinity(os.Getpid(), &first); err != nil {
		t.Error(err)
	}
	var here unix.CPUSet
	if err := unix.SchedGetaffinity(0, &here); err != nil || here != first {
		t.Errorf("this thread may run on %d cores, the first one on %d (%v)", here.Count(), first.Count(), err)
	}
	return first.Count()
}

func TestPinnedToACore(t *testing.T) {
	before, procs := everywhere(t), runtime.GOMAXPROCS(0)
	core := 0
	var set unix.CPUSet
	if err := unix.SchedGetaffinity(0, &set); err != nil {
		t.Fatal(err)
	}
	for !set.IsSet(core) {
		core++
	}
	plan := exec.Plan{Modes: []exec.Mode{exec.Goroutines}, Workers: []int{3}, CPUs: []int{core}}
	r, err := exec.Run(t.Context(), plan, exec.WorkloadFunc(func(exec.Worker) (any, error) {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		if got := everywhere(t); got != 1 {
			t.Errorf("a worker may run on %d cores, want 1", got)
		}
		return nil, nil
	}), exec.Setting{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if r.Machine.MaxProcs != 1 || r.Machine.CPUs != 1 || !slices.Equal(r.Pinned, []int{core}) {
		t.Errorf("got machine %+v, pinned to %v", r.Machine, r.Pinned)
	}
	if got := everywhere(t); got != before || runtime.GOMAXPROCS(0) != procs {
		t.Errorf("afterwards %d cores, GOMAXPROCS %d; before %d, %d", got, runtime.GOMAXPROCS(0), before, procs)
	}
}

func TestCoresThatAreNotThere(t *testing.T) {
	for want, cpus := range map[string][]int{"no core 1000": {1000}, "lists 0 twice": {0, 0}} {
		err := exec.Plan{CPUs: cpus}.Check(exec.WithProcesses)
		if err == nil || !strings.HasPrefix(err.Error(), "--cpus") || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: got %v, want %q in the error", cpus, err, want)
		}
	}
}
