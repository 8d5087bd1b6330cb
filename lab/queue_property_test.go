package lab

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// What goes into a queue comes out once, and what one producer puts in comes to each
// consumer in the order in which it was put in, whatever the capacity and the calls are.
func TestQueueKeepsAllInOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) { checkQueue(t, func(q *Queue) error { return nil }) })
}

// queuePuts and queueGets are the ways to put and to get until it is done.
var (
	queuePuts = map[string]func(q *Queue, v any){
		"Put": func(q *Queue, v any) { q.Put(v) },
		"TryPut": func(q *Queue, v any) {
			if !q.TryPut(v) {
				q.Put(v)
			}
		},
		"PutTimeout": func(q *Queue, v any) {
			for !q.PutTimeout(v, time.Microsecond) {
			}
		},
	}
	queueGets = map[string]func(q *Queue) any{
		"Get": func(q *Queue) any { return q.Get() },
		"TryGet": func(q *Queue) any {
			if v, ok := q.TryGet(); ok {
				return v
			}
			return q.Get()
		},
		"GetTimeout": func(q *Queue) any {
			for {
				if v, ok := q.GetTimeout(time.Microsecond); ok {
					return v
				}
			}
		},
	}
)

// checkQueue draws producers and consumers of a queue that has been made ready, and what they do.
func checkQueue(t *rapid.T, ready func(q *Queue) error) {
	q := NewQueue(rapid.IntRange(0, 5).Draw(t, "capacity"))
	if err := ready(q); err != nil {
		t.Fatal(err)
	}
	const each = 1000 // numbers of a producer's items begin with a multiple of it
	counts := rapid.SliceOfN(rapid.IntRange(0, 40), 1, 4).Draw(t, "items of producers")
	puts := rapid.SliceOfN(rapid.SampledFrom([]string{"Put", "TryPut", "PutTimeout"}), len(counts), len(counts)).Draw(t, "puts")
	gets := rapid.SliceOfN(rapid.SampledFrom([]string{"Get", "TryGet", "GetTimeout"}), 1, 3).Draw(t, "gets")
	var producers, consumers sync.WaitGroup
	for p, count := range counts {
		producers.Go(func() {
			for i := range count {
				queuePuts[puts[p]](q, p*each+i)
			}
		})
	}
	got := make([][]int, len(gets))
	problems := make([]error, len(gets))
	for c, get := range gets {
		consumers.Go(func() {
			problems[c] = untilClosed(func() {
				v := queueGets[get](q)
				got[c] = append(got[c], v.(int))
				q.TaskDone()
			})
		})
	}
	producers.Wait()
	q.Join() // all was taken
	q.Close()
	consumers.Wait()
	if err := errors.Join(problems...); err != nil {
		t.Fatal(err)
	}
	var all, want []int
	for c, values := range got {
		last := map[int]int{}
		for _, v := range values {
			if before, some := last[v/each]; some && before >= v {
				t.Fatalf("consumer %d got %d after %d", c, v, before)
			}
			last[v/each] = v
		}
		all = append(all, values...)
	}
	for p, count := range counts {
		for i := range count {
			want = append(want, p*each+i)
		}
	}
	slices.Sort(all)
	if !slices.Equal(all, want) {
		t.Fatalf("got %v, want %v", all, want)
	}
	if q.Len() != 0 {
		t.Fatalf("%d values are left", q.Len())
	}
}

// untilClosed calls f until the queue in it is closed.
func untilClosed(f func()) error {
	for {
		switch v := panicOf(f).(type) {
		case nil:
		case *ClosedError:
			return nil
		default:
			return fmt.Errorf("panic: %v", v)
		}
	}
}
