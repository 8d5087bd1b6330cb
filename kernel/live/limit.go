package live

import (
	"context"
	"math"
	"os"
	"strconv"
	"strings"

	"github.com/shirou/gopsutil/v4/mem"

	"lockstep/kernel/magic"
	"lockstep/kernel/pipe"
)

// machineMemory is what the machine has or, if that is less, the container that this
// process is in; 0 if it is not known.
func machineMemory() int64 {
	v, err := mem.VirtualMemory()
	if err != nil || v.Total > math.MaxInt64 {
		return 0
	}
	total := int64(v.Total)
	// https://docs.kernel.org/admin-guide/cgroup-v2.html#memory-interface-files
	if text, err := os.ReadFile("/sys/fs/cgroup/memory.max"); err == nil {
		if n, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64); err == nil && n > 0 {
			total = min(total, n)
		}
	}
	return total
}

// freeMemory is what there is still to be had; as much as can be counted if it is not known.
func freeMemory() int64 {
	v, err := mem.VirtualMemory()
	if err != nil || v.Available > math.MaxInt64 {
		return math.MaxInt64
	}
	free := int64(v.Available)
	if text, err := os.ReadFile("/sys/fs/cgroup/memory.current"); err == nil {
		if n, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64); err == nil {
			free = min(free, machineMemory()-n)
		}
	}
	return free
}

// usualLimit is three quarters of that: enough for the others to go on while a cell is stopped.
func usualLimit() int64 { return machineMemory() / 4 * 3 }

func (e *env) Memory(ctx context.Context) (magic.MemoryInfo, error) {
	return magic.MemoryInfo{Limit: e.memory, Machine: machineMemory(), Used: e.proc.memory(ctx)}, nil
}

func (e *env) LimitMemory(ctx context.Context, bytes int64) error {
	if _, err := e.ask(ctx, pipe.Limit{Bytes: bytes}); err != nil {
		return err
	}
	e.memory = bytes
	return nil
}
