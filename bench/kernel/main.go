// Command kernel measures what a user feels of the kernel, with a raw client:
// start to kernel_info_reply, start to the first cell done, the round trip of a trivial cell, 100,000 printed lines.
//
//	go run ./bench/kernel
//
// The figures of other kernels, taken with the same kind of client, stand in bench/README.md.
package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"lockstep/bench/cells"
	"lockstep/bench/client"
	"lockstep/kernel/wire"
)

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "bench/kernel:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	dir, err := os.MkdirTemp("", "lockstep-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	binary := filepath.Join(dir, "kernel-under-test")
	if err := cells.Build(ctx, "lockstep", binary); err != nil {
		return err
	}
	fmt.Printf("%s, %d cores, %s/%s\n", runtime.Version(), runtime.NumCPU(), runtime.GOOS, runtime.GOARCH)
	var infos, firsts []time.Duration
	for range 7 {
		k, err := client.Start(ctx, binary, dir)
		if err != nil {
			return err
		}
		if _, err := execute(ctx, k, "1"); err != nil {
			return err
		}
		infos, firsts = append(infos, k.Ready), append(firsts, time.Since(k.Began))
		if err := k.Stop(); err != nil {
			return err
		}
	}
	report("start to kernel_info_reply", infos)
	report("start to the first cell done", firsts)
	k, err := client.Start(ctx, binary, dir)
	if err != nil {
		return err
	}
	defer k.Stop()
	for _, cell := range []struct {
		name, code string
		times      int
	}{
		{"trivial cell, round trip", "1 + 1", 50},
		{"print cell, round trip", `fmt.Println("hello")`, 50},
		{"new function, round trip", "func f%d() int { return %d }", 50},
		{"first cell with net/http", `http.StatusText(404) + strings.ToUpper("a")`, 1},
		{"100,000 printed lines, to idle", `for i := 0; i < 100000; i++ { fmt.Println("line", i) }`, 5},
		{"loop of 10 million steps in a function", "func loop() int { s := 0; for i := 0; i < 10000000; i++ { s += i }; return s }\nloop()", 3},
		{"fib(25)", "func fib(n int) int { if n < 2 { return n }; return fib(n-1) + fib(n-2) }\nfib(25)", 3},
	} {
		var times []time.Duration
		streams, text := 0, 0
		for i := range cell.times {
			code := cell.code
			if strings.Contains(code, "%d") {
				code = fmt.Sprintf(code, i, i)
			}
			began := time.Now()
			outs, err := execute(ctx, k, code)
			if err != nil {
				return err
			}
			times = append(times, time.Since(began))
			streams, text = 0, 0
			for _, m := range outs {
				if m.Header.MsgType == wire.Stream {
					c, err := wire.Decode[wire.StreamContent](m)
					if err != nil {
						return err
					}
					streams++
					text += strings.Count(c.Text, "\n")
				}
			}
		}
		report(cell.name, times)
		if text > 1 {
			fmt.Printf("%-42s %d lines in %d stream messages\n", "", text, streams)
		}
	}
	return nil
}

func report(name string, times []time.Duration) {
	slices.Sort(times)
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	fmt.Printf("%-42s min %8.2f ms   median %8.2f ms   (%d)\n", name, ms(times[0]), ms(times[len(times)/2]), len(times))
}

// execute runs a cell that must not fail and returns what came on iopub until idle.
func execute(ctx context.Context, k *client.Kernel, code string) ([]*wire.Message, error) {
	reply, outs, err := k.Execute(ctx, code)
	if err == nil && reply.Status != wire.StatusOK {
		err = fmt.Errorf("cell %q: %s: %s", code, reply.EName, reply.EValue)
	}
	return outs, err
}
