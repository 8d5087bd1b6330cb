package lab_test

import (
	"fmt"

	"lockstep/lab"
)

// These examples need a session: they are cells, in which square is declared at the top.

func square(i int) int { return i * i }

func ExamplePool() {
	pool := lab.NewPool(0) // a process for each processor core
	defer pool.Close()
	v, err := pool.Map(square, []int{1, 2, 3})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, s := range v.([]int) {
		fmt.Println(s)
	}
}

func ExamplePool_Apply() {
	pool := lab.NewPool(2)
	defer pool.Close()
	v, err := pool.Apply(square, 7)
	fmt.Println(v, err)
}

func ExamplePool_ApplyAsync() {
	pool := lab.NewPool(2)
	defer pool.Close()
	a, b := pool.ApplyAsync(square, 3), pool.ApplyAsync(square, 4)
	x, errA := a.Get()
	y, errB := b.Get()
	fmt.Println(x, errA, y, errB)
}

func ExamplePool_IMapUnordered() {
	pool := lab.NewPool(2)
	defer pool.Close()
	for v, err := range pool.IMapUnordered(square, 100, 10) {
		fmt.Println(v, err) // as they come
	}
}

func ExampleProcess() {
	p := lab.NewProcess(square, 3)
	if err := p.Start(); err != nil {
		fmt.Println(err)
		return
	}
	p.Join()
	code, _ := p.ExitCode()
	fmt.Println("exit code", code)
}

func ExampleCluster() {
	pool := lab.NewPool(4, lab.Cluster()) // four workers on the nodes of the session's cluster
	defer pool.Close()
	v, err := pool.Map(square, 1000)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(len(v.([]int)))
}
