package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	psprocess "github.com/shirou/gopsutil/v4/process"

	"lockstep/bench/client"
	"lockstep/kernel/wire"
)

// processes are the kernel and those that it has started, but for its guard.
func processes(ctx context.Context, k *client.Kernel) (all []*psprocess.Process, err error) {
	p, err := psprocess.NewProcessWithContext(ctx, int32(k.Process.Pid))
	if err != nil {
		return nil, err
	}
	children, err := p.ChildrenWithContext(ctx)
	return append([]*psprocess.Process{p}, slices.DeleteFunc(children, isGuard)...), err
}

// isGuard tells whether a process is the guard of a kernel, which does nothing while that lives.
func isGuard(p *psprocess.Process) bool { return strings.HasPrefix(commandOf(p), "guard ") }

// owned are the processes of one kernel, of this machine's all: also those whose parent has ended. What has ended
// and is not reaped is not among them.
func owned(ctx context.Context, owner string) (mine []*psprocess.Process, err error) {
	all, err := psprocess.ProcessesWithContext(ctx)
	if err != nil {
		return nil, err
	}
	for _, p := range all {
		environ, err := p.EnvironWithContext(ctx)
		if err == nil && slices.Contains(environ, ownerVariable+"="+owner) {
			mine = append(mine, p)
		}
	}
	return mine, nil
}

// commandOf is the command line of a process, "" once it has ended.
func commandOf(p *psprocess.Process) string {
	line, err := p.Cmdline()
	if err != nil {
		return ""
	}
	return line
}

// names tells which processes those are.
func names(all []*psprocess.Process) string {
	var texts []string
	for _, p := range all {
		texts = append(texts, fmt.Sprintf("%d %q", p.Pid, commandOf(p)))
	}
	return strings.Join(texts, ", ")
}

// memoryOf tells the memory of the kernel and of its processes.
func memoryOf(ctx context.Context, k *client.Kernel) string {
	all, err := processes(ctx, k)
	if err != nil {
		return err.Error()
	}
	text := ""
	for i, p := range all {
		m, err := p.MemoryInfoWithContext(ctx)
		if err != nil {
			continue // it has ended meanwhile
		}
		text += fmt.Sprintf("%s %.0f MB", []string{"kernel", ", session"}[min(i, 1)], float64(m.RSS)/1e6)
	}
	return text
}

// memoryVariable has a kernel tell of its memory in a folder.
const memoryVariable = "LOCKSTEP_MEMORY_FOLDER"

// heapLimit is how long a kernel may take to tell what is in use of its heap.
const heapLimit = 30 * time.Second

// noProfile has it make no profile of that, for which the runtime keeps up to 10 MB of its own.
const noProfile = "GODEBUG=memprofilerate=0"

// heapOf asks a kernel that was started with [memoryVariable] what is in use of its heap after a collection, after which it also
// gives all else back to the system.
func heapOf(ctx context.Context, k *client.Kernel) (bytes uint64, err error) {
	file := filepath.Join(k.Dir, "memory.json")
	if err := os.Remove(file); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return 0, err
	}
	if err := askMemory(k.Process); err != nil {
		return 0, err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, heapLimit, errors.New("the kernel does not tell of its memory"))
	defer cancel()
	for {
		text, err := os.ReadFile(file)
		if err == nil {
			var told struct{ HeapBytes uint64 }
			err = json.Unmarshal(text, &told)
			return told.HeapBytes, err
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return 0, err
		}
		select {
		case <-ctx.Done():
			return 0, context.Cause(ctx)
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// footprint is what a kernel has, without the processes that it has started.
type footprint struct {
	files int32
	bytes uint64 // resident
	heap  uint64 // in use after a collection; 0: not asked for
}

func footprintOf(ctx context.Context, k *client.Kernel) (footprint, error) {
	p, err := psprocess.NewProcessWithContext(ctx, int32(k.Process.Pid))
	if err != nil {
		return footprint{}, err
	}
	files, err := p.NumFDsWithContext(ctx)
	if err != nil {
		return footprint{}, err
	}
	m, err := p.MemoryInfoWithContext(ctx)
	if err != nil {
		return footprint{}, err
	}
	return footprint{files: files, bytes: m.RSS}, nil
}

const (
	// keptCells is of how many cells the kernel keeps something: its text, for errors, and the place of its late output. It has
	// the memory of a long day once it has run so many.
	keptCells = 10_000
	// mostGrowth is by how much the kernel's memory may grow after that.
	mostGrowth = 1.05
	// keptBytes is what the place of a cell's late output takes at most, and keptText how much text of all cells is kept.
	keptBytes = 4 << 10
	keptText  = 16 << 20
)

// settle runs so many cells, so that what a kernel keeps of the last ones is there.
func settle(ctx context.Context, k *client.Kernel) error {
	for range keptCells / filledAtOnce {
		if err := queued(ctx, k, filledAtOnce, nil); err != nil {
			return err
		}
	}
	return nil
}

const filledAtOnce = 1000

// weigh collects what the kernel does not need, and tells what is left, once it has answered all that was asked.
func weigh(ctx context.Context, k *client.Kernel) (footprint, error) {
	if err := drained(ctx, k); err != nil {
		return footprint{}, err
	}
	heap, err := heapOf(ctx, k)
	if err != nil {
		return footprint{}, err
	}
	f, err := footprintOf(ctx, k)
	f.heap = heap
	return f, err
}

// drained waits until the kernel has answered what was asked beside the cells, which it does one after another and may be
// thousands of requests behind with, and takes all that it has published, which it keeps for its readers.
func drained(ctx context.Context, k *client.Kernel) error {
	ctx, cancel := context.WithTimeoutCause(ctx, time.Minute, errors.New("the kernel does not answer what was asked before"))
	defer cancel()
	last, err := k.Client.Request(wire.Shell, wire.CompleteRequest, wire.CompleteRequestContent{})
	if err != nil {
		return err
	}
	for replied, idle := false, false; !replied || !idle; {
		select {
		case m, ok := <-k.Client.Receive(wire.Shell):
			if !ok {
				return wire.ErrClosed
			}
			replied = replied || m.IsReplyTo(last)
		case m, ok := <-k.Client.Receive(wire.IOPub):
			if !ok {
				return wire.ErrClosed
			}
			if s, err := wire.Decode[wire.StatusContent](m); err == nil && s.ExecutionState == wire.StateIdle && m.IsReplyTo(last) {
				idle = true
			}
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return nil
}

// spare is what a kernel may have more than it had, beside mostGrowth times as much memory.
type spare struct {
	bytes uint64
	files int32
}

// unfilled is that of a kernel that has not run keptCells: its memory is not judged.
var unfilled = spare{math.MaxInt64, 2}

// grown tells what of a footprint is too much.
func (after footprint) grown(before footprint, s spare) (memory, files error) {
	most := func(bytes uint64) float64 { return mostGrowth*float64(bytes) + float64(s.bytes) }
	if float64(after.heap) > most(before.heap) || float64(after.bytes) > most(before.bytes) {
		memory = fmt.Errorf("it has grown more than %.2f times and %.1f MB", mostGrowth, mb(s.bytes))
	}
	if after.files > before.files+s.files {
		files = fmt.Errorf("%d, and %d before", after.files, before.files)
	}
	return memory, files
}

// compare tells how a kernel's footprint has changed, and what of it is too much.
func (t *tally) compare(before, after footprint, s spare) {
	t.note("kernel: heap in use %.1f MB before, %.1f MB after, ratio %.3f; resident %.1f MB, %.1f MB, ratio %.3f; descriptors %d, %d",
		mb(before.heap), mb(after.heap), ratioOf(after.heap, before.heap), mb(before.bytes), mb(after.bytes), ratioOf(after.bytes, before.bytes), before.files, after.files)
	memory, files := after.grown(before, s)
	if s != unfilled {
		t.check("memory", memory)
	}
	t.check("descriptors", files)
}

func mb(bytes uint64) float64 { return float64(bytes) / 1e6 }

func ratioOf(after, before uint64) float64 { return float64(after) / float64(max(before, 1)) }
