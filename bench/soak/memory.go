package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	psprocess "github.com/shirou/gopsutil/v4/process"

	"lockstep/bench/client"
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

// footprint is what a kernel has, without the processes that it has started.
type footprint struct {
	files int32
	bytes uint64
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
	return footprint{files, m.RSS}, nil
}
