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
	osexec "os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"lockstep/bench/cells"
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
		k, err := start(ctx, binary, dir)
		if err != nil {
			return err
		}
		if _, err := k.execute(ctx, "1"); err != nil {
			return err
		}
		infos, firsts = append(infos, k.info), append(firsts, time.Since(k.began))
		if err := k.stop(); err != nil {
			return err
		}
	}
	report("start to kernel_info_reply", infos)
	report("start to the first cell done", firsts)
	k, err := start(ctx, binary, dir)
	if err != nil {
		return err
	}
	defer k.stop()
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
			outs, err := k.execute(ctx, code)
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

// kernel is a running kernel with a client.
type kernel struct {
	cmd    *osexec.Cmd
	client *wire.Client
	began  time.Time
	info   time.Duration // from the start to kernel_info_reply
}

// start starts a kernel as Jupyter does: with the ports decided on.
func start(ctx context.Context, binary, dir string) (*kernel, error) {
	file := filepath.Join(dir, fmt.Sprintf("connection-%d.json", time.Now().UnixNano()))
	if err := wire.NewConnectionInfo().WriteFile(file); err != nil {
		return nil, err
	}
	k := &kernel{cmd: osexec.Command(binary, "kernel", file)}
	k.cmd.Stderr = os.Stderr
	k.cmd.Env = append(os.Environ(), "XDG_DATA_HOME="+dir)
	k.began = time.Now()
	if err := k.cmd.Start(); err != nil {
		return nil, err
	}
	info, err := wire.WaitConnectionFile(ctx, file)
	if err != nil {
		return nil, err
	}
	if k.client, err = wire.Dial(ctx, info, wire.ClientOptions{}); err != nil {
		return nil, err
	}
	if _, err := k.client.Request(wire.Shell, wire.KernelInfoRequest, wire.KernelInfoRequestContent{}); err != nil {
		return nil, err
	}
	if _, err := k.client.ReceiveContext(ctx, wire.Shell); err != nil {
		return nil, err
	}
	k.info = time.Since(k.began)
	return k, nil
}

// execute runs a cell and returns what came on iopub until idle.
func (k *kernel) execute(ctx context.Context, code string) ([]*wire.Message, error) {
	var outs []*wire.Message
	reply, err := k.client.Execute(ctx, wire.ExecuteRequestContent{Code: code, StoreHistory: true, StopOnError: true}, wire.ExecuteHandler{
		Output: func(m *wire.Message) error { outs = append(outs, m); return nil },
	})
	if err == nil && reply.Status != wire.StatusOK {
		err = fmt.Errorf("cell %q: %s: %s", code, reply.EName, reply.EValue)
	}
	return outs, err
}

func (k *kernel) stop() error {
	if _, err := k.client.Request(wire.Control, wire.ShutdownRequest, wire.ShutdownRequestContent{}); err != nil {
		return err
	}
	err := k.cmd.Wait()
	_ = k.client.Close()
	return err
}
