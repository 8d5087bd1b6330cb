package lab_test

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"lockstep/lab"
)

func ExampleLock() {
	counter := 0
	lock := lab.NewLock("counter")
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 1000 {
				lock.With(func() { counter++ })
			}
		})
	}
	wg.Wait()
	fmt.Println(counter)
	// Output: 4000
}

// A lock that its holder locks again is a mistake that does not hang.
func ExampleMisuseError() {
	lock := lab.NewLock("counter")
	defer func() {
		_, misuse := recover().(*lab.MisuseError)
		fmt.Println("misuse:", misuse)
	}()
	lock.Lock()
	lock.Lock()
	// Output: misuse: true
}

func ExampleRLock() {
	lock := lab.NewRLock()
	var countdown func(n int)
	countdown = func(n int) {
		lock.With(func() { // the holder may lock it again
			fmt.Print(n, " ")
			if n > 0 {
				countdown(n - 1)
			}
		})
	}
	countdown(3)
	// Output: 3 2 1 0
}

// Two goroutines take two locks in opposite order. The one that closes the
// circle gets an error; giving its lock back lets the other one go on.
func ExampleDeadlockError() {
	a, b := lab.NewLock("a"), lab.NewLock("b")
	meet := lab.NewBarrier(2)
	deadlocks := lab.NewSemaphore(0)
	take := func(first, second *lab.Lock) {
		defer func() {
			if e, ok := recover().(*lab.DeadlockError); ok {
				deadlocks.Release()
				_ = e.Waits // who holds what, and waits for what
			}
		}()
		first.Lock()
		defer first.Unlock()
		meet.Wait()
		second.With(func() {})
	}
	var wg sync.WaitGroup
	wg.Go(func() { take(a, b) })
	wg.Go(func() { take(b, a) })
	wg.Wait()
	fmt.Println("deadlocks:", deadlocks.Value())
	// Output: deadlocks: 1
}

func ExampleSemaphore() {
	ready := lab.NewSemaphore(0)
	go func() {
		fmt.Println("first")
		ready.Release()
	}()
	ready.Acquire()
	fmt.Println("second")
	// Output:
	// first
	// second
}

func ExampleBoundedSemaphore() {
	seats := lab.NewBoundedSemaphore(2)
	fmt.Println(seats.TryAcquire(), seats.TryAcquire(), seats.TryAcquire())
	// Output: true true false
}

func ExampleEvent() {
	start := lab.NewEvent()
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			start.Wait()
			fmt.Println("off")
		})
	}
	fmt.Println("ready")
	start.Set()
	wg.Wait()
	// Output:
	// ready
	// off
	// off
	// off
}

func ExampleCondition() {
	var items []string
	changed := lab.NewCondition(nil)
	go changed.With(func() {
		items = append(items, "bread", "butter")
		changed.Broadcast()
	})
	changed.With(func() {
		changed.WaitUntil(func() bool { return len(items) == 2 })
		fmt.Println(items)
	})
	// Output: [bread butter]
}

func ExampleBarrier() {
	barrier := lab.NewBarrier(3)
	sum := lab.NewQueue(0)
	var wg sync.WaitGroup
	for worker := range 3 {
		wg.Go(func() {
			sum.Put(worker)
			if barrier.Wait() == 0 { // one of them
				fmt.Println("all three have put:", sum.Len())
			}
		})
	}
	wg.Wait()
	// Output: all three have put: 3
}

func ExampleQueue() {
	jobs, results := lab.NewQueue(2), lab.NewQueue(0)
	var workers sync.WaitGroup
	for range 2 {
		workers.Go(func() {
			for n := range jobs.All() {
				results.Put(n.(int) * n.(int))
			}
		})
	}
	for n := range 5 {
		jobs.Put(n)
	}
	jobs.Close()
	workers.Wait()
	results.Close()
	var squares []int
	for n := range results.All() {
		squares = append(squares, n.(int))
	}
	slices.Sort(squares)
	fmt.Println(squares)
	// Output: [0 1 4 9 16]
}

func ExampleNewPipe() {
	here, there := lab.NewPipe()
	go func() {
		name := there.Recv().(string)
		there.Send("hello " + name)
	}()
	here.Send("gopher")
	fmt.Println(here.Recv())
	// Output: hello gopher
}

func ExampleOutside() {
	sum := 0
	lab.Outside(func() { // other workers run meanwhile, also under the emulated lock
		for i := range 1000 {
			sum += i
		}
	})
	fmt.Println(sum)
	// Output: 499500
}

func ExampleShell() {
	var sh lab.Shell
	out, err := sh.Output("echo one two three | wc -w")
	if err != nil {
		fmt.Println(err)
	}
	var n int
	fmt.Sscan(out, &n)
	fmt.Println(n, "words")
	fmt.Println(sh.Run("exit 3"))
	// Output:
	// 3 words
	// command "exit 3": exit status 3
}

// As many commands at once as there are cores, as a shell would with &.
func ExampleShell_All() {
	var sh lab.Shell
	for _, f := range sh.All(lab.CPUCount(), "echo a", "echo b", "exit 1") {
		fmt.Printf("%s: %q %v\n", f.Command, f.Output, f.Err)
	}
	// Output:
	// echo a: "a\n" <nil>
	// echo b: "b\n" <nil>
	// exit 1: "" command "exit 1": exit status 1
}

func ExampleShell_Start() {
	var sh lab.Shell
	sorter, err := sh.Start("sort")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Fprintln(sorter.Stdin, "pear")
	fmt.Fprintln(sorter.Stdin, "apple")
	if err := sorter.Wait(); err != nil { // closes Stdin
		fmt.Println(err)
	}
	var first string
	fmt.Fscan(sorter.Stdout, &first)
	fmt.Println(first)
	// Output: apple
}

func ExampleLock_LockTimeout() {
	lock := lab.NewLock()
	lock.Lock()
	done := make(chan bool)
	go func() { done <- lock.LockTimeout(time.Millisecond) }()
	fmt.Println(<-done)
	// Output: false
}

// Steps that belong together need the value's own lock; Add is one step.
func ExampleValue() {
	n, m := lab.NewValue(1), lab.NewValue(0)
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			n.With(func() { n.Store(n.Load() * 2) })
			m.Add(10)
		})
	}
	wg.Wait()
	fmt.Println(n.Load(), m.Load())
	// Output: 8 30
}

func ExampleFloat() {
	sum := lab.NewFloat(0)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() { sum.Add(0.5) })
	}
	wg.Wait()
	fmt.Println(sum.Load())
	// Output: 2
}

func ExampleSharedMemory() {
	table := lab.NewSharedMemory(8 * 4) // four numbers, which worker processes see without copying
	squares := table.Ints()
	for i := range squares {
		squares[i] = int64(i * i)
	}
	fmt.Println(table.Ints())
	// Output: [0 1 4 9]
}
