package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"

	psprocess "github.com/shirou/gopsutil/v4/process"

	"lockstep/bench/client"
	"lockstep/kernel/wire"
)

const (
	// endLimit is within what time nothing may be left of a kernel that has ended.
	endLimit = 2 * time.Second
	// doingLimit is how long a kernel may take until it does what it is to be ended in.
	doingLimit = 30 * time.Second
	// ownerVariable marks the processes of one kernel: all that it starts, and all that those start, inherit it.
	ownerVariable = "LOCKSTEP_SOAK_OWNER"
)

// An end is a way in which a kernel or its session ends.
type end struct {
	name    string
	session bool // the session alone: the kernel stays
	do      func(k *client.Kernel, session *psprocess.Process) error
}

var theEnds = []end{
	{name: "SIGKILL", do: func(k *client.Kernel, _ *psprocess.Process) error { return k.Process.Kill() }},
	{name: "SIGTERM", do: func(k *client.Kernel, _ *psprocess.Process) error { return k.Process.Signal(syscall.SIGTERM) }},
	{name: "shutdown_request", do: func(k *client.Kernel, _ *psprocess.Process) error {
		_, err := k.Client.Request(wire.Control, wire.ShutdownRequest, wire.ShutdownRequestContent{})
		return err
	}},
	{name: "SIGKILL of both", do: func(k *client.Kernel, session *psprocess.Process) error {
		// Both are stopped first, so that neither sees the other's end.
		kernel, err := psprocess.NewProcess(int32(k.Process.Pid))
		if err != nil {
			return err
		}
		return errors.Join(kernel.Suspend(), session.Suspend(), kernel.Kill(), session.Kill())
	}},
	{name: "SIGKILL of the session", session: true, do: func(_ *client.Kernel, session *psprocess.Process) error { return session.Kill() }},
}

// A doing is what a kernel is at when it ends.
type doing struct {
	name  string
	cells []string // one after another
	runs  bool     // the last one does not end
	has   []string // what must be there then: processes with these in their command lines, each once
	stays bool     // what the kernel has, and keeps when the session alone ends
}

var doings = []doing{
	{name: "starting", has: []string{" session"}},
	{name: "idle", cells: []string{"1"}},
	{name: "computing", cells: []string{"fmt.Println(\"begun\")\nfor {\n}"}, runs: true},
	{name: "printing", cells: []string{"fmt.Println(\"begun\")\nfor { println(\"flood\") }"}, runs: true},
	{name: "comparing processes", cells: []string{"%%compare -n 2 -r 1 --modes subprocess\nfor {\n}"}, runs: true, has: []string{" worker", " worker"}},
	{name: "with an open pool", cells: []string{"func same(i int) int { return i }\npool := lab.NewPool(2)\npool.Map(same, []int{1, 2, 3, 4})"}, has: []string{" worker", " worker"}},
	{name: "with a command", cells: []string{"!sleep 1000"}, runs: true, has: []string{"sleep 1000"}},
	{name: "with commands of a command", cells: []string{"!sleep 1001 & sleep 1002; echo"}, runs: true, has: []string{"sleep 1001", "sleep 1002"}},
	{name: "with commands of cells", cells: []string{
		"exec.Command(\"sleep\", \"1003\").Start()",
		"loud := exec.Command(\"sleep\", \"1004\")\nloud.Stdout, loud.Stderr = os.Stdout, os.Stderr\nloud.Start()",
		"syscall.ForkExec(\"/bin/sleep\", []string{\"sleep\", \"1005\"}, &syscall.ProcAttr{Env: os.Environ(), Files: []uintptr{0, 1, 2}})",
		"var sh lab.Shell\nsh.Run(\"sleep 1006\")",
	}, runs: true, has: []string{"sleep 1003", "sleep 1004", "sleep 1005", "sleep 1006"}},
	{name: "with commands of workers", cells: []string{"%%subprocess -n 2 -r 1\nexec.Command(\"sleep\", \"1007\").Run()"}, runs: true, has: []string{"sleep 1007", "sleep 1007"}},
	{name: "with a cluster", cells: []string{"%cluster local 2 --slots 1", "%%cluster -n 2 -r 1\nexec.Command(\"sleep\", \"1008\").Run()"}, runs: true, stays: true,
		has: []string{"/node1", "/node2", "sleep 1008", "sleep 1008"}},
}

// ends ends kernels in every way and at all that they do: none of the processes that they have started, and no folder, is left in time.
var ends = trial{"ends", "rounds of all ends of a kernel, at all that it may be at", 1, 20, func(ctx context.Context, b *bed, n int, t *tally) error {
	if runtime.GOOS != "linux" {
		t.note("not tried: the processes of a kernel are found in /proc")
		return nil
	}
	var took []time.Duration
	for i := range n {
		for _, e := range theEnds {
			for _, d := range doings {
				if e.session && d.stays {
					continue
				}
				owner := fmt.Sprintf("%d-%d-%s-%s", time.Now().UnixNano(), i, e.name, d.name)
				within, err := b.endIn(ctx, e, d, owner)
				if ctx.Err() != nil {
					return ctx.Err()
				}
				took = append(took, within)
				t.check(e.name+", "+d.name, err)
			}
		}
	}
	err := b.sweptLater(ctx)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	t.check("folders of a kernel that was killed with its guard", err)
	slices.Sort(took)
	t.note("from the end until nothing was left: median %v, at most %v", took[len(took)/2].Round(time.Millisecond), took[len(took)-1].Round(time.Millisecond))
	return nil
}}

// sweptLater kills a kernel with all that it has started, its guard too: its folders stay, until another kernel makes one.
func (b *bed) sweptLater(ctx context.Context) error {
	folder, err := os.MkdirTemp(b.dir, "tmp-")
	if err != nil {
		return err
	}
	owner := fmt.Sprintf("%d-swept", time.Now().UnixNano())
	begin := func() (*client.Kernel, []string, error) {
		k, err := b.start(ctx, ownerVariable+"="+owner, "TMPDIR="+folder)
		if err != nil {
			return nil, nil, err
		}
		r, err := execute(ctx, k, "%cluster local 1 --slots 1")
		if err == nil && r.reply.Status != wire.StatusOK {
			err = fmt.Errorf("%s: %s", r.reply.EName, r.reply.EValue)
		}
		folders, e := filepath.Glob(filepath.Join(folder, "lockstep-*"))
		return k, folders, errors.Join(err, e)
	}
	k, old, err := begin()
	if k != nil {
		defer k.Kill()
	}
	if err != nil {
		return err
	}
	all, err := owned(ctx, owner)
	if err != nil {
		return err
	}
	for _, p := range all { // all are stopped first, so that none sees another's end
		_ = p.Suspend()
	}
	for _, p := range all {
		_ = p.Kill()
	}
	if len(old) == 0 {
		return errors.New("it had no folder")
	}
	if _, err := os.Stat(old[0]); err != nil {
		return fmt.Errorf("nothing was left to be removed: %w", err)
	}
	next, now, err := begin()
	if next != nil {
		defer next.Kill()
	}
	if err != nil {
		return err
	}
	if slices.Contains(now, old[0]) || len(now) == 0 {
		return fmt.Errorf("of %s the next kernel has left %s", old, now)
	}
	return nil
}

// endIn starts a kernel, ends it while it does something, and tells how long it took until nothing was left.
func (b *bed) endIn(ctx context.Context, e end, d doing, owner string) (time.Duration, error) {
	folder, err := os.MkdirTemp(b.dir, "tmp-")
	if err != nil {
		return 0, err
	}
	k, err := b.start(ctx, ownerVariable+"="+owner, "TMPDIR="+folder)
	if err != nil {
		return 0, err
	}
	defer k.Kill()
	defer func() { // so that a fault found here does not stay on the machine
		left, _ := owned(ctx, owner)
		for _, p := range left {
			_ = p.Kill()
		}
	}()
	if err := begin(ctx, k, d, owner); err != nil {
		return 0, err
	}
	before, err := owned(ctx, owner)
	if err != nil {
		return 0, err
	}
	at := slices.IndexFunc(before, func(p *psprocess.Process) bool { return strings.HasSuffix(commandOf(p), " session") })
	if at < 0 {
		return 0, fmt.Errorf("there is no session process among %s", names(before))
	}
	old := map[int32]bool{}
	for _, p := range before {
		old[p.Pid] = !e.session || int(p.Pid) != k.Process.Pid && !isGuard(p)
	}
	began := time.Now()
	if err := e.do(k, before[at]); err != nil {
		return 0, err
	}
	for {
		left, err := owned(ctx, owner)
		if err != nil {
			return 0, err
		}
		if e.session { // what is new is of the next session
			left = slices.DeleteFunc(left, func(p *psprocess.Process) bool { return !old[p.Pid] })
		}
		files, err := filepath.Glob(filepath.Join(folder, "lockstep-*"))
		if err != nil {
			return 0, err
		}
		took := time.Since(began)
		if len(left) == 0 && (e.session || len(files) == 0) {
			if e.session {
				// Where no cell was running the next one tells of it.
				if _, err = execute(ctx, k, "1"); err == nil {
					err = expect(ctx, k, "20 + 22", "42")
				}
			}
			return took, err
		}
		if took > endLimit {
			return took, fmt.Errorf("left after %v: %s %s", took.Round(time.Millisecond), names(left), strings.Join(files, " "))
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// begin has a kernel do something, and returns once it is at it.
func begin(ctx context.Context, k *client.Kernel, d doing, owner string) error {
	for i, code := range d.cells {
		if i == len(d.cells)-1 && d.runs {
			if _, err := k.Client.Request(wire.Shell, wire.ExecuteRequest, wire.ExecuteRequestContent{Code: code}); err != nil {
				return err
			}
			break
		}
		if r, err := execute(ctx, k, code); err != nil || r.reply.Status != wire.StatusOK {
			return fmt.Errorf("the cell %q: %s %s %w", code, r.reply.EName, r.reply.EValue, err)
		}
	}
	ctx, cancel := context.WithTimeoutCause(ctx, doingLimit, fmt.Errorf("it is not at it within %v", doingLimit))
	defer cancel()
	if d.runs && len(d.has) == 0 {
		for begun := false; !begun; {
			m, err := k.Client.ReceiveContext(ctx, wire.IOPub)
			if err != nil {
				return err
			}
			begun = strings.Contains(printed(m), "begun")
		}
	}
	for {
		all, err := owned(ctx, owner)
		if err != nil {
			return err
		}
		want := map[string]int{}
		for _, name := range d.has {
			want[name]++
		}
		for _, p := range all {
			for name := range want {
				if strings.HasSuffix(commandOf(p), name) {
					want[name]--
				}
			}
		}
		maps.DeleteFunc(want, func(_ string, n int) bool { return n <= 0 })
		if len(want) == 0 {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w: there is no %q among %s", context.Cause(ctx), slices.Collect(maps.Keys(want)), names(all))
		case <-time.After(5 * time.Millisecond):
		}
	}
}
