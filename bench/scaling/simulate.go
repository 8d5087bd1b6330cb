package main

import (
	"container/heap"
	"math/rand/v2"
	"time"
)

// system is what is simulated: workers that take tasks from servers, one at a time, and bring results back.
type system struct {
	workers int
	task    time.Duration // mean of an exponential distribution: some are long, most are short
	// serve is what a server is busy with for a task: taking, result and acknowledgement. A server does one thing at a
	// time; workers are divided among the servers.
	serve   time.Duration
	servers int
	// busy is the share of each server that leases and hellos take.
	busy float64
	// way is the time to the server and back, during which a worker waits and a server does not.
	way time.Duration
}

// outcome is what came out.
type outcome struct {
	rate    float64       // tasks a second, in all
	use     float64       // of the workers: the share of their time in which they compute
	waiting time.Duration // mean, of a worker for its next task
}

// event is a worker that comes back to its server.
type event struct {
	at     time.Duration
	worker int
}

type queue []event

func (q queue) Len() int           { return len(q) }
func (q queue) Less(i, j int) bool { return q[i].at < q[j].at }
func (q queue) Swap(i, j int)      { q[i], q[j] = q[j], q[i] }
func (q *queue) Push(x any)        { *q = append(*q, x.(event)) }
func (q *queue) Pop() any {
	last := (*q)[len(*q)-1]
	*q = (*q)[:len(*q)-1]
	return last
}

// run simulates n tasks. The first of each worker are not counted: all come at once then.
func (s system) run(n int) outcome {
	serve := time.Duration(float64(s.serve) / (1 - min(0.999, s.busy)))
	random := rand.New(rand.NewPCG(1, 2)) // the same in each run of the program
	free := make([]time.Duration, s.servers)
	q := make(queue, s.workers)
	for i := range q {
		q[i] = event{time.Duration(random.Float64() * float64(s.task+s.way)), i} // not all at once
	}
	heap.Init(&q)
	warm := max(s.workers, n/10)
	var begun, ended, computed, waited time.Duration
	for i := range warm + n {
		e := heap.Pop(&q).(event)
		server := &free[e.worker%s.servers]
		*server = max(*server, e.at) + serve
		if ended = max(ended, *server); i == warm {
			begun, computed, waited = ended, 0, 0
		}
		got := *server + s.way
		work := time.Duration(random.ExpFloat64() * float64(s.task))
		waited += got - e.at
		computed += work
		heap.Push(&q, event{got + work, e.worker})
	}
	span := ended - begun
	return outcome{
		rate:    float64(n) / span.Seconds(),
		use:     float64(computed) / (float64(computed) + float64(waited)),
		waiting: waited / time.Duration(n),
	}
}
