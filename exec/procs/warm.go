package procs

import (
	"runtime"
	"sync"

	"lockstep/exec"
)

// take returns the processes that were put aside for a shape, and ends those
// that were for another number of workers: such a run will not come again.
func (ps *Processes) take(s exec.Shape) []*process {
	if !s.Warm {
		return nil
	}
	ps.mu.Lock()
	at := place{s.Processes, s.Goroutines}
	found := ps.idle[at]
	delete(ps.idle, at)
	var others []*process
	if found == nil {
		for p, idle := range ps.idle {
			if p.processes*p.goroutines != s.Workers() {
				others = append(others, idle...)
				delete(ps.idle, p)
			}
		}
	}
	ps.mu.Unlock()
	closeAll(others)
	return found
}

func (ps *Processes) keep(s exec.Shape, processes []*process) {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	ps.idle[place{s.Processes, s.Goroutines}] = processes
}

// Close ends the processes that were put aside. It is needed after runs whose
// shape is Warm.
func (ps *Processes) Close() error {
	ps.mu.Lock()
	var all []*process
	for _, idle := range ps.idle {
		all = append(all, idle...)
	}
	clear(ps.idle)
	ps.mu.Unlock()
	closeAll(all)
	return nil
}

func closeAll(processes []*process) {
	var all sync.WaitGroup
	for _, p := range processes {
		all.Go(p.close)
	}
	all.Wait()
}

// nursery starts processes in a thread that lives as long as any of them. The
// kernel kills a process when the thread dies that started it (isolate, on
// Linux): so this one must outlive them all, and Go promises that of no other. Its
// zero value is ready.
type nursery struct {
	mu       sync.Mutex
	children int
	jobs     chan job // nil without children
}

type job struct {
	do     func() error
	result chan error
}

// start calls do in the thread. If it succeeds there is one child more, until left is called.
func (n *nursery) start(do func() error) error {
	n.mu.Lock()
	if n.children++; n.children == 1 {
		n.jobs = make(chan job)
		go thread(n.jobs)
	}
	jobs := n.jobs
	n.mu.Unlock()
	j := job{do, make(chan error, 1)}
	jobs <- j
	err := <-j.result
	if err != nil {
		n.left()
	}
	return err
}

func thread(jobs <-chan job) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	for j := range jobs {
		j.result <- j.do()
	}
}

// left says that a child has ended and been reaped.
func (n *nursery) left() {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.children--; n.children == 0 {
		close(n.jobs)
	}
}
