package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"lockstep/bench/client"
	"lockstep/kernel/wire"
)

// fault is a cell that fails, or brings about that one fails later.
type fault struct {
	name string
	// cells run one after another. The last one fails.
	cells []string
	// want is in the error: its name, value or traceback; with late also in what is printed.
	want string
	late bool // the last cell may as well end well
	ends bool // the session's process ends with it
}

// plain are the faults of cells as such.
var plain = []fault{
	{name: "nil pointer", cells: []string{"var p *struct{ X int }\np.X"}, want: "nil pointer dereference"},
	{name: "index", cells: []string{"xs, i := []int{1}, 5\nxs[i]"}, want: "index out of range"},
	{name: "divide", cells: []string{"z := 0\n1 / z"}, want: "integer divide by zero"},
	{name: "type assertion", cells: []string{"var e any = 1\ne.(string)"}, want: "is int, not string"},
	{name: "custom panic", cells: []string{"panic(fmt.Errorf(\"mine %d\", 7))"}, want: "mine 7"},
	{name: "panic in a deferred call", cells: []string{"func() { defer func() { panic(\"deferred\") }() }()"}, want: "deferred"},
	{name: "panic after the cell", cells: []string{
		"var begin, end = make(chan int), make(chan int)",
		"go func() { defer close(end); <-begin; panic(\"too late\") }()",
		"close(begin)\n<-end",
	}, want: "too late", late: true},
	{name: "Goexit", cells: []string{"runtime.Goexit()"}, want: "Goexit"},
	{name: "os.Exit", cells: []string{"os.Exit(3)"}, want: "os.Exit(3)"},
	{name: "log.Fatal", cells: []string{"log.Fatal(\"no more\")"}, want: "os.Exit(1)"},
	{name: "kills itself", cells: []string{"syscall.Kill(os.Getpid(), syscall.SIGKILL)\nselect {}"}, want: "signal: killed", ends: true},
	{name: "segmentation fault", cells: []string{"syscall.Kill(os.Getpid(), syscall.SIGSEGV)\nselect {}"}, want: "SIGSEGV", ends: true},
	{name: "map race", cells: []string{"shared := map[int]int{}\nfor i := 0; i < 8; i++ { go func() { for { shared[1]++ } }() }\ntime.Sleep(time.Minute)"}, want: "concurrent map", ends: true},
	{name: "recursion without end", cells: []string{"func down(n int) int { return down(n+1) + 1 }\ndown(0)"}, want: "stack overflow"},
	{name: "memory", cells: []string{"%limit 600MB", "var hoard [][]byte\nfor { hoard = append(hoard, bytes.Repeat([]byte{1}, 8<<20)) }"}, want: "memory"},
	{name: "more memory than there is", cells: []string{"huge := make([]byte, 1<<46)\nlen(huge)"}, want: "out of memory", ends: true},
	{name: "closed twice", cells: []string{"twice := make(chan int)\nclose(twice)\nclose(twice)"}, want: "close of closed channel"},
	{name: "no such value", cells: []string{"notDeclared + 1"}, want: "undefined: notDeclared"},
	{name: "no such syntax", cells: []string{"for {"}, want: "line 1"},
	{name: "full disk", cells: []string{"os.WriteFile(\"/dev/full\", []byte(\"text\"), 0o600)"}, want: "no space left on device"},
	{name: "deleted working directory", cells: []string{
		"where, _ := os.MkdirTemp(\"\", \"gone\")\nhome, _ := os.Getwd()",
		"os.Chdir(where)\nos.Remove(where)",
		"_, nowhere := os.Create(\"file\")\nos.Chdir(home)\nnowhere",
	}, want: "no such file", late: true},
}

// hung is what is said of a worker that has no result in time.
const hung = "no result after 300ms"

// modal are faults of workloads, in every mode of %%compare and its kin.
var modal = []fault{
	{name: "panic", cells: []string{"panic(\"in a worker\")"}, want: "in a worker"},
	{name: "nil pointer", cells: []string{"var q *struct{ X int }\nq.X"}, want: "nil pointer dereference"},
	{name: "os.Exit", cells: []string{"os.Exit(4)"}, want: "4"},
	{name: "Goexit", cells: []string{"runtime.Goexit()"}, want: "Goexit"},
	{name: "recursion", cells: []string{"down(0)"}, want: "stack overflow"},
	{name: "never ends", cells: []string{"for {\n}"}, want: hung},
	{name: "waits for ever", cells: []string{"<-make(chan int)"}, want: hung},
}

// dying are faults that only a process of its own survives.
var dying = []fault{
	{name: "killed", cells: []string{"syscall.Kill(os.Getpid(), syscall.SIGKILL)\nselect {}"}, want: "SIGKILL"},
	{name: "stopped", cells: []string{"syscall.Kill(os.Getpid(), syscall.SIGSTOP)\nfor {\n}"}, want: hung},
	{name: "out of memory", cells: []string{"len(make([]byte, 1<<46))"}, want: "out of memory"},
	{name: "map race", cells: []string{"m := map[int]int{}\nfor i := 0; i < 8; i++ { go func() { for { m[1]++ } }() }\nselect {}"}, want: "concurrent map"},
}

// faults are faulty cells: each one has one clear error, and the next cell works.
var faults = trial{"faults", "rounds of all faulty cells, plain and in every mode (in two with 1)", 1, 10, func(ctx context.Context, b *bed, n int, t *tally) error {
	k, err := b.start(ctx)
	if err != nil {
		return err
	}
	defer k.Kill()
	var elsewhere strings.Builder // what comes for earlier cells
	k.Other = func(m *wire.Message) { elsewhere.WriteString(printed(m)) }
	modes := []string{"serialized", "subprocess"} // of the short form
	if n > 1 {
		modes = []string{"simple", "serialized", "async", "goroutines", "subprocess", "hybrid"}
	}
	for range n {
		for _, f := range plain {
			t.check(f.name, provoke(ctx, k, f, &elsewhere))
		}
		for _, mode := range modes {
			list := modal
			if mode == "subprocess" || mode == "hybrid" {
				list = append(list[:len(list):len(list)], dying...)
			}
			for _, f := range list {
				shape := "-n 2"
				if mode == "hybrid" {
					shape = "--hybrid 2x1"
				}
				if f.want == hung {
					shape += " --timeout 300ms"
				}
				f.cells = []string{fmt.Sprintf("%%%%%s %s -r 1\n%s", mode, shape, f.cells[0])}
				t.check(mode+", "+f.name, provoke(ctx, k, f, &elsewhere))
			}
		}
		unsendable := fault{name: "unsendable", cells: []string{"open := make(chan int)", "%%subprocess -n 1 -r 1\nopen <- 1"}, want: "open"}
		t.check(unsendable.name, provoke(ctx, k, unsendable, &elsewhere))
	}
	if err := waits(ctx, b, t); err != nil {
		return err
	}
	return floods(ctx, b, n == 1, t)
}}

// provoke runs the cells of a fault and looks at what is left of the session. What earlier cells print meanwhile
// comes to elsewhere.
func provoke(ctx context.Context, k *client.Kernel, f fault, elsewhere *strings.Builder) error {
	elsewhere.Reset()
	for _, code := range []string{"keep := 5", "func double(i int) int { return 2 * i }", "func down(n int) int { return down(n+1) + 1 }"} {
		if err := expect(ctx, k, code, ""); err != nil {
			return err
		}
	}
	last := len(f.cells) - 1
	for _, code := range f.cells[:last] {
		if r, err := execute(ctx, k, code); err != nil || r.reply.Status != wire.StatusOK {
			return errors.Join(err, fmt.Errorf("the cell %q: %s %s", code, r.reply.EName, r.reply.EValue))
		}
	}
	r, err := execute(ctx, k, f.cells[last])
	if err != nil {
		return err
	}
	said := r.reply.EName + " " + r.reply.EValue + "\n" + strings.Join(r.reply.Traceback, "\n")
	errorsShown := 0
	for _, m := range r.outs {
		if m.Header.MsgType == wire.Error {
			errorsShown++
		}
	}
	switch {
	case f.late && r.reply.Status == wire.StatusOK:
		said += r.text()
		for began := time.Now(); !strings.Contains(said+elsewhere.String(), f.want) && time.Since(began) < 2*time.Second; { // it still comes
			if _, err := execute(ctx, k, "1"); err != nil {
				return err
			}
		}
		said += elsewhere.String()
	case r.reply.Status != wire.StatusError:
		return fmt.Errorf("the cell ended well and printed %q", clip(r.text()))
	case errorsShown != 1:
		return fmt.Errorf("%d errors were shown, not one", errorsShown)
	}
	if !strings.Contains(said, f.want) {
		return fmt.Errorf("%q is not in what it said:\n%s", f.want, clip(said))
	}
	if err := expect(ctx, k, "double(21)", "42"); err != nil {
		return err
	}
	if !f.ends {
		return expect(ctx, k, "keep", "5")
	}
	if !strings.Contains(said, "keep") {
		return fmt.Errorf("the lost variable is not named:\n%s", clip(said))
	}
	return nil
}
